// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>

#include "millrace/catalog/type.hpp"
#include "millrace/formats/explain.hpp"

namespace millrace::catalog {
namespace {

constexpr std::array<std::string_view, 15> scalars = {
    "string", "boolean", "tinyint", "smallint", "int",  "integer",   "bigint", "float",
    "double", "decimal", "char",    "varchar",  "date", "timestamp", "binary"};

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Walks over one type; `at` is where the first problem lies.
class TypeReader {
 public:
  explicit TypeReader(std::string_view text) : text_(text) {}

  Result<void> read() {
    if (type(0) && at_ == text_.size()) return {};
    if (reason_.empty()) reason_ = "expected the end";
    return Error(
        deep_ ? Errc::limit_exceeded : Errc::invalid_input,
        "type " + detail::seen(text_) + ", column " + std::to_string(at_ + 1) + ": " + reason_);
  }

 private:
  bool fail(std::string reason) {
    if (reason_.empty()) reason_ = std::move(reason);
    return false;
  }
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool expect(char c) { return take(c) || fail(std::string("expected '") + c + "'"); }
  std::string_view name() {
    const std::size_t start = at_;
    while (at_ != text_.size() && is_name_byte(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  bool type(std::size_t depth) {
    constexpr std::size_t depth_max = 128;
    if (depth > depth_max) {
      deep_ = true;
      return fail("nested deeper than 128 levels");
    }
    const std::size_t start = at_;
    const std::string_view word = name();
    if (word == "array") return expect('<') && type(depth + 1) && expect('>');
    if (word == "map")
      return expect('<') && type(depth + 1) && expect(',') && type(depth + 1) && expect('>');
    if (word == "struct") return expect('<') && members(depth) && expect('>');
    if (word == "uniontype") return expect('<') && types(depth) && expect('>');
    if (std::find(scalars.begin(), scalars.end(), word) == scalars.end()) {
      at_ = start;
      return fail(word.empty() ? "expected a type" : "no such type: " + detail::seen(word));
    }
    return !take('(') || numbers();
  }
  bool members(std::size_t depth) {
    do {
      if (name().empty()) return fail("expected a field's name");
      if (!expect(':') || !type(depth + 1)) return false;
    } while (take(','));
    return true;
  }
  bool types(std::size_t depth) {
    do {
      if (!type(depth + 1)) return false;
    } while (take(','));
    return true;
  }
  bool numbers() {
    do {
      const std::size_t start = at_;
      const std::string_view digits = name();
      if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
        at_ = start;
        return fail("expected a number");
      }
    } while (take(','));
    return expect(')');
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool deep_ = false;
  std::string reason_;
};

}  // namespace

Result<void> check_hive_type(std::string_view text) {
  constexpr std::size_t size_max = 131072;
  if (text.size() > size_max)
    return Error(Errc::limit_exceeded,
                 "a type of " + std::to_string(text.size()) + " bytes; the limit is 131072");
  return TypeReader(text).read();
}

}  // namespace millrace::catalog
