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

unsigned digit(char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0'; }
bool is_digit(char c) { return digit(c) <= 9; }

// The two digits at `p`; `bad` collects what is not a digit.
unsigned two(const char* p, unsigned& bad) {
  const unsigned tens = digit(p[0]);
  const unsigned ones = digit(p[1]);
  bad |= static_cast<unsigned>(tens > 9) | static_cast<unsigned>(ones > 9);
  return tens * 10 + ones;
}

// One of the ways to write a date, hour and minute: `place` says where the digits of MMDDYYYYHHMM
// and then the four separators stand.
struct Shape {
  std::uint32_t separators = 0;
  std::uint32_t size = 0;
  alignas(16) unsigned char place[16] = {};
};
constexpr unsigned char absent = 0x80;

class ShapeMaker {
 public:
  // The next number, of `width` digits; its first one belongs at `digit`, or is absent.
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
    shape_.size = at_;
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
constexpr Shape iso_shape = ShapeMaker()
                                .number(4, 4, 4)
                                .mark()
                                .number(0, 2)
                                .mark()
                                .number(2, 2)
                                .mark()
                                .number(8, 2)
                                .mark()
                                .number(10, 2)
                                .done();

// The four separators as Parts holds them.
constexpr std::uint32_t marks(const char (&text)[5]) {
  std::uint32_t all = 0;
  for (unsigned i = 0; i < 4; ++i)
    all |= static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  return all;
}

struct Parts {
  unsigned month, day, year;
  unsigned century, year_of_century;
  unsigned seconds;  // of the day, up to the minute
  std::uint32_t marks;
  bool in_range;  // but for days that only some months have
};

#if defined(__SSSE3__)
// Digits and separators are moved to their places at once, tens joined with ones, and these to
// years and seconds.
inline Parts take_parts(const detail::Block16& block, const Shape& shape) {
  const __m128i placed =
      _mm_shuffle_epi8(block.bytes(), *reinterpret_cast<const __m128i*>(shape.place));
  const __m128i digits = _mm_subs_epu8(placed, _mm_set1_epi8('0'));
  const __m128i pairs = _mm_maddubs_epi16(
      digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 0, 0, 0, 0));
  const __m128i least = _mm_setr_epi16(1, 1, 0, 0, 0, 0, 0, 0);
  const __m128i most = _mm_setr_epi16(12, 31, 99, 99, 23, 59, 0, 0);
  const __m128i out = _mm_or_si128(_mm_cmpgt_epi16(least, pairs), _mm_cmpgt_epi16(pairs, most));
  const __m128i sums = _mm_madd_epi16(pairs, _mm_setr_epi16(0, 0, 100, 1, 3600, 60, 0, 0));
  const auto date = static_cast<std::uint64_t>(_mm_cvtsi128_si64(pairs));
  const auto sum = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_srli_si128(sums, 4)));
  const auto part = [date](unsigned i) { return static_cast<unsigned>(date >> (16 * i) & 0xff); };
  return {part(0),
          part(1),
          static_cast<unsigned>(sum & 0xffff),
          part(2),
          part(3),
          static_cast<unsigned>(sum >> 32),
          static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_srli_si128(placed, 12))),
          _mm_movemask_epi8(out) == 0};
}
#else
inline Parts take_parts(const detail::Block16& block, const Shape& shape) {
  char c[16];
  block.store(c);
  const auto at = [&](unsigned i) { return shape.place[i] == absent ? '0' : c[shape.place[i]]; };
  const auto two_at = [&](unsigned i) { return digit(at(i)) * 10 + digit(at(i + 1)); };
  const unsigned month = two_at(0), day = two_at(2), hour = two_at(8), minute = two_at(10);
  const char separators[5] = {at(12), at(13), at(14), at(15), '\0'};
  return {month,
          day,
          two_at(4) * 100 + two_at(6),
          two_at(4),
          two_at(6),
          hour * 3600 + minute * 60,
          marks(separators),
          month - 1 < 12 && day - 1 < 31 && hour < 24 && minute < 60};
}
#endif

// Days before each month, without and with a leap day; there are 16 so that four bits may ask.
constexpr std::uint16_t days_before[2][17] = {
    {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365, 365, 365, 365},
    {0, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366, 366, 366, 366}};

// Written without branches: months and days of records are anything but predictable.
inline Outcome assemble(const Parts& parts, unsigned second, std::int64_t microseconds,
                        Timestamp& out) {
  constexpr std::int64_t days_to_1970 = 719'528;      // from the first day of the year 0
  const unsigned begun = parts.year_of_century != 0;  // the century's first year is over
  const unsigned leap = (parts.year & (begun ? 3 : 15)) == 0;
  const std::uint16_t* const before = days_before[leap] + (parts.month & 15);
  const unsigned day = parts.day - 1;
  if (!parts.in_range | (day >= static_cast<unsigned>(before[1] - before[0])) | (second > 59))
      [[unlikely]]
    return Outcome::bad_range;
  // Leap days of the years before this one; the year 0 has one.
  const unsigned centuries = parts.century + begun;
  const unsigned leap_days = (parts.year + 3) / 4 - centuries + (centuries + 3) / 4;
  const unsigned days = parts.year * 365 + leap_days + before[0] + day;
  const std::int64_t seconds =
      (std::int64_t{days} - days_to_1970) * 86'400 + (parts.seconds + second);
  out = Timestamp(Duration(seconds * 1'000'000 + microseconds));
  return Outcome::good;
}

// M/D/YYYY H:MM in 13 to 16 bytes: all separators are found in one look, and nothing branches on
// how wide a number is.
inline Outcome read_us(std::string_view text, unsigned second, Timestamp& out) {
  const detail::Block16 block = detail::Block16::load_short(text.data(), text.size());
  const std::uint32_t separators = block.not_digits() & ((1u << text.size()) - 1);
  const unsigned wide_month = ~separators >> 1 & 1;
  const unsigned wide_day = ~separators >> (3 + wide_month) & 1;
  const unsigned wide_hour = ~separators >> (10 + wide_month + wide_day) & 1;
  const Shape& shape = us_shapes[wide_month + 2 * wide_day + 4 * wide_hour];
  const Parts parts = take_parts(block, shape);
  if ((separators != shape.separators) | (text.size() != shape.size) |
      (parts.marks != marks("// :"))) [[unlikely]]
    return Outcome::bad_form;
  return assemble(parts, second, 0, out);
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
  const Parts parts = take_parts(block, iso_shape);
  unsigned bad =
      static_cast<unsigned>((block.not_digits() != iso_shape.separators) | (p[16] != ':') |
                            ((parts.marks != marks("--T:")) & (parts.marks != marks("-- :"))));
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
Outcome read(std::string_view text, Timestamp& out) {
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
