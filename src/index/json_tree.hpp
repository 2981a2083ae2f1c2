// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"

namespace millrace::index {

struct JsonMember;

// A JSON value in memory: for queries, mappings and updates, not for documents on their way in.
// Numbers keep their digits.
struct Json {
  enum class Kind : unsigned char { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool truth = false;
  std::string text;  // of a string or number
  std::vector<Json> items;
  std::vector<JsonMember> members;

  // Errors: invalid_input.
  static Result<Json> parse(std::string_view text);
  static Json string(std::string_view s);
  static Json object();

  bool is_object() const { return kind == Kind::object; }
  bool is_array() const { return kind == Kind::array; }
  bool is_string() const { return kind == Kind::string; }
  bool is_number() const { return kind == Kind::number; }
  // The member's value, or nullptr.
  const Json* find(std::string_view name) const;
  Json* find(std::string_view name);
  // Of a number, or a string that is one.
  std::optional<double> number() const;
  std::optional<std::int64_t> integer() const;
  // A scalar as text: true, 12, abc.
  std::string scalar() const;
  // Equal values; members in any order.
  bool same(const Json& other) const;
  void write(std::string& out) const;
  std::string to_string() const;
};
// No std::pair, which clang takes only of complete types.
struct JsonMember {
  std::string name;
  Json value;
};

// A string in quotes; bytes that are not UTF-8 become U+FFFD.
void write_json_string(std::string& out, std::string_view text);
// Always with a fraction or exponent, as doubles stand in OpenSearch's answers; null when it is not
// finite.
void write_json_double(std::string& out, double value);

// Writes objects and arrays and sees to their commas.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& real(double value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  // JSON as it is.
  JsonWriter& raw(std::string_view json);

 private:
  void separate();
  std::string& out_;
  bool first_ = true;
};

}  // namespace millrace::index
