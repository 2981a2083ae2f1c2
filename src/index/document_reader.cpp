// SPDX-License-Identifier: BSL-1.0
#include "index/document_reader.hpp"

#include <algorithm>
#include <functional>

namespace millrace::index {
namespace {

constexpr std::uint32_t json_depth_max = 100;

std::string_view wire(Type type) {
  switch (type) {
    case Type::boolean:
      return "boolean";
    case Type::long_number:
      return "long";
    case Type::real_number:
      return "float";
    case Type::date:
      return "date";
    default:
      return "text";
  }
}

Type inferred(const Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::boolean) return Type::boolean;
  if (scalar.kind == Scalar::Kind::number)
    return scalar.text.find_first_of(".eE") == std::string_view::npos ? Type::long_number
                                                                      : Type::real_number;
  return looks_like_date(scalar.text) ? Type::date : Type::text;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void append(JsonWriter& json, const Value& value) {
  if (value.kind == Value::Kind::text)
    json.string(value.text);
  else if (value.kind == Value::Kind::integer)
    json.integer(value.integer);
  else
    json.real(value.real);
}

}  // namespace

bool DocumentReader::refuse(std::string type, std::string reason) {
  error_.type = std::move(type);
  error_.reason = std::move(reason);
  return false;
}

bool DocumentReader::read(std::string_view document, std::string_view id) {
  cells_.clear();
  more_.clear();
  joined_.clear();
  error_ = {};
  added_ = 0;
  id_ = id;
  document_ = mapping_.next_stamp();
  Cursor in(document, json_depth_max);
  in.skip_space();
  if (object(in, mapping_.root(), 1) && in.finish()) {
    if (!more_.empty()) join_many();
    return true;
  }
  if (error_.type.empty()) {
    const bool is_object = document.find_first_not_of(" \t\r\n") != std::string_view::npos &&
                           document[document.find_first_not_of(" \t\r\n")] == '{';
    error_ = {"mapper_parsing_exception", "failed to parse",
              is_object ? "json_parse_exception" : "not_x_content_exception", in.error().message()};
  }
  undo();
  return false;
}

void DocumentReader::undo() {
  for (; added_ > 0; --added_) mapping_.remove_last();
}

std::string_view DocumentReader::says(Cursor& in, const Cursor::String& s) {
  if (!s.escaped) return s.raw;
  in.unescape(s.raw, writer_);
  return writer_.finish().view();
}

bool DocumentReader::object(Cursor& in, Field& field, std::size_t depth) {
  if (depth > mapping_depth_limit)
    return refuse("illegal_argument_exception", "Limit of mapping depth [20] has been exceeded");
  if (!in.open('{', "an object")) return false;
  const std::uint64_t instance = mapping_.next_stamp();
  field.guess = 0;
  bool closed = in.take_empty('}');
  while (!closed) {
    Cursor::String key;
    if (!in.key(key)) return false;
    if (!member(in, field, says(in, key), instance, depth)) return false;
    if (!in.more('}', closed) && !closed) return false;
  }
  return true;
}

bool DocumentReader::member(Cursor& in, Field& parent, std::string_view name,
                            std::uint64_t instance, std::size_t depth) {
  if (Field* const field = parent.child(name)) {
    if (field->seen_in == instance)
      return refuse("mapper_parsing_exception", "Duplicate field '" + field->path + "'");
    field->seen_in = instance;
    return value(in, &parent, name, field, depth);
  }
  // A dot stands for an object: {"a.b":1} is {"a":{"b":1}}.
  Field* at = &parent;
  for (std::size_t dot = name.find('.');; dot = name.find('.')) {
    const std::string_view part = name.substr(0, dot);
    if (part.empty())
      return refuse("mapper_parsing_exception",
                    "failed to parse: a field name cannot be empty, or begin or end with a dot");
    if (dot == std::string_view::npos) break;
    Field* next = at->child(part);
    if (!next) next = introduce(*at, part, nullptr);
    if (!next) return error_.type.empty() && in.skip_value();
    if (next->type != Type::object)
      return refuse("mapper_parsing_exception", "object mapping for [" + next->path +
                                                    "] tried to parse field [" + std::string(part) +
                                                    "] as object, but found a concrete value");
    at = next;
    name.remove_prefix(dot + 1);
    if (++depth > mapping_depth_limit)
      return refuse("illegal_argument_exception", "Limit of mapping depth [20] has been exceeded");
  }
  return value(in, at, name, at->child(name), depth);
}

// Adds a field for `scalar`, or an object without one; nullptr when it may not: then error_ is set,
// unless the mapping ignores what it does not know.
Field* DocumentReader::introduce(Field& parent, std::string_view name, const Scalar* scalar) {
  if (parent.dynamic == Dynamic::no) return nullptr;
  if (parent.dynamic == Dynamic::strict) {
    refuse("strict_dynamic_mapping_exception",
           "mapping set to strict, dynamic introduction of [" + std::string(name) + "] within [" +
               (parent.path.empty() ? "_doc" : parent.path) + "] is not allowed");
    return nullptr;
  }
  const Type type = scalar ? inferred(*scalar) : Type::object;
  if (mapping_.count() + (type == Type::text ? 2 : 1) > field_limit) {
    refuse("illegal_argument_exception", "Limit of total fields [1000] has been exceeded");
    return nullptr;
  }
  Field* const field = mapping_.add(parent, name, scalar ? wire(type) : "object");
  ++added_;
  if (type == Type::text) {
    mapping_.add_sub_field(*field, "keyword", "keyword")->ignore_above = 256;
    ++added_;
  }
  return field;
}

bool DocumentReader::array(Cursor& in, Field* parent, std::string_view name, Field* field,
                           std::size_t depth) {
  if (!in.open('[', "an array")) return false;
  bool closed = in.take_empty(']');
  while (!closed) {
    if (!value(in, parent, name, field, depth)) return false;
    if (!field) field = parent->child(name);  // the first element made it
    if (!in.more(']', closed) && !closed) return false;
  }
  return true;
}

bool DocumentReader::value(Cursor& in, Field* parent, std::string_view name, Field* field,
                           std::size_t depth) {
  if (in.take_word("null")) return true;
  if (in.next_is('[')) return array(in, parent, name, field, depth);
  if (field && field->type == Type::stored) return in.skip_value();
  if (in.next_is('{')) {
    if (!field) field = introduce(*parent, name, nullptr);
    if (!field) return error_.type.empty() && in.skip_value();
    if (field->type != Type::object)
      return refuse("mapper_parsing_exception", "failed to parse field [" + field->path +
                                                    "] of type [" + field->wire_type +
                                                    "] in document with id '" + std::string(id_) +
                                                    "'. Preview of field's value: an object");
    return object(in, *field, depth + 1);
  }
  Scalar seen;
  if (!scalar(in, seen)) return false;
  if (!field) field = introduce(*parent, name, &seen);
  if (!field) return error_.type.empty();
  if (field->type == Type::object)
    return refuse("mapper_parsing_exception", "object mapping for [" + field->path +
                                                  "] tried to parse field [" + std::string(name) +
                                                  "] as object, but found a concrete value");
  return keep(*field, seen);
}

bool DocumentReader::scalar(Cursor& in, Scalar& out) {
  if (in.next_is('"')) {
    Cursor::String s;
    if (!in.string(s, "a string")) return false;
    out = {Scalar::Kind::string, says(in, s)};
    return true;
  }
  for (const std::string_view word : {std::string_view("true"), std::string_view("false")})
    if (in.take_word(word)) {
      out = {Scalar::Kind::boolean, word};
      return true;
    }
  bool integral = false;
  out.kind = Scalar::Kind::number;
  return in.number(out.text, integral, "a value");
}

bool DocumentReader::keep(Field& field, const Scalar& scalar) {
  if (!keep_one(field, scalar)) return false;
  for (const auto& other : field.fields)
    if (!keep_one(*other, scalar)) return false;
  return true;
}

bool DocumentReader::keep_one(Field& field, const Scalar& scalar) {
  if (field.type == Type::stored) return true;
  if (field.ignore_above > 0 && scalar.text.size() > static_cast<std::size_t>(field.ignore_above) &&
      characters(scalar.text) > static_cast<std::size_t>(field.ignore_above))
    return true;
  const std::optional<Value> kept = convert(field, scalar, error_);
  if (!kept) {
    constexpr std::size_t preview = 100;
    return refuse("mapper_parsing_exception",
                  "failed to parse field [" + field.path + "] of type [" + field.wire_type +
                      "] in document with id '" + std::string(id_) +
                      "'. Preview of field's value: '" +
                      std::string(scalar.text.substr(0, preview)) + "'");
  }
  if (field.valued_in == document_) {
    more_.push_back({&field, *kept});
  } else {
    field.valued_in = document_;
    cells_.push_back({&field, *kept});
  }
  return true;
}

void DocumentReader::join_many() {
  std::stable_sort(more_.begin(), more_.end(),
                   [](const Cell& a, const Cell& b) { return std::less<>()(a.field, b.field); });
  for (auto from = more_.begin(); from != more_.end();) {
    const auto to =
        std::find_if(from, more_.end(), [&](const Cell& c) { return c.field != from->field; });
    Cell& cell = *std::find_if(cells_.begin(), cells_.end(),
                               [&](const Cell& c) { return c.field == from->field; });
    std::string& text = joined_.emplace_back();
    if (cell.field->type == Type::text) {
      text = cell.value.text;
      for (; from != to; ++from) (text += ' ') += from->value.text;
      cell.value = Value::of(std::string_view(text));
      continue;
    }
    JsonWriter json(text);
    json.open('[');
    append(json, cell.value);
    for (; from != to; ++from) append(json, from->value);
    json.close(']');
    cell.value = {.kind = Value::Kind::array, .text = text};
  }
}

}  // namespace millrace::index
