// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"

namespace millrace::catalog {

/// A JSON value in memory, for the catalog's own files and requests.
class Json {
 public:
  enum class Kind : unsigned char { null, boolean, number, string, array, object };

  Json() = default;
  Json(std::string_view text) : kind_(Kind::string), text_(text) {}
  Json(const std::string& text) : Json(std::string_view(text)) {}
  Json(const char* text) : Json(std::string_view(text)) {}
  static Json array() { return Json(Kind::array, {}); }
  static Json object() { return Json(Kind::object, {}); }
  static Json boolean(bool value) { return Json(Kind::boolean, value ? "true" : "false"); }
  static Json number(std::string digits) { return Json(Kind::number, std::move(digits)); }
  /// Errors: invalid_input as json::validate().
  static Result<Json> parse(std::string_view text);

  Kind kind() const { return kind_; }
  const std::string& text() const { return text_; }
  /// An array's elements have no names.
  const std::vector<std::pair<std::string, Json>>& members() const { return members_; }
  /// The member of that name, or nullptr.
  const Json* find(std::string_view name) const;

  Json& add(std::string name, Json value) {
    members_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  Json& add(Json element) { return add({}, std::move(element)); }

  /// On one line.
  std::string compact() const;
  /// With two blanks a level; arrays and objects of at most one plain member stay on their line.
  std::string pretty() const;

 private:
  Json(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
  bool is_plain() const { return members_.empty(); }
  void write(std::string& out, int indent) const;

  Kind kind_ = Kind::null;
  std::string text_;
  std::vector<std::pair<std::string, Json>> members_;
};

}  // namespace millrace::catalog
