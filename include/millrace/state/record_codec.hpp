// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/message.hpp"
#include "millrace/core/texts.hpp"
#include "millrace/state/codec.hpp"
#include "millrace/state/migration.hpp"
#include "millrace/state/schema.hpp"

namespace millrace::detail {

// How state keeps whole records: as Codec does, but a Text, which Codec refuses, as the string that
// it is a view of.

struct AnyOwner {
  template <class M>
  requires(!borrows<M>)
  operator M() const;
};
template <class T, std::size_t... I>
consteval bool takes_owners(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), AnyOwner())...}; };
}
/// True when T, without a description, is seen to have a member that borrows, as only aggregates
/// show.
template <class T, std::size_t members = 32>
consteval bool has_borrowed_member() {
  if constexpr (!std::is_class_v<T> || !std::is_aggregate_v<T> || Described<T> || members == 0)
    return false;
  else if constexpr (takes_members<T>(std::make_index_sequence<members>()))
    return !takes_owners<T>(std::make_index_sequence<members>());
  else
    return has_borrowed_member<T, members - 1>();
}

/// A record that state can keep: it borrows no bytes, or only by Text fields that are described.
template <class T>
inline constexpr bool keeps_whole =
    TextsOf<T>::any ? TextsOf<T>::known : !borrows<T> && !has_borrowed_member<T>();

template <class T>
struct RecordCodec {
  static void write(std::string& out, const T& value) { Codec<T>::write(out, value); }
  static Result<void> read(StateReader& in, T& value) { return Codec<T>::read(in, value); }
  static SchemaNode node(const T& value) {
    return SchemaBuilder(StructForm::by_description).node(value);
  }
};

/// The texts read view what is read from.
template <>
struct RecordCodec<Text> {
  static void write(std::string& out, Text value) { Codec<std::string>::write(out, value); }
  static Result<void> read(StateReader& in, Text& value) {
    std::uint32_t size = 0;
    if (auto done = read_int(in, size); !done) return done;
    auto bytes = in.take(size);
    if (!bytes) return bytes.take_error();
    value = *bytes;
    return {};
  }
  static SchemaNode node(Text) {
    return {.kind = SchemaNode::Kind::string, .name = "string", .members = {}};
  }
};

template <class T>
Result<void> pass_over_record(StateReader& in) {
  T value{};
  return RecordCodec<T>::read(in, value);
}
template <class M>
void add_member(SchemaNode& node, std::string name, const M& value) {
  SchemaMember member{std::move(name), RecordCodec<M>::node(value)};
  RecordCodec<M>::write(member.initial, value);
  node.members.push_back(std::move(member));
}

template <>
struct RecordCodec<Message> {
  static void write(std::string& out, const Message& value) {
    RecordCodec<Text>::write(out, value.data);
    RecordCodec<Text>::write(out, value.key);
  }
  static Result<void> read(StateReader& in, Message& value) {
    if (auto done = RecordCodec<Text>::read(in, value.data); !done) return done;
    return RecordCodec<Text>::read(in, value.key);
  }
  static SchemaNode node(const Message& value) {
    SchemaNode node{.kind = SchemaNode::Kind::record,
                    .name = "struct",
                    .members = {},
                    .pass = &pass_over_record<Message>};
    add_member(node, "data", value.data);
    add_member(node, "key", value.key);
    return node;
  }
};

template <class T>
requires TextsOf<T>::any
struct RecordCodec<std::optional<T>> {
  static void write(std::string& out, const std::optional<T>& value) {
    Codec<bool>::write(out, value.has_value());
    if (value) RecordCodec<T>::write(out, *value);
  }
  static Result<void> read(StateReader& in, std::optional<T>& value) {
    bool set = false;
    if (auto done = Codec<bool>::read(in, set); !done) return done;
    if (!set) return value.reset(), Result<void>();
    return RecordCodec<T>::read(in, value.emplace());
  }
  static SchemaNode node(const std::optional<T>&) {
    SchemaNode node{.kind = SchemaNode::Kind::optional, .name = "optional", .members = {}};
    node.members.push_back({{}, RecordCodec<T>::node(T{})});
    return node;
  }
};

template <class T>
requires TextsOf<T>::any
struct RecordCodec<std::vector<T>> {
  static void write(std::string& out, const std::vector<T>& value) {
    write_int(out, static_cast<std::uint32_t>(value.size()));
    for (const T& item : value) RecordCodec<T>::write(out, item);
  }
  static Result<void> read(StateReader& in, std::vector<T>& value) {
    std::uint32_t size = 0;
    if (auto done = read_int(in, size); !done) return done;
    value.clear();
    for (std::uint32_t i = 0; i < size; ++i) {
      if (in.empty()) return in.corrupted("a vector ends early");
      if (auto done = RecordCodec<T>::read(in, value.emplace_back()); !done) return done;
    }
    return {};
  }
  static SchemaNode node(const std::vector<T>&) {
    SchemaNode node{.kind = SchemaNode::Kind::vector, .name = "vector", .members = {}};
    node.members.push_back({{}, RecordCodec<T>::node(T{})});
    return node;
  }
};

template <Described T>
requires TextsOf<T>::any
struct RecordCodec<T> {
  static void write(std::string& out, const T& value) {
    for_each_field<T>([&](auto index, const auto& field) {
      RecordCodec<FieldType<T, index>>::write(out, value.*(field.member));
    });
  }
  static Result<void> read(StateReader& in, T& value) {
    Result<void> done;
    for_each_field<T>([&](auto index, const auto& field) {
      if (done) done = RecordCodec<FieldType<T, index>>::read(in, value.*(field.member));
    });
    return done;
  }
  static SchemaNode node(const T& value) {
    SchemaNode node{.kind = SchemaNode::Kind::record,
                    .name = "struct",
                    .members = {},
                    .pass = &pass_over_record<T>};
    if constexpr (requires { std::string_view(T::schema_name); })
      node.name = std::string_view(T::schema_name);
    for_each_field<T>([&](auto, const auto& field) {
      add_member(node, std::string(field.name), value.*(field.member));
    });
    return node;
  }
};

/// The form in which a record is kept; see schema_of().
template <class T>
std::string record_schema() {
  return to_text(RecordCodec<T>::node(T{}));
}

/// Reads records that were written when T had another schema; see Migration.
template <class T>
class RecordMigration {
 public:
  static Result<RecordMigration> from(std::string_view written, std::string_view what) {
    auto converter = Converter::between(written, RecordCodec<T>::node(T{}), what);
    if (!converter) return converter.take_error();
    return RecordMigration(std::move(*converter));
  }
  /// Assigns all of value. Lifetime: its texts', until the next call. Errors: corrupted.
  Result<void> read(StateReader& in, T& value) {
    if (!converter_.needed()) return RecordCodec<T>::read(in, value);
    converted_.clear();
    if (auto done = converter_.convert(in, converted_); !done) return done;
    StateReader converted(converted_);
    return RecordCodec<T>::read(converted, value);
  }

 private:
  explicit RecordMigration(Converter converter) : converter_(std::move(converter)) {}
  Converter converter_;
  std::string converted_;
};

}  // namespace millrace::detail
