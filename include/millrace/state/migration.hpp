// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/state/codec.hpp"
#include "millrace/state/schema.hpp"

namespace millrace {
namespace detail {

/// Turns bytes of one schema into bytes of another.
class MILLRACE_EXPORT Converter {
 public:
  /// Errors: as Migration::from().
  static Result<Converter> between(std::string_view written, SchemaNode own, std::string_view what);

  bool needed() const { return nodes_ != nullptr; }
  /// Appends to `out`. Contract: needed(). Errors: corrupted.
  Result<void> convert(StateReader& in, std::string& out) const;

  struct Plan {
    enum class Act : unsigned char { copy, widen, memory, optional, vector, members };
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    Act act = Act::copy;
    const SchemaNode* from = nullptr;
    const SchemaNode* to = nullptr;
    std::vector<Plan> parts = {};           ///< of each member of `to`
    std::vector<std::size_t> sources = {};  ///< which of `from` it was; none: it is new
  };

 private:
  struct Nodes {
    SchemaNode from;
    SchemaNode to;
    Plan plan;
  };
  std::unique_ptr<const Nodes> nodes_;  ///< none when both schemas are the same
};

}  // namespace detail

/// Reads Ts that were written when T had another schema.
///
///     auto migration = Migration<Severe>::from(written_schema, "the key");
///     ...migration->read(in, value)...
///
/// The fields of a described struct may have come, gone or changed places, also within an optional,
/// a vector, a tuple or another struct: a new one has the value that T{} has, one that is gone is
/// passed over. An integer or floating-point number may have become a wider one that holds all of
/// its values. A struct that had no description may have got one, or a schema_name, while its
/// members stay the same ones in the same order. Threads: one. Cost: when nothing has changed, that
/// of Codec<T>::read; else a copy of the bytes.
template <class T>
class Migration {
 public:
  /// From the schema that the bytes were written under; `what` is the subject of error messages.
  /// Errors: unsupported, for every other change, with both schemas and the first place where they
  /// differ; corrupted, when the text is no schema.
  static Result<Migration> from(std::string_view written, std::string_view what) {
    auto converter = detail::Converter::between(written, detail::schema_node<T>(), what);
    if (!converter) return converter.take_error();
    return Migration(std::move(*converter));
  }

  /// False when the schema is still the same.
  bool needed() const { return converter_.needed(); }
  /// Assigns all of value. Errors: corrupted.
  Result<void> read(StateReader& in, T& value) {
    if (!needed()) return Codec<T>::read(in, value);
    converted_.clear();
    if (auto done = converter_.convert(in, converted_); !done) return done;
    StateReader converted(converted_);
    return Codec<T>::read(converted, value);
  }

 private:
  explicit Migration(detail::Converter converter) : converter_(std::move(converter)) {}
  detail::Converter converter_;
  std::string converted_;
};

}  // namespace millrace
