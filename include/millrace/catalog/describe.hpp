// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <type_traits>

#include "millrace/catalog/infer.hpp"
#include "millrace/catalog/table.hpp"
#include "millrace/formats/describe.hpp"
#include "millrace/formats/field_kind.hpp"

namespace millrace::catalog {

namespace detail {

template <class F>
constexpr TypeKind scalar_kind(Times times) {
  using namespace millrace::detail;
  if constexpr (std::is_same_v<F, bool>)
    return TypeKind::boolean;
  else if constexpr (IntegerField<F>)
    return sizeof(F) < 4 || (sizeof(F) == 4 && std::is_signed_v<F>) ? TypeKind::int32
           : sizeof(F) == 8 && std::is_unsigned_v<F>                ? TypeKind::decimal20
                                                                    : TypeKind::int64;
  else if constexpr (FloatField<F>)
    return sizeof(F) == 4 ? TypeKind::float32 : TypeKind::float64;
  else if constexpr (std::is_same_v<F, Timestamp>)
    return times == Times::detect ? TypeKind::timestamp : TypeKind::string;
  else
    return TypeKind::string;
}

}  // namespace detail

/// The type of a described struct's records, or of one of its members: what inference would find in
/// its JSON if every member took all of its range. A Timestamp is a string, as JSON has it, unless
/// `times` asks for timestamp.
template <class T>
Type type_of(Times times = Times::as_string) {
  using namespace millrace::detail;
  if constexpr (is_optional<T>) {
    return type_of<typename T::value_type>(times);
  } else if constexpr (is_vector<T>) {
    return {TypeKind::array, {Member{{}, type_of<typename T::value_type>(times)}}};
  } else if constexpr (Described<T>) {
    Type record{TypeKind::structure};
    for_each_field<T>([&](auto index, const auto& field) {
      record.members.push_back(
          {std::string(field.name), type_of<FieldType<T, decltype(index)::value>>(times)});
    });
    return record;
  } else {
    static_assert(ScalarField<T>,
                  "millrace: a table's column is Text, std::string, bool, a number, "
                  "Timestamp, a described struct, or std::optional or std::vector");
    return {detail::scalar_kind<T>(times)};
  }
}

/// A table for the records of a job, without crawling.
///
///     auto table = catalog::table_of<Accident>({.name = "accidents", .location = "s3://b/p/",
///                                               .partition_keys = {"year", "month", "day"}});
///
/// Errors: as make_table().
template <Described T>
Result<Table> table_of(const TableOptions& options, Times times = Times::as_string) {
  return make_table(options, type_of<T>(times));
}

}  // namespace millrace::catalog
