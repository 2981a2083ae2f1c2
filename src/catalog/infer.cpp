// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/infer.hpp"

#include <charconv>

#include "catalog/infer_json.hpp"
#include "catalog/numbers.hpp"
#include "millrace/formats/json_cursor.hpp"

namespace millrace::catalog {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number at `at` with `digits` digits, or -1.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool is_date(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = number_at(text, 0, 4);
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1) return false;
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool is_clock(std::string_view text) {
  if (text.size() < 9 || text[0] != ' ' || text[3] != ':' || text[6] != ':') return false;
  const int hour = number_at(text, 1, 2);
  const int minute = number_at(text, 4, 2);
  const int second = number_at(text, 7, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  if (text.size() == 9) return true;
  const std::string_view fraction = text.substr(10);
  return text[9] == '.' && !fraction.empty() && fraction.size() <= 9 &&
         fraction.find_first_not_of("0123456789") == std::string_view::npos;
}

TypeKind text_kind(std::string_view text, const InferOptions& options) {
  if (options.times == Times::detect && is_date(text)) {
    if (text.size() == 10) return TypeKind::date;
    if (is_clock(text.substr(10))) return TypeKind::timestamp;
  }
  return TypeKind::string;
}

TypeKind number_kind(std::string_view digits, bool integral, const InferOptions& options) {
  if (!integral) return TypeKind::float64;
  std::int64_t value = 0;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem == std::errc())
    return value >= INT32_MIN && value <= INT32_MAX ? TypeKind::int32 : TypeKind::int64;
  constexpr std::size_t decimal_max = 38;
  const bool fits = digits.size() - (digits[0] == '-' ? 1 : 0) <= decimal_max;
  return options.big_integers == BigIntegers::as_decimal && fits ? TypeKind::decimal
                                                                 : TypeKind::float64;
}

bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((text[i] | 0x20) != word[i]) return false;
  return true;
}

}  // namespace

bool JsonInference::value(json::Cursor& in, Type& type) {
  if (in.next_is('{')) return object(in, type);
  if (in.next_is('[')) return array(in, type);
  if (in.next_is('"')) {
    json::Cursor::String string;
    if (!in.string(string, "a string")) return false;
    // Dates hold nothing that would be escaped.
    merge(type, {string.escaped ? TypeKind::string : text_kind(string.raw, options_)});
    return true;
  }
  if (in.take_word("null")) return true;
  if (in.take_word("true") || in.take_word("false")) {
    merge(type, {TypeKind::boolean});
    return true;
  }
  std::string_view digits;
  bool integral = false;
  if (!in.number(digits, integral, "a value")) return false;
  merge(type, {number_kind(digits, integral, options_)});
  return true;
}

bool JsonInference::object(json::Cursor& in, Type& type) {
  if (type.kind == TypeKind::unknown) type.kind = TypeKind::structure;
  if (type.kind != TypeKind::structure) {
    type = {TypeKind::string};
    return in.skip_value();
  }
  if (!in.open('{', "an object")) return false;
  std::size_t guess = 0;
  bool closed = in.take_empty('}');
  while (!closed) {
    json::Cursor::String key;
    if (!in.key(key)) return false;
    std::string_view name = key.raw;
    if (key.escaped) {
      name = in.unescape(key.raw, text_);
      text_.discard();  // the bytes stay until the next write
    }
    Member* const at = member(in, type.members, name, guess);
    if (!at || !value(in, at->type)) return false;
    if (!in.more('}', closed) && !closed) return false;
  }
  return true;
}

Member* JsonInference::member(json::Cursor& in, std::vector<Member>& members, std::string_view key,
                              std::size_t& guess) {
  std::size_t i = guess;
  if (i >= members.size() || members[i].key != key) {
    i = 0;
    while (i != members.size() && members[i].key != key) ++i;
  }
  guess = i + 1;
  if (i != members.size()) return &members[i];
  if (++members_ > options_.max_members) {
    full_ = true;
    in.fail("more than " + std::to_string(options_.max_members) + " different members");
    return nullptr;
  }
  return &members.emplace_back(Member{std::string(key), {}});
}

bool JsonInference::array(json::Cursor& in, Type& type) {
  if (type.kind == TypeKind::unknown) type = {TypeKind::array, {Member{}}};
  if (type.kind != TypeKind::array) {
    type = {TypeKind::string};
    return in.skip_value();
  }
  if (!in.open('[', "an array")) return false;
  bool closed = in.take_empty(']');
  while (!closed) {
    if (!value(in, type.members[0].type)) return false;
    if (!in.more(']', closed) && !closed) return false;
  }
  return true;
}

std::uint64_t JsonInference::count(const Type& type) {
  std::uint64_t sum = type.members.size();
  for (const Member& each : type.members) sum += count(each.type);
  return sum;
}

Result<void> infer_json(std::string_view text, Type& type, const InferOptions& options) {
  json::Cursor check(text, options.max_depth);
  check.skip_space();
  if (!check.skip_value() || !check.finish()) return check.error();
  JsonInference inference(options, type);
  return inference.add(text, type);
}

Result<void> JsonInference::add(std::string_view text, Type& type) {
  json::Cursor in(text, options_.max_depth);
  in.skip_space();
  if (value(in, type)) return {};
  Error error = in.error();
  if (full_) return Error(Errc::limit_exceeded, error.message());
  return error;
}

TypeKind infer_cell(std::string_view cell, const InferOptions& options) {
  if (cell.empty()) return TypeKind::unknown;
  if (is_digit(cell[0]) || cell[0] == '-') {
    json::Cursor in(cell, 1);
    std::string_view digits;
    bool integral = false;
    if (in.number(digits, integral, "a number") && digits.size() == cell.size())
      return number_kind(digits, integral, options);
  }
  if (is_word(cell, "true") || is_word(cell, "false")) return TypeKind::boolean;
  return text_kind(cell, options);
}

}  // namespace millrace::catalog
