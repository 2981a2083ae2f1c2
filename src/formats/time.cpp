// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/time.hpp"

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>

#include "millrace/formats/block16.hpp"
#include "millrace/formats/explain.hpp"

namespace millrace {
namespace {

enum class Outcome : unsigned char { good, bad_form, bad_range };

struct Clock {
  unsigned year, month, day, hour, minute, second;
};

Outcome assemble(const Clock& c, std::int64_t microseconds, Timestamp& out) {
  using namespace std::chrono;
  const year_month_day date{year(static_cast<int>(c.year)), month(c.month), day(c.day)};
  if ((c.hour > 23) | (c.minute > 59) | (c.second > 59) | !date.ok()) return Outcome::bad_range;
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  const std::int64_t seconds =
      days * 86'400 + std::int64_t{c.hour * 3600 + c.minute * 60 + c.second};
  out = Timestamp(Duration(seconds * 1'000'000 + microseconds));
  return Outcome::good;
}

unsigned digit(char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0'; }
bool is_digit(char c) { return digit(c) <= 9; }

// A number of one or two digits that ends before `end`: the tens count only when it is two wide.
unsigned narrow(const char* end, unsigned width) {
  return digit(end[-1]) + 10 * (digit(end[-2]) & (0u - (width - 1)));
}

// M/D/YYYY H:MM[:SS]: the places of all separators come from one look at 16 bytes, so that
// nothing branches on how wide a number is.
Outcome read_us(std::string_view text, Timestamp& out) {
  std::string_view head = text;
  unsigned second = 0;
  if (text.size() >= 16 && text[text.size() - 3] == ':' && text[text.size() - 6] == ':') {
    const char* const p = text.data() + text.size() - 2;
    if (!is_digit(p[0]) || !is_digit(p[1])) return Outcome::bad_form;
    second = digit(p[0]) * 10 + digit(p[1]);
    head.remove_suffix(3);
  }
  if (head.size() < 13 || head.size() > 16) return Outcome::bad_form;
  char bytes[18] = {};
  char* const c = bytes + 2;  // narrow() may look two bytes back
  const detail::Block16 block = detail::Block16::load_short(head.data(), head.size());
  block.store(c);
  const auto size = static_cast<unsigned>(head.size());
  std::uint32_t separators = block.not_digits() & ((1u << size) - 1);
  if (std::popcount(separators) != 4) return Outcome::bad_form;
  unsigned at[4];
  for (unsigned& place : at) {
    place = static_cast<unsigned>(std::countr_zero(separators));
    separators &= separators - 1;
  }
  const unsigned day_width = at[1] - at[0] - 1;
  const unsigned hour_width = at[3] - at[2] - 1;
  const bool form = (at[0] - 1 < 2) & (day_width - 1 < 2) & (at[2] - at[1] == 5) &
                    (hour_width - 1 < 2) & (size - at[3] == 3) & (c[at[0]] == '/') &
                    (c[at[1]] == '/') & (c[at[2]] == ' ') & (c[at[3]] == ':');
  if (!form) return Outcome::bad_form;
  const char* y = c + at[1] + 1;
  const unsigned year = digit(y[0]) * 1000 + digit(y[1]) * 100 + digit(y[2]) * 10 + digit(y[3]);
  return assemble({year, narrow(c + at[0], at[0]), narrow(c + at[1], day_width),
                   narrow(c + at[3], hour_width), narrow(c + size, 2), second},
                  0, out);
}

// The two digits at `p`; `bad` collects what is not a digit.
unsigned two(const char* p, unsigned& bad) {
  const unsigned tens = digit(p[0]);
  const unsigned ones = digit(p[1]);
  bad |= static_cast<unsigned>(tens > 9) | static_cast<unsigned>(ones > 9);
  return tens * 10 + ones;
}

// [.1 to 9 digits] in microseconds; moves `p` behind it.
bool read_fraction(const char*& p, const char* end, std::int64_t& microseconds) {
  microseconds = 0;
  if (p == end || *p != '.') return true;
  const char* const first = ++p;
  for (; p != end && is_digit(*p); ++p)
    if (p - first < 6) microseconds = microseconds * 10 + digit(*p);
  if (p == first || p - first > 9) return false;
  for (std::ptrdiff_t i = p - first; i < 6; ++i) microseconds *= 10;
  return true;
}

// [Z|+hh:mm|-hh:mm] in microseconds east of UTC.
Outcome read_offset(const char* p, const char* end, std::int64_t& east) {
  east = 0;
  if (end - p == 1 && *p == 'Z') return Outcome::good;
  if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':') return Outcome::bad_form;
  unsigned bad = 0;
  const unsigned hours = two(p + 1, bad);
  const unsigned minutes = two(p + 4, bad);
  if (bad) return Outcome::bad_form;
  if (hours > 23 || minutes > 59) return Outcome::bad_range;
  east = std::int64_t{hours * 60 + minutes} * 60'000'000;
  if (*p == '-') east = -east;
  return Outcome::good;
}

Outcome read_iso(std::string_view text, Timestamp& out) {
  if (text.size() < 19) return Outcome::bad_form;
  const char* p = text.data();
  unsigned bad = static_cast<unsigned>((p[4] != '-') | (p[7] != '-') | (p[13] != ':') |
                                       (p[16] != ':') | ((p[10] != 'T') & (p[10] != ' ')));
  const unsigned century = two(p, bad);
  const unsigned year = two(p + 2, bad);
  const Clock clock{century * 100 + year, two(p + 5, bad),  two(p + 8, bad),
                    two(p + 11, bad),     two(p + 14, bad), two(p + 17, bad)};
  if (bad) return Outcome::bad_form;
  std::int64_t microseconds = 0;
  const char* const end = p + text.size();
  const char* rest = p + 19;
  if (rest != end) {
    std::int64_t east = 0;
    if (!read_fraction(rest, end, microseconds)) return Outcome::bad_form;
    if (rest != end) {
      if (p[10] != 'T') return Outcome::bad_form;
      if (const Outcome o = read_offset(rest, end, east); o != Outcome::good) return o;
      microseconds -= east;
    }
  }
  return assemble(clock, microseconds, out);
}

Outcome read(std::string_view text, Timestamp& out) {
  const bool us = text.size() >= 13 && (text[1] == '/' || text[2] == '/');
  return us ? read_us(text, out) : read_iso(text, out);
}

void write_two(char* p, unsigned value) {
  p[0] = static_cast<char>('0' + value / 10);
  p[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

bool read_time(std::string_view text, Timestamp& out) { return read(text, out) == Outcome::good; }

Result<Timestamp> parse_time(std::string_view text) {
  Timestamp time;
  switch (read(text, time)) {
    case Outcome::good:
      return time;
    case Outcome::bad_range:
      return Error(Errc::invalid_input, "no such date or time of day: " + detail::seen(text));
    case Outcome::bad_form:
      break;
  }
  return Error(
      Errc::invalid_input,
      "expected a time like 2016-02-08T00:37:00 or 2/8/2016 0:37, saw " + detail::seen(text));
}

char* write_time(Timestamp time, char* out) {
  using namespace std::chrono;
  const auto day_start = floor<days>(time);
  const year_month_day date(day_start);
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) return nullptr;
  const auto in_day = static_cast<std::uint64_t>((time - day_start).count());
  const auto seconds = static_cast<unsigned>(in_day / 1'000'000);
  auto microseconds = static_cast<unsigned>(in_day % 1'000'000);
  std::memcpy(out, "0000-00-00T00:00:00", 19);
  write_two(out, static_cast<unsigned>(year) / 100);
  write_two(out + 2, static_cast<unsigned>(year) % 100);
  write_two(out + 5, static_cast<unsigned>(date.month()));
  write_two(out + 8, static_cast<unsigned>(date.day()));
  write_two(out + 11, seconds / 3600);
  write_two(out + 14, seconds / 60 % 60);
  write_two(out + 17, seconds % 60);
  if (microseconds == 0) return out + 19;
  out[19] = '.';
  for (int i = 25; i > 19; --i, microseconds /= 10)
    out[i] = static_cast<char>('0' + microseconds % 10);
  return out + time_size_max;
}

Result<std::string> format_time(Timestamp time) {
  char text[time_size_max];
  if (char* end = write_time(time, text)) return std::string(text, end);
  return Error(Errc::invalid_input,
               "the time " + std::to_string(time.time_since_epoch().count()) +
                   " us since 1970 lies outside the years 0 to 9999 that can be written");
}

DateText::DateText(Timestamp time) {
  if (!write_time(time, text_)) throw Failure(format_time(time).take_error());
}

}  // namespace millrace
