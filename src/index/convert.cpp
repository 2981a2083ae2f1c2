// SPDX-License-Identifier: BSL-1.0
#include "index/convert.hpp"

#include <algorithm>
#include <cmath>

#include "millrace/formats/number.hpp"
#include "millrace/formats/time.hpp"

namespace millrace::index {
namespace {

constexpr std::size_t term_bytes_max = 32766;

std::nullopt_t refuse(ItemError& cause, std::string_view type, std::string reason) {
  cause.cause_type = type;
  cause.cause_reason = std::move(reason);
  return std::nullopt;
}

struct Range {
  std::int64_t least;
  std::int64_t most;
  std::string_view name;
};

Range range_of(Type type) {
  switch (type) {
    case Type::byte_number:
      return {-128, 127, "a byte"};
    case Type::short_number:
      return {-32768, 32767, "a short"};
    case Type::integer_number:
      return {-2147483648LL, 2147483647LL, "an integer"};
    default:
      return {INT64_MIN, INT64_MAX, "a long"};
  }
}

std::optional<Value> to_integer(Type type, std::string_view text, ItemError& cause) {
  const Range range = range_of(type);
  std::int64_t value = 0;
  const detail::Number read = detail::read_integer(text, value);
  if (read == detail::Number::bad_form) {
    // "12.7" and 1e3 are cut to whole numbers, as OpenSearch's `coerce` has it.
    double real = 0;
    if (detail::read_float(text, real) == detail::Number::bad_form)
      return refuse(cause, "number_format_exception",
                    "For input string: \"" + std::string(text) + "\"");
    if (std::abs(real) >= 9.2e18)
      return refuse(
          cause, "illegal_argument_exception",
          "Value [" + std::string(text) + "] is out of range for " + std::string(range.name));
    value = static_cast<std::int64_t>(real);
  }
  if (read == detail::Number::out_of_range || value < range.least || value > range.most)
    return refuse(
        cause, "illegal_argument_exception",
        "Value [" + std::string(text) + "] is out of range for " + std::string(range.name));
  return Value::of(value);
}

std::optional<Value> to_real(std::string_view text, ItemError& cause) {
  double value = 0;
  const detail::Number read = detail::read_float(text, value);
  if (read == detail::Number::good) return Value::of(value);
  if (read == detail::Number::out_of_range)
    return refuse(cause, "illegal_argument_exception",
                  "[" + std::string(text) + "] is out of range for a double");
  return refuse(cause, "number_format_exception",
                "For input string: \"" + std::string(text) + "\"");
}

bool digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::int64_t> parse_date_ms(std::string_view text) {
  std::int64_t ms = 0;
  const bool date_like = text.size() >= 4 && digits(text.substr(0, 4));
  if (!date_like || (text.size() > 4 && text[4] != '-')) {
    if (detail::read_integer(text, ms) != detail::Number::good) return {};
    return ms;
  }
  // 2016, 2016-02, 2016-02-08 and 2016-02-08T09 are filled up to a whole time.
  std::string filled(text);
  constexpr std::string_view least = "0000-01-01T00:00:00";
  const bool cut = text.size() == 4 || text.size() == 7 || text.size() == 10 || text.size() == 13 ||
                   text.size() == 16;
  if (cut) {
    filled += least.substr(text.size());
  } else if (text.size() > 16 && text[16] != ':') {
    filled.insert(16, ":00");  // 2016-02-08T00:37Z
  }
  if (filled.size() < 11 || filled[10] != 'T') return {};
  Timestamp time{};
  if (!read_time(filled, time)) return {};
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::optional<std::int64_t> parse_date_end_ms(std::string_view text) {
  using namespace std::chrono;
  const std::optional<std::int64_t> ms = parse_date_ms(text);
  if (!ms || text.size() < 4 || (text.size() > 4 && text[4] != '-')) return ms;
  const sys_time<milliseconds> begin{milliseconds(*ms)};
  const year_month_day day(floor<days>(begin));
  switch (text.size()) {
    case 4:
      return *ms + duration_cast<milliseconds>(sys_days(day + years(1)) - sys_days(day)).count() -
             1;
    case 7:
      return *ms + duration_cast<milliseconds>(sys_days(day + months(1)) - sys_days(day)).count() -
             1;
    case 10:
      return *ms + 86'399'999;
    case 13:
      return *ms + 3'599'999;
    case 16:
      return *ms + 59'999;
    case 19:
      return *ms + 999;
    default:
      return ms;
  }
}

std::string format_date_ms(std::int64_t ms) {
  constexpr std::int64_t most_ms = 253402300799999;  // the end of 9999
  if (ms < -62167219200000 || ms > most_ms) return std::to_string(ms);
  char text[time_size_max + 1] = {};
  const std::chrono::milliseconds since(ms);
  write_time(Timestamp(std::chrono::floor<std::chrono::seconds>(since)), text);
  const std::string millis = std::to_string(1000 + (ms % 1000 + 1000) % 1000);
  return std::string(text, 19) + '.' + millis.substr(1) + 'Z';
}

bool looks_like_date(std::string_view text) {
  return text.size() >= 10 && text.size() <= 35 && text[4] == '-' && text[7] == '-' &&
         parse_date_ms(text).has_value();
}

std::optional<Value> convert(const Field& field, const Scalar& scalar, ItemError& cause) {
  const std::string_view text = scalar.text;
  switch (field.type) {
    case Type::text:
      return Value::of(text);
    case Type::keyword:
    case Type::ip:
      if (text.size() > term_bytes_max && field.ignore_above == 0)
        return refuse(cause, "max_bytes_length_exceeded_exception",
                      "bytes can be at most 32766 in length; got " + std::to_string(text.size()));
      return Value::of(text);
    case Type::byte_number:
    case Type::short_number:
    case Type::integer_number:
    case Type::long_number:
      if (scalar.kind == Scalar::Kind::boolean) break;
      return to_integer(field.type, text, cause);
    case Type::real_number:
      if (scalar.kind == Scalar::Kind::boolean) break;
      return to_real(text, cause);
    case Type::boolean:
      if (text == "true") return Value::of(std::int64_t{1});
      if (text == "false" || text.empty()) return Value::of(std::int64_t{0});
      return refuse(cause, "illegal_argument_exception",
                    "Failed to parse value [" + std::string(text) +
                        "] as only [true] or [false] are allowed.");
    case Type::date:
      if (scalar.kind == Scalar::Kind::boolean) break;
      if (const auto ms = parse_date_ms(text)) return Value::of(*ms);
      return refuse(cause, "illegal_argument_exception",
                    "failed to parse date field [" + std::string(text) +
                        "] with format [strict_date_optional_time||epoch_millis]");
    default:
      return Value{};
  }
  return refuse(cause, "json_parse_exception",
                "Current token (" + std::string(text) + ") not numeric, can not use numeric value");
}

}  // namespace millrace::index
