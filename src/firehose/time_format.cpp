// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/time_format.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "firehose/civil.hpp"
#include "firehose/time_names.hpp"

namespace millrace::firehose {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A field and the numbers of letters that it takes.
struct Field {
  char letter = 0;
  std::uint32_t least = 1;
  std::uint32_t most = 1;
};
constexpr std::array fields = {
    Field{'G', 1, 5},  Field{'u', 1, 19}, Field{'y', 1, 19}, Field{'Y', 1, 19}, Field{'Q', 1, 5},
    Field{'q', 1, 5},  Field{'M', 1, 5},  Field{'L', 1, 5},  Field{'w', 1, 2},  Field{'W', 1, 1},
    Field{'D', 1, 3},  Field{'d', 1, 2},  Field{'F', 1, 1},  Field{'E', 1, 5},  Field{'e', 1, 5},
    Field{'c', 1, 5},  Field{'a', 1, 1},  Field{'h', 1, 2},  Field{'H', 1, 2},  Field{'k', 1, 2},
    Field{'K', 1, 2},  Field{'m', 1, 2},  Field{'s', 1, 2},  Field{'S', 1, 9},  Field{'A', 1, 19},
    Field{'n', 1, 19}, Field{'N', 1, 19}, Field{'V', 2, 2},  Field{'O', 1, 4},  Field{'X', 1, 5},
    Field{'x', 1, 5},  Field{'Z', 1, 5}};

bool takes_width(const Field& field, std::uint32_t width) {
  if (field.letter == 'c' && width == 2) return false;
  if (field.letter == 'O' && width != 1 && width != 4) return false;
  return width >= field.least && width <= field.most;
}

Error fault(Errc code, std::size_t column, const std::string& why) {
  return {code, "time pattern, column " + std::to_string(column) + ": " + why};
}

// The problem with `width` times `letter`, if there is one.
std::optional<Error> check_field(char letter, std::uint32_t width, std::size_t column) {
  const std::string shown = std::string("'") + letter + "'";
  if (std::string_view("Bgpvz").find(letter) != std::string_view::npos)
    return fault(Errc::unsupported, column,
                 "the letter " + shown + " is not supported; for a zone write VV, X or Z");
  const auto field = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& f) { return f.letter == letter; });
  if (field == fields.end())
    return fault(Errc::invalid_input, column,
                 "the letter " + shown + " means nothing; put text between single quotes");
  if (!takes_width(*field, width))
    return fault(Errc::invalid_input, column,
                 "the letter " + shown + " can't come " + std::to_string(width) +
                     (width == 1 ? " time" : " times") + " in a row");
  return std::nullopt;
}

/// Where Java puts a sign before a number.
enum class Sign : unsigned char { when_negative, when_longer_too };

void append_number(long long value, std::uint32_t width, std::string& out,
                   Sign sign = Sign::when_negative) {
  const std::string digits = std::to_string(std::llabs(value));
  if (value < 0)
    out += '-';
  else if (sign == Sign::when_longer_too && digits.size() > width)
    out += '+';
  out.append(width - std::min<std::size_t>(width, digits.size()), '0');
  out += digits;
}

void append_year(long long year, std::uint32_t width, std::string& out) {
  if (width == 2) return append_number(std::llabs(year) % 100, 2, out);
  append_number(year, width, out, width < 4 ? Sign::when_negative : Sign::when_longer_too);
}

void append_name(const TimeName& name, std::uint32_t width, std::string& out) {
  out += width == 4 ? name.full : width == 5 ? name.narrow : name.brief;
}

void append_month_or_quarter(char letter, std::uint32_t width, int month, std::string& out) {
  const bool is_month = letter == 'M' || letter == 'L';
  const int value = is_month ? month : (month + 2) / 3;
  if (width <= 2) return append_number(value, width, out);
  const auto i = static_cast<std::size_t>(value - 1);
  append_name(is_month ? month_names[i] : quarter_names[i], width, out);
}

void append_weekday(char letter, std::uint32_t width, int weekday, std::string& out) {
  if (letter != 'E' && width <= 2) return append_number(weekday + 1, width, out);
  append_name(weekday_names[static_cast<std::size_t>(weekday)], width, out);
}

void append_day_part(char letter, std::uint32_t width, const Civil& civil, std::string& out) {
  const int hour = civil.hour();
  switch (letter) {
    case 'a':
      out += hour < 12 ? "AM" : "PM";
      break;
    case 'h':
      append_number(hour % 12 == 0 ? 12 : hour % 12, width, out);
      break;
    case 'H':
      append_number(hour, width, out);
      break;
    case 'k':
      append_number(hour == 0 ? 24 : hour, width, out);
      break;
    case 'K':
      append_number(hour % 12, width, out);
      break;
    case 'm':
      append_number(civil.minute(), width, out);
      break;
    case 's':
      append_number(civil.second(), width, out);
      break;
    case 'A':
      append_number(civil.microseconds / 1000, width, out);
      break;
    case 'N':
      append_number(civil.microseconds * 1000, width, out);
      break;
    case 'n':
      append_number(civil.microseconds % 1'000'000 * 1000, width, out);
      break;
    default: {  // S: the first digits of the second's fraction
      std::string digits;
      append_number(civil.microseconds % 1'000'000 * 1000, 9, digits);
      out.append(digits, 0, width);
    }
  }
}

/// How an offset is written.
struct OffsetStyle {
  bool colons = false;
  bool minutes_always = true;
  bool seconds = false;  ///< when they are not zero
};

void append_clock(int offset, const OffsetStyle& style, std::string& out) {
  const int size = std::abs(offset);
  out += offset < 0 ? '-' : '+';
  append_number(size / 3600, 2, out);
  const bool with_seconds = style.seconds && size % 60 != 0;
  if (style.minutes_always || size / 60 % 60 != 0) {
    if (style.colons) out += ':';
    append_number(size / 60 % 60, 2, out);
  }
  if (with_seconds) {
    if (style.colons) out += ':';
    append_number(size % 60, 2, out);
  }
}

// X and x: hours; hours and minutes with ever more of the rest.
OffsetStyle iso_style(std::uint32_t width) {
  return {.colons = width == 3 || width == 5, .minutes_always = width > 1, .seconds = width > 3};
}

void append_localized_offset(int offset, std::uint32_t width, std::string& out) {
  out += "GMT";
  if (offset == 0) return;
  const int size = std::abs(offset);
  out += offset < 0 ? '-' : '+';
  append_number(size / 3600, width == 4 ? 2 : 1, out);
  if (width == 4 || size % 3600 != 0) {
    out += ':';
    append_number(size / 60 % 60, 2, out);
  }
  if (size % 60 != 0) {
    out += ':';
    append_number(size % 60, 2, out);
  }
}

void append_offset(char letter, std::uint32_t width, int offset, std::string& out) {
  if (letter == 'O' || (letter == 'Z' && width == 4))
    return append_localized_offset(offset, letter == 'O' ? width : 4, out);
  if (letter == 'Z' && width < 4) return append_clock(offset, {}, out);
  // ZZZZZ is XXXXX.
  if (offset == 0 && letter != 'x')
    out += 'Z';
  else
    append_clock(offset, iso_style(width), out);
}

void append_date_part(char letter, std::uint32_t width, const Civil& civil, std::string& out) {
  const Week week = week_of(civil, 0, 1);
  switch (letter) {
    case 'G':
      append_name(era_names[civil.year > 0 ? 1 : 0], width, out);
      break;
    case 'u':
      append_year(civil.year, width, out);
      break;
    case 'y':
      append_year(civil.year > 0 ? civil.year : 1 - civil.year, width, out);
      break;
    case 'Y':
      append_year(week.year, width, out);
      break;
    case 'w':
      append_number(week.number, width, out);
      break;
    case 'W': {
      const int first_weekday = ((civil.weekday - civil.day + 1) % 7 + 7) % 7;
      append_number((civil.day - 1 + first_weekday) / 7 + 1, width, out);
      break;
    }
    case 'D':
      append_number(civil.day_of_year, width, out);
      break;
    case 'd':
      append_number(civil.day, width, out);
      break;
    default:
      append_number((civil.day - 1) % 7 + 1, width, out);
      break;  // F
  }
}

}  // namespace

Result<TimePattern> TimePattern::parse(std::string_view pattern, std::size_t first_column) {
  TimePattern out;
  const auto literal = [&](char c) {
    if (out.parts_.empty() || out.parts_.back().letter != 0)
      out.parts_.push_back(
          {.letter = 0, .width = 0, .begin = static_cast<std::uint32_t>(out.literals_.size())});
    out.literals_ += c;
    ++out.parts_.back().width;
  };
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const std::size_t column = first_column + i;
    if (is_letter(c)) {
      const std::size_t end = std::min(pattern.find_first_not_of(c, i), pattern.size());
      const auto width = static_cast<std::uint32_t>(end - i);
      if (auto error = check_field(c, width, column)) return std::move(*error);
      out.parts_.push_back({.letter = c, .width = width});
      i = end - 1;
    } else if (c == '\'') {
      const std::size_t start = i + 1;
      for (++i; i < pattern.size(); ++i) {
        if (pattern[i] == '\'' && !pattern.substr(i + 1).starts_with('\'')) break;
        if (pattern[i] == '\'') ++i;
        literal(pattern[i]);
      }
      if (i == pattern.size())
        return fault(Errc::invalid_input, column, "the quote that opens here is not closed");
      if (i == start) literal('\'');
    } else if (c == '[') {
      open.push_back(column);
    } else if (c == ']') {
      if (open.empty()) return fault(Errc::invalid_input, column, "']' without a '[' before it");
      open.pop_back();
    } else if (c == '{' || c == '}' || c == '#') {
      return fault(Errc::invalid_input, column,
                   std::string("'") + c + "' is reserved; put it between single quotes");
    } else {
      literal(c);
    }
  }
  return out;
}

void TimePattern::append(Timestamp time, const TimeZone& zone, std::string& out) const {
  const auto offset = zone.offset(time);
  const Civil civil = to_civil(time, offset);
  for (const Part& part : parts_) {
    const std::string_view letter(&part.letter, 1);
    const auto is_one_of = [&](std::string_view set) { return set.find(letter) != set.npos; };
    if (part.letter == 0)
      out.append(literals_, part.begin, part.width);
    else if (part.letter == 'V')
      out += zone.name();
    else if (is_one_of("OXxZ"))
      append_offset(part.letter, part.width, static_cast<int>(offset.count()), out);
    else if (is_one_of("MLQq"))
      append_month_or_quarter(part.letter, part.width, civil.month, out);
    else if (is_one_of("Eec"))
      append_weekday(part.letter, part.width, civil.weekday, out);
    else if (is_one_of("GuyYwWDdF"))
      append_date_part(part.letter, part.width, civil, out);
    else
      append_day_part(part.letter, part.width, civil, out);
  }
}

std::string TimePattern::format(Timestamp time, const TimeZone& zone) const {
  std::string out;
  append(time, zone, out);
  return out;
}

}  // namespace millrace::firehose
