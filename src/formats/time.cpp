// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/time.hpp"

#include <array>
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

unsigned digit(char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0'; }
bool is_digit(char c) { return digit(c) <= 9; }

// The two digits at `p`; `bad` collects what is not a digit.
unsigned two(const char* p, unsigned& bad) {
  const unsigned tens = digit(p[0]);
  const unsigned ones = digit(p[1]);
  bad |= static_cast<unsigned>(tens > 9) | static_cast<unsigned>(ones > 9);
  return tens * 10 + ones;
}

// One of the ways to write a date, hour and minute: where the digits of MMDDYYYYHHMM and then the
// four separators stand. Each byte of the text has its place, so that what is right there is right.
struct Shape {
  alignas(16) unsigned char place[16] = {};
  std::uint32_t separators = 0;  // a bit for each byte of the text
  std::uint32_t bytes = 0;
};
constexpr unsigned char absent = 0x90;  // as a place: nothing; its low bits: behind the bytes

class ShapeMaker {
 public:
  // The next number; its digits belong from `digit` on, and the first of two may be absent.
  constexpr ShapeMaker& number(unsigned digit, unsigned width, unsigned places = 2) {
    for (unsigned i = 0; i < places; ++i)
      shape_.place[digit + i] = static_cast<unsigned char>(i + width < places ? absent : at_++);
    return *this;
  }
  constexpr ShapeMaker& mark() {
    shape_.separators |= 1u << at_;
    shape_.place[marks_++] = static_cast<unsigned char>(at_++);
    return *this;
  }
  constexpr Shape done() {
    shape_.bytes = (1u << at_) - 1;
    return shape_;
  }

 private:
  Shape shape_;
  unsigned at_ = 0;
  unsigned marks_ = 12;
};

// M/D/YYYY H:MM: the widths of month, day and hour vary.
constexpr Shape us_shape(unsigned month, unsigned day, unsigned hour) {
  ShapeMaker make;
  make.number(0, month).mark().number(2, day).mark().number(4, 4, 4).mark();
  return make.number(8, hour).mark().number(10, 2).done();
}
constexpr Shape us_shapes[8] = {us_shape(1, 1, 1), us_shape(2, 1, 1), us_shape(1, 2, 1),
                                us_shape(2, 2, 1), us_shape(1, 1, 2), us_shape(2, 1, 2),
                                us_shape(1, 2, 2), us_shape(2, 2, 2)};
// YYYY-MM-DDTHH:MM
constexpr Shape make_iso_shape() {
  ShapeMaker make;
  make.number(4, 4, 4).mark().number(0, 2).mark().number(2, 2).mark();
  return make.number(8, 2).mark().number(10, 2).done();
}
constexpr Shape iso_shape = make_iso_shape();

// The separators less '0', as digits are, at the places of a shape.
struct Marks {
  alignas(16) unsigned char less_zero[16] = {};
  constexpr explicit Marks(const char (&text)[5]) {
    for (unsigned i = 0; i < 4; ++i) less_zero[12 + i] = static_cast<unsigned char>(text[i] - '0');
  }
};
constexpr Marks us_marks("// :");
constexpr Marks iso_marks("--T:");
constexpr Marks blank_marks("-- :");

struct Parts {
  unsigned day;  // as an index of days_before
  unsigned year;
  unsigned seconds;  // of the day, up to the minute
  bool well_formed;
  bool in_range;  // and well formed, but for days that only some months have
};

// The days of a year before each one, at 32 times its month and its day in it; those after the end
// of February are counted as if it had 28 days.
constexpr int no_day = -1;
constexpr int leap_day = -2;  // 29 February, which only some years have
constexpr int days_before_leap_day = 31 + 28;
constexpr auto make_days_before() {
  constexpr int months[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::array<std::int16_t, std::size_t{13} * 32> days{};
  days.fill(no_day);
  int before = 0;
  for (std::size_t m = 0; m < 12; ++m)
    for (std::size_t day = 1; day <= static_cast<std::size_t>(months[m]); ++day)
      days[32 * (m + 1) + day] = static_cast<std::int16_t>(before++);
  days[2 * 32 + 29] = leap_day;
  return days;
}
constexpr auto days_before = make_days_before();
constexpr unsigned first_of_march = 3 * 32 + 1;

#if defined(__SSSE3__)
// Digits and separators are moved to their places at once, tens joined with ones, and these to
// seconds.
inline Parts take_parts(const detail::Block16& block, const Shape& shape, const Marks& marks) {
  const auto at = [](const unsigned char* p) { return *reinterpret_cast<const __m128i*>(p); };
  const __m128i less_zero = _mm_sub_epi8(block.bytes(), _mm_set1_epi8('0'));
  const __m128i digits =
      _mm_xor_si128(_mm_shuffle_epi8(less_zero, at(shape.place)), at(marks.less_zero));
  const __m128i highest = _mm_setr_epi8(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0);
  const __m128i wrong = _mm_subs_epu8(digits, highest);
  const __m128i pairs = _mm_maddubs_epi16(
      digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 0, 0, 0, 0));
  const __m128i least = _mm_setr_epi16(1, 1, 0, 0, 0, 0, 0, 0);
  const __m128i most = _mm_setr_epi16(12, 31, 99, 99, 23, 59, 0, 0);
  const __m128i out = _mm_or_si128(_mm_cmpgt_epi16(least, pairs), _mm_cmpgt_epi16(pairs, most));
  const __m128i sums = _mm_madd_epi16(pairs, _mm_setr_epi16(32, 1, 100, 1, 3600, 60, 0, 0));
  const auto date = static_cast<std::uint64_t>(_mm_cvtsi128_si64(sums));
  const auto none = [](__m128i v) {
    return _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128())) == 0xffff;
  };
  return {static_cast<std::uint32_t>(date), static_cast<unsigned>(date >> 32),
          static_cast<unsigned>(_mm_cvtsi128_si32(_mm_srli_si128(sums, 8))), none(wrong),
          none(_mm_or_si128(wrong, out))};
}
#else
inline Parts take_parts(const detail::Block16& block, const Shape& shape, const Marks& marks) {
  char c[17];
  block.store(c);
  c[16] = '0';
  const auto less_zero = [&](unsigned i) { return digit(c[shape.place[i] & 31]); };
  const auto pair = [&](unsigned i) { return less_zero(2 * i) * 10 + less_zero(2 * i + 1); };
  unsigned wrong = (block.not_digits() & shape.bytes) ^ shape.separators;
  for (unsigned i = 12; i < 16; ++i) wrong |= (less_zero(i) & 0xff) ^ marks.less_zero[i];
  const unsigned month = pair(0), day = pair(1), hour = pair(4), minute = pair(5);
  const bool in_range = (month - 1 < 12) & (day - 1 < 31) & (hour < 24) & (minute < 60);
  return {month * 32 + day, pair(2) * 100 + pair(3), hour * 3600 + minute * 60, wrong == 0,
          in_range && wrong == 0};
}
#endif

// Written with few branches: months and days of records are anything but predictable.
inline Outcome assemble(const Parts& parts, unsigned second, std::int64_t microseconds,
                        Timestamp& out) {
  constexpr std::int64_t days_to_1970 = 719'528;  // from the first day of the year 0
  if (!parts.in_range | (second > 59)) [[unlikely]]
    return parts.well_formed ? Outcome::bad_range : Outcome::bad_form;
  const unsigned year = parts.year;
  int day = days_before[parts.day];
  if (day < 0) [[unlikely]] {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day == no_day || !leap) return Outcome::bad_range;
    day = days_before_leap_day;
  }
  // The leap days that are over, and those of the 399 years before the year 0.
  const unsigned leaps_in = year + 400 - (parts.day < first_of_march);
  const unsigned leap_days = leaps_in / 4 - leaps_in / 100 + leaps_in / 400;
  const std::int64_t since_1970 = std::int64_t{year * 365 + leap_days} + day - 96 - days_to_1970;
  out = Timestamp(
      Duration((since_1970 * 86'400 + parts.seconds + second) * 1'000'000 + microseconds));
  return Outcome::good;
}

// M/D/YYYY H:MM in 13 to 16 bytes. How wide its numbers are is seen at both ends and from its size:
// nothing branches on it.
inline Outcome read_us(std::string_view text, unsigned second, Timestamp& out) {
  const char* const p = text.data();
  const std::size_t size = text.size();
  const std::size_t wide_month = p[1] != '/';
  const std::size_t wide_hour = p[size - 5] != ' ';
  const std::size_t wide_day = size - 13 - wide_month - wide_hour;
  if (wide_day > 1) [[unlikely]]
    return Outcome::bad_form;
  const Shape& shape = us_shapes[wide_month + 2 * wide_day + 4 * wide_hour];
  return assemble(take_parts(detail::Block16::load_short(p, size), shape, us_marks), second, 0,
                  out);
}

// M/D/YYYY H:MM:SS in 16 to 19 bytes.
[[gnu::noinline]] Outcome read_us_seconds(std::string_view text, Timestamp& out) {
  const char* const end = text.data() + text.size();
  if (end[-3] != ':' || !is_digit(end[-2]) || !is_digit(end[-1])) return Outcome::bad_form;
  text.remove_suffix(3);
  return read_us(text, digit(end[-2]) * 10 + digit(end[-1]), out);
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

[[gnu::noinline]] Outcome read_iso(std::string_view text, Timestamp& out) {
  if (text.size() < 19) return Outcome::bad_form;
  const char* const p = text.data();
  const detail::Block16 block = detail::Block16::load(p);
  const Parts parts = take_parts(block, iso_shape, p[10] == ' ' ? blank_marks : iso_marks);
  unsigned bad = !parts.well_formed | (p[16] != ':');
  const unsigned second = two(p + 17, bad);
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
  return assemble(parts, second, microseconds, out);
}

// The length says which forms it may be.
[[gnu::noinline]] Outcome read(std::string_view text, Timestamp& out) {
  if (text.size() - 13 <= 3) {
    const Outcome outcome = read_us(text, 0, out);
    if (outcome != Outcome::bad_form) [[likely]]
      return outcome;
  }
  if (text.size() - 16 <= 3) {
    const Outcome outcome = read_us_seconds(text, out);
    if (outcome != Outcome::bad_form) return outcome;
  }
  return read_iso(text, out);
}

void write_two(char* p, unsigned value) {
  p[0] = static_cast<char>('0' + value / 10);
  p[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

// The form that comes most is tried here, where nothing else wants registers.
bool read_time(std::string_view text, Timestamp& out) {
  if (text.size() - 13 <= 3 && read_us(text, 0, out) == Outcome::good) [[likely]]
    return true;
  return read(text, out) == Outcome::good;
}

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
