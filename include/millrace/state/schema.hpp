// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/describe.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/state/codec.hpp"

namespace millrace {
namespace detail {

struct SchemaMember;

/// The form of an encoded value, as a tree. A text gives one, and so does a type of the program,
/// which knows more: how to pass over its values, and what a new member starts from.
struct MILLRACE_EXPORT SchemaNode {
  enum class Kind : unsigned char {
    scalar,    ///< so many bytes, or what its Codec makes of them
    string,    ///< length, then bytes
    optional,  ///< a bool, then perhaps the member
    vector,    ///< count, then the member as often
    tuple,     ///< its members, one after the other
    record,    ///< the same, with names
    custom,    ///< what a Codec of the user's writes
    outer,     ///< a tuple or record that this is a part of
  };
  Kind kind = Kind::scalar;
  std::string name = {};   ///< its text without members
  std::uint64_t size = 0;  ///< of a scalar or in memory; how many levels up the outer one is
  std::vector<SchemaMember> members;  // no default: clang would need the whole type

  // Of a type of the program.
  Result<void> (*pass)(StateReader&) = nullptr;
  /// Reads a record as it lay in memory, and writes its members.
  Result<void> (*from_memory)(StateReader&, std::string&) = nullptr;
};
struct SchemaMember {
  std::string name;
  SchemaNode node;
  std::string initial = {};  ///< the encoded value of a new one
};

MILLRACE_EXPORT std::string to_text(const SchemaNode& node);
/// Errors: corrupted, with the byte where no schema goes on.
MILLRACE_EXPORT Result<SchemaNode> parse_schema(std::string_view text);

template <class T>
Result<void> pass_over(StateReader& in) {
  T value{};
  return Codec<T>::read(in, value);
}

/// A bool of neither 0 nor 1 must not be read as one.
template <Described T>
bool has_valid_bools(const T& value) {
  bool valid = true;
  for_each_field<T>([&](auto index, const auto& field) {
    using Value = FieldType<T, index>;
    const Value& member = value.*(field.member);
    if constexpr (std::is_same_v<Value, bool>)
      valid &= *reinterpret_cast<const unsigned char*>(&member) <= 1;
    else if constexpr (Described<Value>)
      valid &= has_valid_bools(member);
  });
  return valid;
}
template <class T>
Result<void> from_memory(StateReader& in, std::string& out) {
  auto bytes = in.take(sizeof(T));
  if (!bytes) return bytes.take_error();
  T value;
  std::memcpy(static_cast<void*>(&value), bytes->data(), sizeof value);
  if (!has_valid_bools(value)) return in.corrupted("a bool is neither 0 nor 1");
  Codec<T>::write(out, value);
  return {};
}

/// How described structs without members() are kept.
enum class StructForm : unsigned char {
  by_description,
  as_in_memory,  ///< as once; the trivially copyable ones only, since there were no others
};

/// Makes the schema of types; the values they are asked with are those that new members get.
class SchemaBuilder {
 public:
  explicit SchemaBuilder(StructForm form) : form_(form) {}

  template <class T>
  SchemaNode node(const T& value) {
    using Kind = SchemaNode::Kind;
    if constexpr (!std::is_base_of_v<CodecByRule, Codec<T>>) {
      return {.kind = Kind::custom, .name = custom_name<T>(), .members = {}, .pass = &pass_over<T>};
    } else if constexpr (std::is_enum_v<T>) {
      return node(std::underlying_type_t<T>{});
    } else if constexpr (DurationLike<T>) {
      return {.name = duration_text<T>("duration"), .size = sizeof(typename T::rep), .members = {}};
    } else if constexpr (TimePointLike<T>) {
      return {
          .name = duration_text<typename T::duration>("time"), .size = sizeof(T), .members = {}};
    } else if constexpr (HasMembers<T>) {
      return product<T>(Kind::tuple, "tuple", [&](SchemaNode& product) {
        std::apply([&](const auto&... m) { (add(product, {}, m), ...); },
                   members(const_cast<T&>(value)));
      });
    } else if constexpr (Codec<T>::by_description) {
      return described(value);
    } else {
      return {.name = scalar_name<T>(), .size = sizeof(T), .members = {}};
    }
  }
  SchemaNode node(const std::string&) {
    return {.kind = SchemaNode::Kind::string, .name = "string", .members = {}};
  }
  template <class T>
  SchemaNode node(const std::optional<T>&) {
    return holder<T>(SchemaNode::Kind::optional, "optional");
  }
  template <class T>
  SchemaNode node(const std::vector<T>&) {
    return holder<T>(SchemaNode::Kind::vector, "vector");
  }
  template <class A, class B>
  SchemaNode node(const std::pair<A, B>& value) {
    return product<std::pair<A, B>>(SchemaNode::Kind::tuple, "tuple", [&](SchemaNode& pair) {
      add(pair, {}, value.first);
      add(pair, {}, value.second);
    });
  }
  template <class... M>
  SchemaNode node(const std::tuple<M...>& value) {
    return product<std::tuple<M...>>(SchemaNode::Kind::tuple, "tuple", [&](SchemaNode& tuple) {
      std::apply([&](const M&... m) { (add(tuple, {}, m), ...); }, value);
    });
  }

 private:
  template <class T>
  static constexpr char tag = 0;

  template <class T>
  SchemaNode described(const T& value) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      if (form_ == StructForm::as_in_memory)
        return {
            .name = "bytes<" + std::to_string(sizeof(T)) + ">", .size = sizeof(T), .members = {}};
    }
    SchemaNode node = product<T>(SchemaNode::Kind::record, "struct", [&](SchemaNode& product) {
      for_each_field<T>([&](auto, const auto& field) {
        add(product, std::string(field.name), value.*(field.member));
      });
    });
    if constexpr (std::is_trivially_copyable_v<T>) {
      node.size = sizeof(T);
      node.from_memory = &from_memory<T>;
    }
    return node;
  }
  template <class T, class AddMembers>
  SchemaNode product(SchemaNode::Kind kind, const char* name, AddMembers&& add_members) {
    for (std::size_t up = 0; up < open_.size(); ++up)
      if (open_[open_.size() - 1 - up] == &tag<T>)
        return {.kind = SchemaNode::Kind::outer,
                .name = "^" + std::to_string(up),
                .size = up,
                .members = {}};
    SchemaNode node{.kind = kind, .name = name, .members = {}};
    if constexpr (requires { std::string_view(T::schema_name); })
      node.name = std::string_view(T::schema_name);
    node.pass = &pass_over<T>;
    open_.push_back(&tag<T>);
    add_members(node);
    open_.pop_back();
    return node;
  }
  template <class T>
  SchemaNode holder(SchemaNode::Kind kind, const char* name) {
    SchemaNode node{.kind = kind, .name = name, .members = {}};
    node.members.push_back({{}, this->node(T{})});
    return node;
  }
  template <class M>
  void add(SchemaNode& product, std::string name, const M& value) {
    SchemaMember member{std::move(name), node(value)};
    Codec<M>::write(member.initial, value);
    product.members.push_back(std::move(member));
  }
  template <class T>
  static std::string custom_name() {
    if constexpr (requires { std::string_view(Codec<T>::schema); })
      return std::string(Codec<T>::schema);
    else
      return {};
  }
  template <class T>
  static std::string scalar_name() {
    const auto bits = [](char kind) { return kind + std::to_string(8 * sizeof(T)); };
    if constexpr (std::is_same_v<T, bool>)
      return "bool";
    else if constexpr (std::is_same_v<T, char>)
      return "char";
    else if constexpr (std::is_integral_v<T>)
      return bits(std::is_signed_v<T> ? 'i' : 'u');
    else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>)
      return bits('f');
    else
      return "bytes<" + std::to_string(sizeof(T)) + ">";
  }
  template <class D>
  static std::string duration_text(const char* name) {
    return std::string(name) + "<" + scalar_name<typename D::rep>() + "," +
           std::to_string(D::period::num) + "/" + std::to_string(D::period::den) + ">";
  }

  StructForm form_;
  std::vector<const char*> open_;  ///< tags of the structs around the one at work
};

template <class T>
SchemaNode schema_node(StructForm form = StructForm::by_description) {
  return SchemaBuilder(form).node(T{});
}

}  // namespace detail

/// The form in which Codec<T> keeps a T, as a text, so that state can be read by a later program
/// whose T has changed; see Migration.
///
///     bool char i8 .. i64 u8 .. u64 f32 f64 string     optional<T> vector<T>
///     duration<i64,1/1000000> time<i64,1/1000000>      a count, and the seconds it counts
///     struct{id:string,severity:i32}                   a described struct
///     tuple{string,i32}                                std::pair, std::tuple, members()
///     bytes<16>                                        other trivially copyable types: their size
///     custom<money2>                                   a Codec of your own, with its `schema`
///     ^0 ^1                                            the struct around this one, the next one
///
/// Enums are their integers. Names of fields with other characters than letters, digits, `_`, `-`
/// and `.` are quoted. A struct with a `static constexpr std::string_view schema_name` has that in
/// place of struct or tuple: two aggregations may keep the same numbers and mean something else.
/// Contract: T{} is what a value without information is. Cost: builds the text each time.
template <class T>
std::string schema_of() {
  return detail::to_text(detail::schema_node<T>());
}

}  // namespace millrace
