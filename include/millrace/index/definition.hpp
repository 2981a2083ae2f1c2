// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/describe.hpp"
#include "millrace/core/export.hpp"
#include "millrace/formats/field_kind.hpp"

namespace millrace::index {

/// What the description of a struct does not say.
struct DefinitionOptions {
  /// Strings that are searched by their words: `text` with a `keyword` below, `name.keyword`. By
  /// path, "place.name". The others are keywords.
  std::vector<std::string> full_text = {};
};

namespace detail {

using namespace millrace::detail;

/// `"name":{"type":"keyword"}`, or what a full text has.
MILLRACE_EXPORT void append_property(std::string& out, std::string_view name, std::string_view type,
                                     bool full_text);
/// `"name":{"properties":{`
MILLRACE_EXPORT void append_object(std::string& out, std::string_view name);

template <class F>
constexpr std::string_view mapping_type() {
  if constexpr (std::is_same_v<F, bool>)
    return "boolean";
  else if constexpr (std::is_same_v<F, Timestamp>)
    return "date";
  else if constexpr (std::is_same_v<F, float>)
    return "float";
  else if constexpr (std::is_same_v<F, double>)
    return "double";
  else if constexpr (IntegerField<F>)
    // What has no sign needs the next wider type.
    return sizeof(F) == 1 && std::is_signed_v<F>                         ? "byte"
           : (sizeof(F) == 2 && std::is_signed_v<F>) || (sizeof(F) == 1) ? "short"
           : (sizeof(F) == 4 && std::is_signed_v<F>) || (sizeof(F) == 2) ? "integer"
                                                                         : "long";
  else
    return "keyword";
}

template <class T>
void append_properties(std::string& out, const std::string& path, const DefinitionOptions& options);

template <class F>
void append_field(std::string& out, std::string_view name, const std::string& path,
                  const DefinitionOptions& options) {
  if constexpr (is_optional<F> || is_vector<F>) {
    append_field<typename F::value_type>(out, name, path, options);
  } else if constexpr (Described<F>) {
    append_object(out, name);
    append_properties<F>(out, path + '.', options);
    out += "}}";
  } else {
    const bool full_text =
        TextField<F> && std::find(options.full_text.begin(), options.full_text.end(), path) !=
                            options.full_text.end();
    append_property(out, name, mapping_type<F>(), full_text);
  }
}

template <class T>
void append_properties(std::string& out, const std::string& path,
                       const DefinitionOptions& options) {
  for_each_field<T>([&](auto index, const auto& field) {
    if (index != 0) out += ',';
    append_field<FieldType<T, index>>(out, field.name, path + std::string(field.name), options);
  });
}

}  // namespace detail

/// The body of `PUT /{index}` for documents that are T written as JSON: strings are keywords (see
/// DefinitionOptions), whole numbers the narrowest type that holds them, Timestamps dates,
/// described structs objects; an optional or a vector is what it holds.
///
///     store.create_if_absent("index1", index::definition_of<Row>());
template <Described T>
std::string definition_of(const DefinitionOptions& options = {}) {
  std::string out = R"({"mappings":{"properties":{)";
  detail::append_properties<T>(out, "", options);
  return out + "}}}";
}

}  // namespace millrace::index
