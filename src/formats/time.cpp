// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/time.hpp"

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

#include "millrace/formats/block16.hpp"
#include "millrace/formats/explain.hpp"

namespace millrace {
namespace {

enum class Outcome : unsigned char { good, bad_form, bad_range };

struct Clock {
  unsigned year, month, day, hour, minute, second;
};

constexpr bool is_leap(unsigned year) {
  return ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0);
}

// Days before each month of a year without a leap day, and before the next year.
constexpr unsigned days_before[14] = {0,   0,   31,  59,  90,  120, 151,
                                      181, 212, 243, 273, 304, 334, 365};

// Written without branches: months and days of records are anything but predictable.
inline Outcome assemble(const Clock& c, std::int64_t microseconds, Timestamp& out) {
  constexpr std::int64_t days_to_1970 = 719'528;  // from the first day of the year 0
  if ((c.month - 1 > 11) | (c.hour > 23) | (c.minute > 59) | (c.second > 59)) [[unlikely]]
    return Outcome::bad_range;
  const unsigned leap = is_leap(c.year);
  const unsigned month_days =
      days_before[c.month + 1] - days_before[c.month] + (leap & (c.month == 2));
  if (c.day - 1 >= month_days) [[unlikely]]
    return Outcome::bad_range;
  // Leap days of the years before this one; the year 0 has one.
  const unsigned leap_days = (c.year + 3) / 4 - (c.year + 99) / 100 + (c.year + 399) / 400;
  const unsigned days =
      c.year * 365 + leap_days + days_before[c.month] + (leap & (c.month > 2)) + c.day - 1;
  const std::int64_t seconds = (std::int64_t{days} - days_to_1970) * 86'400 +
                               std::int64_t{c.hour * 3600 + c.minute * 60 + c.second};
  out = Timestamp(Duration(seconds * 1'000'000 + microseconds));
  return Outcome::good;
}

unsigned digit(char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0'; }
bool is_digit(char c) { return digit(c) <= 9; }

// One of the eight ways to write M/D/YYYY H:MM: the widths of month, day and hour vary. `place`
// says where the digits of MMDDYYYYHHMM and then the separators stand.
struct Shape {
  std::uint32_t separators = 0;
  std::uint32_t size = 0;
  alignas(16) unsigned char place[16] = {};
};
constexpr unsigned char absent = 0x80;

constexpr Shape make_shape(unsigned month_width, unsigned day_width, unsigned hour_width) {
  Shape shape;
  unsigned at = 0;
  unsigned digits = 0;
  unsigned marks = 12;
  const auto number = [&](unsigned width, unsigned places) {
    for (unsigned i = 0; i < places; ++i)
      shape.place[digits++] = static_cast<unsigned char>(i + width < places ? absent : at++);
  };
  const auto mark = [&] {
    shape.separators |= 1u << at;
    shape.place[marks++] = static_cast<unsigned char>(at++);
  };
  number(month_width, 2), mark();
  number(day_width, 2), mark();
  number(4, 4), mark();
  number(hour_width, 2), mark();
  number(2, 2);
  shape.size = at;
  return shape;
}

constexpr Shape shapes[8] = {make_shape(1, 1, 1), make_shape(2, 1, 1), make_shape(1, 2, 1),
                             make_shape(2, 2, 1), make_shape(1, 1, 2), make_shape(2, 1, 2),
                             make_shape(1, 2, 2), make_shape(2, 2, 2)};

struct Parts {
  unsigned month, day, century, year, hour, minute;
  bool marked;  // the separators are '/', '/', ' ' and ':'
};

#if defined(__SSSE3__)
// Digits and separators are moved to their places at once, and tens joined with ones.
inline Parts take_parts(const detail::Block16& block, const Shape& shape) {
  const __m128i from_zero = _mm_sub_epi8(block.bytes(), _mm_set1_epi8('0'));
  const __m128i placed =
      _mm_shuffle_epi8(from_zero, *reinterpret_cast<const __m128i*>(shape.place));
  const __m128i joined = _mm_maddubs_epi16(
      placed, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 0, 0, 0, 0));
  const auto date = static_cast<std::uint64_t>(_mm_cvtsi128_si64(joined));
  const auto hour_minute = static_cast<std::uint32_t>(_mm_extract_epi16(joined, 4)) |
                           static_cast<std::uint32_t>(_mm_extract_epi16(joined, 5)) << 16;
  const auto marks = static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_srli_si128(placed, 12)));
  constexpr auto mark = [](char c) { return static_cast<std::uint32_t>((c - '0') & 0xff); };
  constexpr std::uint32_t wanted = mark('/') | mark('/') << 8 | mark(' ') << 16 | mark(':') << 24;
  const auto part = [date](unsigned i) { return static_cast<unsigned>(date >> (16 * i) & 0xffff); };
  return {part(0),           part(1),        part(2), part(3), hour_minute & 0xffff,
          hour_minute >> 16, marks == wanted};
}
#else
inline Parts take_parts(const detail::Block16& block, const Shape& shape) {
  char c[16];
  block.store(c);
  const auto at = [&](unsigned i) { return shape.place[i] == absent ? '0' : c[shape.place[i]]; };
  const auto two = [&](unsigned i) { return digit(at(i)) * 10 + digit(at(i + 1)); };
  return {two(0),
          two(2),
          two(4),
          two(6),
          two(8),
          two(10),
          at(12) == '/' && at(13) == '/' && at(14) == ' ' && at(15) == ':'};
}
#endif

// M/D/YYYY H:MM[:SS]: all separators are found in one look at 16 bytes, and nothing branches on
// how wide a number is. Needs 13 bytes.
inline Outcome read_us(std::string_view text, Timestamp& out) {
  unsigned second = 0;
  const char* const end = text.data() + text.size();
  if ((end[-3] == ':') & (end[-6] == ':')) [[unlikely]] {
    if (!is_digit(end[-2]) || !is_digit(end[-1])) return Outcome::bad_form;
    second = digit(end[-2]) * 10 + digit(end[-1]);
    text.remove_suffix(3);
  }
  if (text.size() - 13 > 3) return Outcome::bad_form;
  const detail::Block16 block = detail::Block16::load_short(text.data(), text.size());
  const std::uint32_t separators = block.not_digits() & ((1u << text.size()) - 1);
  const unsigned wide_month = ~separators >> 1 & 1;
  const unsigned wide_day = ~separators >> (3 + wide_month) & 1;
  const unsigned wide_hour = ~separators >> (10 + wide_month + wide_day) & 1;
  const Shape& shape = shapes[wide_month + 2 * wide_day + 4 * wide_hour];
  if ((separators != shape.separators) | (text.size() != shape.size)) [[unlikely]]
    return Outcome::bad_form;
  const Parts parts = take_parts(block, shape);
  if (!parts.marked) [[unlikely]]
    return Outcome::bad_form;
  return assemble(
      {parts.century * 100 + parts.year, parts.month, parts.day, parts.hour, parts.minute, second},
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
  const bool us = text.size() >= 13 && ((text[1] == '/') | (text[2] == '/'));
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
