// SPDX-License-Identifier: BSL-1.0
#include <bit>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "simd64.hpp"
#include "w1.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace bench::w1 {
namespace {

using View = std::string_view;
#define ALWAYS_INLINE __attribute__((always_inline))

/// Calls record(begin, end) for each line that is not within quotes.
template <class F>
ALWAYS_INLINE inline void for_each_record(View in, F&& record) {
  const char* const end = in.data() + in.size();
  const char* start = in.data();
  std::uint64_t inside = 0;
  for (const char* p = start; p < end; p += 64) {
    const std::uint64_t quotes = equal64(p, '"');
    std::uint64_t lines = equal64(p, '\n');
    if (quotes | inside) [[unlikely]] {
      const std::uint64_t quoted = prefix_xor(quotes) ^ inside;
      inside = static_cast<std::uint64_t>(static_cast<std::int64_t>(quoted) >> 63);
      lines &= ~quoted;
    }
    if (end - p < 64) lines &= (std::uint64_t{1} << (end - p)) - 1;
    for (; lines; lines &= lines - 1) {
      const char* const line_end = p + std::countr_zero(lines);
      record(start, line_end);
      start = line_end + 1;
    }
  }
  if (start < end) record(start, end);
}

View unquoted(View field) {
  return field.size() >= 2 && field[0] == '"' ? field.substr(1, field.size() - 2) : field;
}
const char* end_of_field(const char* p, const char* end) {
  if (*p == '"') [[unlikely]] {
    ++p;
    for (;;) {
      while (*p != '"') ++p;
      ++p;
      if (p >= end || *p != '"') break;
      ++p;
    }
  }
  while (p < end && *p != ',') ++p;
  return p;
}

/// A row, of which the ends of the first three columns are known.
struct Row {
  const char* begin;
  std::uint32_t ends[3];

  ALWAYS_INLINE Row(const char* b, const char* e) : begin(b) {
    std::uint64_t commas = equal64(b, ',');
    const std::uint64_t quotes = equal64(b, '"');
    const bool three = std::popcount(commas) >= 3;
    for (std::uint32_t& end : ends) {
      end = static_cast<std::uint32_t>(std::countr_zero(commas));
      commas &= commas - 1;
    }
    if (three && (!quotes || static_cast<std::uint32_t>(std::countr_zero(quotes)) > ends[2]))
        [[likely]]
      return;
    const char* p = end_of_field(b, e);
    ends[0] = static_cast<std::uint32_t>(p - b);
    for (int i = 1; i < 3; ++i) {
      if (p < e) p = end_of_field(p + 1, e);
      ends[i] = static_cast<std::uint32_t>(p - b);
    }
  }
  View first() const { return unquoted({begin, ends[0]}); }
  View second() const { return unquoted({begin + ends[0] + 1, ends[1] - ends[0] - 1}); }
  View third() const { return unquoted({begin + ends[1] + 1, ends[2] - ends[1] - 1}); }

  /// Columns `column` and `column` + 1, counted from 0, by counting commas outside quotes.
  std::pair<View, View> far(int column) const {
    int to_skip = column - 3;
    std::uint64_t inside = 0;
    const char* bounds[3];
    int found = 0;
    for (const char* p = begin + ends[2] + 1;; p += 64) {
      const std::uint64_t quoted = prefix_xor(equal64(p, '"')) ^ inside;
      inside = static_cast<std::uint64_t>(static_cast<std::int64_t>(quoted) >> 63);
      std::uint64_t commas = equal64(p, ',') & ~quoted;
      const int here = std::popcount(commas);
      if (found == 0 && here < to_skip) {
        to_skip -= here;
        continue;
      }
      for (; found == 0 && to_skip > 1; --to_skip) commas &= commas - 1;
      for (; commas && found < 3; commas &= commas - 1)
        bounds[found++] = p + std::countr_zero(commas);
      if (found == 3) break;
    }
    const auto between = [](const char* a, const char* b) {
      return unquoted({a + 1, static_cast<std::size_t>(b - a - 1)});
    };
    return {between(bounds[0], bounds[1]), between(bounds[1], bounds[2])};
  }
};

ALWAYS_INLINE inline bool one_or_two(const char*& p, const char* end, unsigned& value, char stop) {
  if (p >= end) return false;
  const unsigned a = static_cast<unsigned char>(*p) - '0';
  if (a > 9) return false;
  value = a;
  if (++p < end && *p != stop) {
    const unsigned b = static_cast<unsigned char>(*p) - '0';
    if (b > 9) return false;
    value = a * 10 + b;
    ++p;
  }
  return true;
}

/// M/D/YYYY H:MM as YYYY-MM-DDTHH:MM:00.
ALWAYS_INLINE inline bool convert_time(View text, char (&out)[19]) {
  const char* p = text.data();
  const char* const end = p + text.size();
  unsigned month, day, hour, minute;
  if (!one_or_two(p, end, month, '/') || p >= end || *p++ != '/') return false;
  if (!one_or_two(p, end, day, '/') || p >= end || *p++ != '/') return false;
  if (end - p < 5) return false;
  std::memcpy(out, p, 4);
  p += 4;
  if (*p++ != ' ') return false;
  if (!one_or_two(p, end, hour, ':') || p >= end || *p++ != ':') return false;
  if (!one_or_two(p, end, minute, '\0')) return false;
  if (month - 1 > 11 || day - 1 > 30 || hour > 23 || minute > 59) return false;
  const auto two = [&](int at, unsigned v) {
    out[at] = static_cast<char>('0' + v / 10);
    out[at + 1] = static_cast<char>('0' + v % 10);
  };
  out[4] = out[7] = '-';
  two(5, month);
  two(8, day);
  out[10] = 'T';
  two(11, hour);
  out[13] = ':';
  two(14, minute);
  std::memcpy(out + 16, ":00", 3);
  return true;
}

char* put(char* p, View s) {
  std::memcpy(p, s.data(), s.size());
  return p + s.size();
}
char* put_escaped(char* p, View s) {
  for (const char c : s) {
    if (static_cast<unsigned char>(c) < 0x20) {
      p += std::snprintf(p, 7, "\\u%04x", static_cast<unsigned>(c));
      continue;
    }
    if (c == '"' || c == '\\') *p++ = '\\';
    *p++ = c;
  }
  return p;
}
/// 16 bytes at a time; reads past the end of the text.
ALWAYS_INLINE inline char* put_string(char* p, View s) {
  const char* from = s.data();
  std::size_t left = s.size();
  while (left) {
    const std::size_t n = left < 16 ? left : 16;
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m128i bad = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
        _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v));
    if (static_cast<unsigned>(_mm_movemask_epi8(bad)) & (0xFFFFu >> (16 - n))) [[unlikely]]
      return put_escaped(p, {from, left});
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v);
    p += n, from += n, left -= n;
  }
  return p;
}

/// Gives each line that goes out to take().
template <class F>
ALWAYS_INLINE inline void convert(View text, bool& header, char* out, F&& take) {
  for_each_record(text, [&](const char* begin, const char* end) ALWAYS_INLINE {
    if (header) [[unlikely]] {
      header = false;
      return;
    }
    const Row row(begin, end);
    char time[19];
    if (!convert_time(row.third(), time)) return;
    if (row.second()[0] <= '3') return;
    const auto [city, county] = row.far(13);
    char* p = out;
    p = put_string(put(p, "{\"id\":\""), row.first());
    p = put(put(p, "\",\"severity\":"), row.second());
    p = put(put(p, ",\"start_time\":\""), View(time, 19));
    p = put_string(put(p, "\",\"city\":\""), city);
    p = put_string(put(p, "\",\"county\":\""), county);
    p = put(p, "\"}");
    take(View(out, static_cast<std::size_t>(p - out)));
  });
}

}  // namespace

Check loop(const Input& input) {
  Sink sink;
  std::vector<char> buffer(64 * 1024);
  bool header = true;
  convert(input.text(), header, buffer.data(), [&](View line) ALWAYS_INLINE { sink.take(line); });
  return sink.check;
}

void loop_file(const std::string& from, const std::string& to) {
  constexpr std::size_t block = 1 << 20;
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  std::vector<char> text(2 * block + 64);  // a record that the last block cut, and a block
  std::vector<char> line(64 * 1024);
  std::string lines;
  const auto write_lines = [&] {
    if (::write(out, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size()))
      std::perror(to.c_str());
    lines.clear();
  };
  bool header = true;
  std::size_t kept = 0;
  for (ssize_t n; (n = ::read(in, text.data() + kept, block)) > 0;) {
    const View whole(text.data(), kept + static_cast<std::size_t>(n));
    const View records = whole.substr(0, whole.rfind('\n') + 1);
    convert(records, header, line.data(), [&](View one) { lines.append(one).push_back('\n'); });
    if (lines.size() > block) write_lines();
    kept = whole.size() - records.size();
    std::memmove(text.data(), records.end(), kept);
  }
  write_lines();
  ::fsync(out);
  ::close(out);
  ::close(in);
}

Check loop_records_only(const Input& input) {
  Check check;
  for_each_record(input.text(), [&](const char*, const char*) ALWAYS_INLINE { ++check.count; });
  return check;
}

}  // namespace bench::w1
