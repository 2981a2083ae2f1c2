// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/state/byte_store.hpp"
#include "millrace/state/hash.hpp"
#include "millrace/state/pages.hpp"

namespace millrace::detail {

/// A hash table of keys and values of any size: entries stay where they are, in blocks, and an
/// index of hash and entry number, found by linear probing, points to them. The bytes of text keys
/// lie in a store of the table's own. Same interface as LineTable.
/// Key: an unsigned integer, or std::string_view.
template <class Key, class Value>
class EntryTable {
  static constexpr bool text = std::is_same_v<Key, std::string_view>;

 public:
  using key_type = Key;
  using hash_type = std::uint32_t;

  EntryTable() = default;
  EntryTable(EntryTable&&) noexcept = default;
  EntryTable& operator=(EntryTable&&) noexcept = default;
  /// Cost: of every entry. Never by accident.
  explicit EntryTable(const EntryTable& other)
      : index_(other.index_),
        mask_(other.mask_),
        limit_(other.limit_),
        size_(other.size_),
        shift_(other.shift_) {
    for (std::size_t first = 0; first < size_; first += block) {
      blocks_.emplace_back(new Node[block]);
      for (std::size_t i = 0; i < std::min(block, size_ - first); ++i) {
        const Node& from = other.blocks_[first / block][i];
        Node& to = blocks_.back()[i];
        if constexpr (text)
          to.key = store_.copy(from.key);
        else
          to.key = from.key;
        to.value = from.value;
        to.hash = from.hash;
      }
    }
  }
  EntryTable& operator=(const EntryTable& other) { return *this = EntryTable(other); }

  struct Slot {
    Value& value;
    bool fresh;
  };
  struct Node {
    Key key{};
    Value value{};
    hash_type hash = 0;
  };
  struct Entry {
    Node* node;
    Key key() const { return node->key; }
    Value& value() const { return node->value; }
    hash_type key_hash() const { return node->hash; }
    friend bool operator<(const Entry& a, const Entry& b) {
      return a.node->hash != b.node->hash ? a.node->hash < b.node->hash : a.node->key < b.node->key;
    }
  };

  static hash_type hash(Key key) {
    if constexpr (text)
      return static_cast<hash_type>(xxh64(key, key_group_seed) >> 32);
    else
      return static_cast<hash_type>(xxh64_of(key, sizeof(Key)) >> 32);
  }
  void prefetch(hash_type h) const { __builtin_prefetch(index_.data() + home(h), 1, 3); }
  bool small() const { return index_.bytes() <= small_bytes; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const {
    return index_.bytes() + blocks_.size() * block * sizeof(Node) + store_.bytes();
  }

  void ensure(std::size_t n) {
    if (size_ + n > limit_) [[unlikely]]
      grow(size_ + n);
  }
  Slot upsert(hash_type h, Key key) {
    for (std::size_t i = home(h);; i = (i + 1) & mask_) {
      Place& place = index_[i];
      if (place.entry == 0) {
        place = {h, static_cast<std::uint32_t>(size_ + 1)};
        return {append(h, key), true};
      }
      if (place.hash != h) continue;
      Node& found = node(place.entry - 1);
      if (found.key == key) [[likely]]
        return {found.value, false};
    }
  }
  Slot upsert_uncounted(hash_type h, Key key) { return upsert(h, key); }
  /// See LineTable::Probe.
  class Probe {
   public:
    explicit Probe(EntryTable& table) : table_(table) {}
    void prefetch(hash_type h) const { table_.prefetch(h); }
    Slot upsert(hash_type h, Key key) const { return table_.upsert(h, key); }
    Slot upsert_likely(hash_type h, Key key) const { return table_.upsert(h, key); }
    Slot upsert_small(hash_type h, Key key) const { return table_.upsert_small(h, key); }

   private:
    EntryTable& table_;
  };
  void count_fresh(std::size_t) {}
  Slot upsert_small(hash_type h, Key key) {
    ensure(1);
    return upsert(h, key);
  }
  /// Takes back the insertion of a key that was fresh, right after it.
  void undo(hash_type h, Key) {
    std::size_t i = home(h);
    while (index_[i].entry != size_) i = (i + 1) & mask_;
    index_[i] = {};
    --size_;
    node(size_).value = Value{};
  }

  Entry entry(hash_type h, Key key) {
    std::size_t i = home(h);
    while (index_[i].hash != h || node(index_[i].entry - 1).key != key) i = (i + 1) & mask_;
    return {&node(index_[i].entry - 1)};
  }
  Value* find(hash_type h, Key key) {
    if (size_ == 0) return nullptr;
    for (std::size_t i = home(h); index_[i].entry != 0; i = (i + 1) & mask_) {
      if (index_[i].hash != h) continue;
      Node& found = node(index_[i].entry - 1);
      if (found.key == key) return &found.value;
    }
    return nullptr;
  }

  struct Cursor {
    std::size_t place = 0;
    std::size_t first = 0;
    bool ended = false;
  };
  std::size_t read(Cursor& cursor, std::vector<Entry>& out, std::size_t at);
  void erase_read(const Cursor&) {}
  void erase_all() {}
  void forget(std::size_t expected);

 private:
  struct Place {
    hash_type hash;
    std::uint32_t entry;  ///< its number + 1; 0 when empty
  };
  static constexpr std::size_t small_bytes = 32 * 1024;
  static constexpr std::size_t block = 64;
  static constexpr std::size_t stretch = 512;
  static constexpr std::size_t least = 64;

  std::size_t home(hash_type h) const { return h >> shift_; }
  Node& node(std::size_t i) { return blocks_[i / block][i % block]; }
  Value& append(hash_type h, Key key) {
    if (size_ == blocks_.size() * block) blocks_.emplace_back(new Node[block]);
    Node& fresh = node(size_++);
    if constexpr (text)
      fresh.key = store_.copy(key);
    else
      fresh.key = key;
    fresh.hash = h;
    return fresh.value;
  }
  static std::size_t places_for(std::size_t keys) {
    std::size_t places = least;
    while (places / 2 < keys) places *= 2;
    return places;
  }
  void make(std::size_t places) {
    index_ = PageArray<Place>(places);
    mask_ = places - 1;
    shift_ = 32u - static_cast<unsigned>(std::countr_zero(places));
    limit_ = places / 2;
  }
  [[gnu::noinline]] void grow(std::size_t keys);
  Entry* copy(std::size_t i, std::size_t low, std::size_t high, Entry* to) {
    const Place& place = index_[i];
    if (place.entry == 0 || home(place.hash) < low || home(place.hash) >= high) return to;
    *to = {&node(place.entry - 1)};
    return to + 1;
  }

  PageArray<Place> index_;
  std::vector<std::unique_ptr<Node[]>> blocks_;
  ByteStore store_;
  std::size_t mask_ = 0;
  std::size_t limit_ = 0;
  std::size_t size_ = 0;
  unsigned shift_ = 31;
};

template <class Key, class Value>
std::size_t EntryTable<Key, Value>::read(Cursor& cursor, std::vector<Entry>& out, std::size_t at) {
  const std::size_t count = index_.size();
  const std::size_t begin = cursor.place;
  std::size_t end = begin == 0 ? 0 : std::min(begin + stretch, count);
  while (end < count && (end == 0 || index_[end - 1].entry != 0)) ++end;
  if (begin == 0) cursor.first = end;
  cursor.place = end;
  cursor.ended = end == count;
  const std::size_t room = end - begin + cursor.first + 1;
  if (out.size() < at + room) out.resize(at + room);
  Entry* const start = out.data() + at;
  Entry* to = start;
  for (std::size_t i = begin; i < end; ++i) to = copy(i, 0, begin == 0 ? end : count, to);
  if (cursor.ended)
    for (std::size_t i = 0; i < cursor.first; ++i) to = copy(i, cursor.first, count, to);
  return static_cast<std::size_t>(to - start);
}

template <class Key, class Value>
void EntryTable<Key, Value>::forget(std::size_t expected) {
  for (std::size_t i = 0; i < size_; ++i) node(i).value = Value{};
  size_ = 0;
  const std::size_t wanted = places_for(expected);
  if (index_.size() > 8 * wanted) {
    make(wanted);
    blocks_.resize(std::min(blocks_.size(), wanted / block + 1));
    store_.clear(store_.bytes() / 8);
  } else {
    std::memset(static_cast<void*>(index_.data()), 0, index_.bytes());
    store_.clear();
  }
}

template <class Key, class Value>
void EntryTable<Key, Value>::grow(std::size_t keys) {
  PageArray<Place> old = std::move(index_);
  make(std::max(places_for(keys), old.size() * 2));
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (old[i].entry == 0) continue;
    std::size_t to = home(old[i].hash);
    while (index_[to].entry != 0) to = (to + 1) & mask_;
    index_[to] = old[i];
  }
}

}  // namespace millrace::detail
