// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <vector>

#include "millrace/state/lanes.hpp"
#include "millrace/state/line_layout.hpp"
#include "millrace/state/pages.hpp"

namespace millrace::detail {

/// A hash table of integer keys and small values: buckets of one cache line, keys first, found by
/// linear probing. Slots of a bucket fill from the left, so that the first one that matches or is
/// empty is the right one either way. 0 marks an empty slot; the key 0 lives beside the table.
/// Values of empty slots are initial(), so that who upserts need not care whether a key is fresh.
template <class Word, class Value>
class LineTable {
  static_assert(fits_a_line<Word, Value>);

 public:
  using key_type = Word;
  using hash_type = std::uint32_t;
  static constexpr unsigned slots = line_slots<Word, Value>();

 private:
  struct alignas(slots * (sizeof(Word) + sizeof(Value)) > 32 ? 64 : 16) Bucket {
    Word keys[slots];
    Value values[slots];
  };
  static_assert(sizeof(Bucket) <= 64);
  static void prefetch_bucket(const Bucket* bucket) {
    __builtin_prefetch(bucket, 1, 3);
    // Where buckets overflow often, the neighbour is wanted often.
    if constexpr (slots < 4) __builtin_prefetch(bucket + 1, 1, 3);
  }

 public:
  LineTable() = default;
  LineTable(LineTable&&) noexcept = default;
  LineTable& operator=(LineTable&&) noexcept = default;
  /// Cost: of the table's bytes. Never by accident.
  explicit LineTable(const LineTable&) = default;
  LineTable& operator=(const LineTable&) = default;

  struct Slot {
    Value& value;
    bool fresh;
  };
  /// What iteration gives. Lifetime: until the table grows or is cleared.
  struct Entry {
    Word word;
    Value* at;
    Word key() const { return word; }
    Value& value() const { return *at; }
    /// As cheap as to keep it: most who read entries do not ask.
    hash_type key_hash() const { return hash(word); }
    friend bool operator<(const Entry& a, const Entry& b) {
      const hash_type of_a = a.key_hash();
      const hash_type of_b = b.key_hash();
      return of_a != of_b ? of_a < of_b : a.word < b.word;
    }
  };

  static hash_type hash(Word key) {
    if constexpr (sizeof(Word) == 4) {
      return static_cast<hash_type>((key * fibonacci) >> 32);
    } else {
      __extension__ using Wide = unsigned __int128;
      const Wide product = Wide{key} * fibonacci;
      return static_cast<hash_type>(static_cast<std::uint64_t>(product >> 64) ^
                                    static_cast<std::uint64_t>(product >> 32));
    }
  }
  void prefetch(hash_type h) const { prefetch_bucket(&buckets_[home(h)]); }

  /// Small enough for the first cache level: there, branches beat what upsert() does.
  bool small() const { return buckets_.bytes() <= small_bytes; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return buckets_.bytes(); }

  /// Makes room for n more keys.
  void ensure(std::size_t n) {
    if (size_ + n > limit_) [[unlikely]]
      grow(size_ + n);
  }
  /// The table as a loop over records sees it: what upsert needs, copied to the stack, so that it
  /// is not read again after each write of a value. Lifetime: until the table changes other than
  /// through it. It does not count: the loop adds up the fresh ones and tells count_fresh().
  class Probe {
   public:
    explicit Probe(LineTable& table) : table_(&table) { look(); }
    void prefetch(hash_type h) const { prefetch_bucket(&buckets_[h >> shift_]); }
    /// Finds or makes the key's value, without a branch on which it is. Contract: ensure() made
    /// room.
    [[gnu::always_inline]] Slot upsert(hash_type h, Word key) const {
      if (key == 0) [[unlikely]]
        return table_->zero_uncounted();
      for (std::size_t b = h >> shift_;; b = (b + 1) & mask_) {
        Bucket& bucket = buckets_[b];
        const unsigned found = lanes<slots>(bucket.keys, key, Word{0});
        if (found) [[likely]] {
          const int slot = std::countr_zero(found);
          const bool fresh = bucket.keys[slot] == 0;
          bucket.keys[slot] = key;
          return {bucket.values[slot], fresh};
        }
      }
    }
    /// The same with a branch: the better one where most keys are there, as then nothing is
    /// written that the next look at the bucket has to wait for.
    [[gnu::always_inline]] Slot upsert_likely(hash_type h, Word key) const {
      for (std::size_t b = h >> shift_; key != 0; b = (b + 1) & mask_) {
        const unsigned found = lanes<slots>(buckets_[b].keys, key);
        if (found) [[likely]]
          return {buckets_[b].values[std::countr_zero(found)], false};
        if (lanes<slots>(buckets_[b].keys, Word{0})) break;
      }
      return upsert(h, key);
    }

    /// The same with a branch, growing and counting as needed: the better one while the table is
    /// small().
    [[gnu::always_inline]] Slot upsert_small(hash_type h, Word key) {
      if (key != 0 && buckets_) [[likely]] {
        for (std::size_t b = h >> shift_;; b = (b + 1) & mask_) {
          Bucket& bucket = buckets_[b];
          const unsigned found = lanes<slots>(bucket.keys, key);
          if (found) [[likely]]
            return {bucket.values[std::countr_zero(found)], false};
          if (lanes<slots>(bucket.keys, Word{0})) break;
        }
      }
      const Slot slot = table_->insert(h, key);
      look();
      return slot;
    }

   private:
    void look() {
      buckets_ = table_->buckets_.data();
      mask_ = table_->mask_;
      shift_ = table_->shift_;
    }
    LineTable* table_;
    Bucket* buckets_;
    std::size_t mask_;
    unsigned shift_;
  };
  [[gnu::always_inline]] Slot upsert_uncounted(hash_type h, Word key) {
    return Probe(*this).upsert(h, key);
  }
  void count_fresh(std::size_t n) { size_ += n; }
  Slot upsert(hash_type h, Word key) {
    const Slot slot = upsert_uncounted(h, key);
    size_ += slot.fresh;
    return slot;
  }
  /// The same, growing as needed and counting; the better one while the table is small().
  [[gnu::always_inline]] Slot upsert_small(hash_type h, Word key) {
    return Probe(*this).upsert_small(h, key);
  }

  /// Takes back the insertion of a key that was fresh, right after it.
  void undo(hash_type h, Word key) {
    --size_;
    if (key == 0) {
      zero_used_ = false;
      return;
    }
    std::size_t b = home(h);
    while (!lanes<slots>(buckets_[b].keys, key)) b = next(b);
    const int slot = std::countr_zero(lanes<slots>(buckets_[b].keys, key));
    buckets_[b].keys[slot] = 0;
    buckets_[b].values[slot] = initial();
  }

  /// The entry of a key that is there.
  Entry entry(hash_type h, Word key) { return {key, &upsert(h, key).value}; }
  /// The value of a key; null when it is not there.
  Value* find(hash_type h, Word key) {
    if (key == 0) return zero_used_ ? &zero_ : nullptr;
    if (buckets_.size() == 0) return nullptr;
    for (std::size_t b = home(h);; b = next(b)) {
      const unsigned found = lanes<slots>(buckets_[b].keys, key);
      if (found) return &buckets_[b].values[std::countr_zero(found)];
      if (!full(b)) return nullptr;
    }
  }

  /// Where an iteration is; starts at {}.
  struct Cursor {
    std::size_t bucket = 0;  ///< the next one to read
    std::size_t begin = 0;   ///< of the stretch that was read last
    std::size_t first = 0;   ///< end of the leading run of full buckets, which may hold
                             ///< the overflow of the last ones
    bool ended = false;
  };
  /// Writes the entries of the next stretch to out[at...], which it makes large enough, and says
  /// how many. Stretches come in the order of their hashes; within one they may be in any order.
  /// Contract: !cursor.ended, and the table is not changed but for erase_read().
  std::size_t read(Cursor& cursor, std::vector<Entry>& out, std::size_t at);
  /// Empties the stretch that was read last; forget() follows after the last one.
  void erase_read(const Cursor& cursor) {
    if (cursor.begin != 0) wipe(cursor.begin, cursor.bucket);
    if (cursor.ended) wipe(0, cursor.first);
  }
  /// Empties all of it; forget() follows.
  void erase_all() { wipe(0, buckets_.size()); }
  /// Makes a table whose stretches were all erased fit for `expected` keys.
  void forget(std::size_t expected);

 private:
  static constexpr std::uint64_t fibonacci = 0x9E3779B97F4A7C15;
  static constexpr std::size_t small_bytes = 32 * 1024;
  static constexpr std::size_t tiny_buckets = 16;  // a window of a few keys costs 1 KiB
  static constexpr std::size_t stretch = 64;       // buckets: about a batch of entries

  std::size_t home(hash_type h) const { return h >> shift_; }
  std::size_t next(std::size_t b) const { return (b + 1) & mask_; }
  static const Value& initial() {
    static const Value value{};
    return value;
  }
  Slot zero_uncounted() {
    const bool fresh = !zero_used_;
    if (fresh) zero_ = initial();
    zero_used_ = true;
    return {zero_, fresh};
  }
  static std::size_t limit_of(std::size_t buckets) {
    // Few keys in few buckets are worth no crowding: probing would cost more than the space.
    return buckets <= tiny_buckets ? buckets : buckets * slots * 5 / 8;
  }
  static std::size_t buckets_for(std::size_t keys) {
    std::size_t buckets = tiny_buckets;
    if (keys > limit_of(buckets)) buckets = 256;
    while (limit_of(buckets) < keys) buckets *= 2;
    return buckets;
  }
  void make(std::size_t buckets) {
    buckets_ = PageArray<Bucket>(buckets);
    set_size();
    size_ = zero_used_;
    if (!initial_is_zero()) wipe(0, buckets);
  }
  void set_size() {
    mask_ = buckets_.size() - 1;
    shift_ = 32u - static_cast<unsigned>(std::countr_zero(buckets_.size()));
    limit_ = limit_of(buckets_.size());
  }
  [[gnu::noinline]] void grow(std::size_t keys);
  bool move_forward(Word key, const Value& value, std::size_t first);
  [[gnu::noinline]] Slot insert(hash_type h, Word key) {
    if (size_ >= limit_) grow(size_ + 1);
    return upsert(h, key);
  }
  static bool initial_is_zero() {
    static const bool zero = [] {
      alignas(Value) unsigned char bytes[sizeof(Value)] = {};
      static constexpr unsigned char nothing[sizeof(Value)] = {};
      new (bytes) Value{};
      return std::memcmp(bytes, nothing, sizeof bytes) == 0;
    }();
    return zero;
  }
  void wipe(std::size_t first, std::size_t last) {
    if (first >= last) return;
    std::memset(static_cast<void*>(&buckets_[first]), 0, (last - first) * sizeof(Bucket));
    if (!initial_is_zero())
      for (std::size_t b = first; b < last; ++b)
        for (Value& value : buckets_[b].values) value = initial();
  }
  bool full(std::size_t b) const { return buckets_[b].keys[slots - 1] != 0; }
  static unsigned used(const Bucket& bucket) {
    return static_cast<unsigned>(
        std::countr_zero(lanes<slots>(bucket.keys, Word{0}) | 1u << slots));
  }
  /// Writes the entries of bucket b to `to`, which has room for all its slots: what lies behind the
  /// entries is written over next.
  Entry* copy(std::size_t b, Entry* to) {
    Bucket& bucket = buckets_[b];
    for (unsigned i = 0; i < slots; ++i) to[i] = {bucket.keys[i], &bucket.values[i]};
    return to + used(bucket);
  }
  /// The same, of those whose home is in [low, high).
  Entry* copy(std::size_t b, std::size_t low, std::size_t high, Entry* to) {
    Bucket& bucket = buckets_[b];
    for (unsigned i = 0; i < slots; ++i) {
      const hash_type h = hash(bucket.keys[i]);
      *to = {bucket.keys[i], &bucket.values[i]};
      to += bucket.keys[i] != 0 && home(h) >= low && home(h) < high;
    }
    return to;
  }

  PageArray<Bucket> buckets_;
  std::size_t mask_ = 0;
  std::size_t limit_ = 0;
  std::size_t size_ = 0;
  unsigned shift_ = 31;
  bool zero_used_ = false;
  Value zero_{};
};

template <class Word, class Value>
std::size_t LineTable<Word, Value>::read(Cursor& cursor, std::vector<Entry>& out, std::size_t at) {
  const std::size_t count = buckets_.size();
  std::size_t begin = cursor.bucket;
  std::size_t end = begin;
  if (begin == 0) {
    while (end < count && full(end)) ++end;
    end = std::min(end + 1, count);
    cursor.first = end;
  } else {
    end = std::min(begin + stretch, count);
    while (end < count && full(end - 1)) ++end;
  }
  cursor.begin = begin;
  cursor.bucket = end;
  cursor.ended = end == count;
  const std::size_t room = (end - begin + cursor.first) * slots + 1;
  if (out.size() < at + room) out.resize(at + room);
  Entry* const start = out.data() + at;
  Entry* to = start;
  if (begin == 0) {
    if (zero_used_) *to++ = {0, &zero_};
    for (std::size_t b = 0; b < end; ++b) to = copy(b, 0, end, to);
  } else {
    for (std::size_t b = begin; b < end; ++b) {
      // The next stretch is on its way while the caller works on this one.
      __builtin_prefetch(&buckets_[(b + stretch) & mask_], 1, 3);
      to = copy(b, to);
    }
  }
  if (cursor.ended)
    for (std::size_t b = 0; b < cursor.first; ++b) to = copy(b, cursor.first, count, to);
  return static_cast<std::size_t>(to - start);
}

template <class Word, class Value>
void LineTable<Word, Value>::forget(std::size_t expected) {
  size_ = 0;
  zero_used_ = false;
  const std::size_t wanted = buckets_for(expected);
  if (buckets_.size() > 8 * wanted) make(wanted);
}

template <class Word, class Value>
void LineTable<Word, Value>::grow(std::size_t keys) {
  // Twice at least: what grows is likely to go on.
  const std::size_t before = buckets_.size();
  buckets_.grow(std::max(buckets_for(keys), before * 2));
  set_size();
  if (!initial_is_zero()) wipe(before, buckets_.size());
  // In place, from the end: a bucket's keys go to buckets at or after it, where all has moved
  // already. The few that overflowed to a bucket beyond their new one, or would overflow around the
  // table's end, wait.
  std::vector<std::pair<Word, Value>> waiting;
  for (std::size_t b = size_ ? before : 0; b-- > 0;) {
    const Bucket old = buckets_[b];
    if (old.keys[0] == 0) continue;
    wipe(b, b + 1);
    for (unsigned i = 0; i < slots && old.keys[i] != 0; ++i)
      if (!move_forward(old.keys[i], old.values[i], b))
        waiting.emplace_back(old.keys[i], old.values[i]);
  }
  for (const auto& [key, value] : waiting) upsert_uncounted(hash(key), key).value = value;
}

/// Puts a key, which is not there, in its place; false when that would be before bucket `first` or
/// past the last one.
template <class Word, class Value>
bool LineTable<Word, Value>::move_forward(Word key, const Value& value, std::size_t first) {
  std::size_t b = home(hash(key));
  if (b < first) return false;
  while (b < buckets_.size() && full(b)) ++b;
  if (b == buckets_.size()) return false;
  Bucket& bucket = buckets_[b];
  const int slot = std::countr_zero(lanes<slots>(bucket.keys, Word{0}));
  bucket.keys[slot] = key;
  bucket.values[slot] = value;
  return true;
}

}  // namespace millrace::detail
