// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/json_layout.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "millrace/formats/block16.hpp"
#include "millrace/formats/block64.hpp"
#include "millrace/formats/json_cursor.hpp"

namespace millrace::json::detail {
namespace {

using millrace::detail::Block16;
using millrace::detail::Block64;
using millrace::detail::low_bits;
using millrace::detail::TailBlock;

constexpr std::size_t members_max = 1024;
constexpr std::uint32_t penalty_max = 127;

// Whether two pieces begin with the same bytes and end with the same: two loads that overlap.
template <class Word>
bool same_ends(const char* a, const char* b, std::size_t size) {
  const auto load = [](const char* p) {
    Word word;
    std::memcpy(&word, p, sizeof word);
    return word;
  };
  const std::size_t last = size - sizeof(Word);
  return ((load(a) ^ load(b)) | (load(a + last) ^ load(b + last))) == 0;
}

// The same as memcmp() == 0, inlined: what stands between values is short.
[[gnu::always_inline]] inline bool same(const char* a, const char* b, std::size_t size) {
  if (size >= 16) {
    for (; size > 32; size -= 16, a += 16, b += 16)
      if (!(Block16::load(a) == Block16::load(b))) return false;
    const std::size_t last = size - 16;
    return Block16::load(a) == Block16::load(b) &&
           Block16::load(a + last) == Block16::load(b + last);
  }
  if (size >= 8) return same_ends<std::uint64_t>(a, b, size);
  if (size >= 4) return same_ends<std::uint32_t>(a, b, size);
  if (size >= 2) return same_ends<std::uint16_t>(a, b, size);
  return size == 0 || *a == *b;
}

}  // namespace

Layout::Layout(std::uint32_t max_depth)
    : depth_within_(std::min(max_depth, depth_limit) - (max_depth != 0 ? 1 : 0)) {}

void Layout::add(const char* value, std::size_t field) {
  if (members_.size() == members_max) return spoil();
  members_.push_back({static_cast<std::size_t>(value - from_), field});
  bytes_.append(from_, value);
}

void Layout::end(std::string_view record) {
  if (!learning_) return;
  bytes_.append(from_, record.data() + record.size());
  known_ = true;
}

void Layout::missed() {
  wait_ = penalty_;
  penalty_ = std::min(2 * penalty_ + 1, penalty_max);
  known_ = false;
}

// A bit for each byte at which a string does not simply go on; zeros behind the record's end.
void Layout::find_specials(std::string_view record) {
  const std::size_t words = record.size() / 64 + 2;
  if (specials_.size() < words) specials_.resize(words);
  std::uint64_t* out = specials_.data();
  std::size_t at = 0;
  for (; record.size() - at >= 64; at += 64)
    *out++ = Block64::load(record.data() + at).json_special();
  const std::size_t left = record.size() - at;
  *out++ = left == 0
               ? 0
               : TailBlock<Block64>(record.data() + at, left, at).json_special() & low_bits(left);
  *out = 0;
}

// Those of the 64 bytes from `at` on.
[[gnu::always_inline]] inline std::uint64_t Layout::specials_from(std::size_t at) const {
  const std::uint64_t* const word = specials_.data() + at / 64;
  return word[0] >> (at % 64) | word[1] << 1 << (63 - at % 64);
}

// From the opening quote to behind the closing one.
[[gnu::always_inline]] inline bool Layout::read_string(std::string_view record, std::size_t& at,
                                                       RawValue& value) const {
  const std::size_t start = at + 1;
  std::size_t stop = start;
  std::uint64_t specials = 0;
  for (; stop < record.size(); stop += 64)
    if (specials = specials_from(stop); specials != 0) break;
  if (specials == 0) return false;
  stop += static_cast<std::size_t>(std::countr_zero(specials));
  if (record[stop] != '"') [[unlikely]]
    return read_other(record, at, value);
  value = {record.substr(start, stop - start), RawValue::string};
  at = stop + 1;
  return true;
}

// Any value. The problem's words, if there is one, are those of whoever reads the record again.
bool Layout::read_other(std::string_view record, std::size_t& at, RawValue& value) const {
  Cursor in(record.substr(at), depth_within_);
  if (in.next_is('"')) {
    Cursor::String string;
    if (!in.string(string, "")) return false;
    value = {string.raw, RawValue::string, string.escaped};
  } else if (const char first = record[at]; first == '-' || (first >= '0' && first <= '9')) {
    bool integral = false;
    if (!in.number(value.text, integral, "")) return false;
    value.kind = integral ? RawValue::integer : RawValue::number;
  } else {
    if (!in.skip_value()) return false;
    const auto size = static_cast<std::size_t>(in.position() - record.data()) - at;
    value = {record.substr(at, size), RawValue::other};
  }
  at = static_cast<std::size_t>(in.position() - record.data());
  return true;
}

bool Layout::match(std::string_view record, std::span<RawValue> values) {
  find_specials(record);
  const char* expected = bytes_.data();
  std::size_t at = 0;
  for (const Member& member : members_) {
    // A value is at least a byte long.
    if (record.size() - at <= member.lead || !same(record.data() + at, expected, member.lead))
        [[unlikely]]
      return false;
    at += member.lead;
    expected += member.lead;
    RawValue& value = values[std::min(member.field, values.size() - 1)];
    if (record[at] == '"') [[likely]] {
      if (!read_string(record, at, value)) return false;
    } else if (!read_other(record, at, value)) {
      return false;
    }
  }
  const std::size_t rest = record.size() - at;
  return rest == static_cast<std::size_t>(bytes_.data() + bytes_.size() - expected) &&
         same(record.data() + at, expected, rest);
}

}  // namespace millrace::json::detail
