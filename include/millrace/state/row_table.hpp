// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/state/hash.hpp"
#include "millrace/state/heap_bytes.hpp"
#include "millrace/state/pages.hpp"

namespace millrace::detail {

/// A hash table for state that lives as long as its keys do: rows stay where they are, have
/// numbers, and are taken out one by one; their places are used again. An index of hash and row
/// number, found by linear probing, points to them. Key: an unsigned integer, or std::string_view,
/// whose bytes the row owns. Cost: no allocation while there are no more rows than there once were,
/// but for long text keys.
template <class Key, class Row>
class RowTable {
  static constexpr bool text = std::is_same_v<Key, std::string_view>;

 public:
  using key_type = Key;
  using hash_type = std::uint32_t;
  static constexpr std::uint32_t block_rows = 64;

  class Node {
   public:
    Key key() const { return key_; }
    std::uint32_t number() const { return number_; }
    bool used() const { return used_; }
    Row row{};

   private:
    friend RowTable;
    std::conditional_t<text, std::string, Key> key_{};
    hash_type hash_ = 0;
    std::uint32_t number_ = 0;
    bool used_ = false;
  };
  /// Rows lie together in blocks, which may outlive the table.
  using Block = std::array<Node, block_rows>;
  using Blocks = std::vector<std::shared_ptr<Block>>;

  static hash_type hash(Key key) {
    if constexpr (text)
      return static_cast<hash_type>(xxh64(key, key_group_seed) >> 32);
    else
      return static_cast<hash_type>(xxh64_of(key, sizeof(Key)) >> 32);
  }
  std::size_t size() const { return size_; }
  /// Rows have numbers below this.
  std::uint32_t numbers() const { return static_cast<std::uint32_t>(nodes_); }
  std::size_t bytes() const {
    return index_.bytes() + blocks_.size() * sizeof(Block) + key_bytes_ +
           free_.capacity() * sizeof(std::uint32_t);
  }

  /// Those of the rows in use alone, as if the others' places had been given back.
  std::size_t bytes_in_use() const {
    return size_ * (sizeof(Node) + 4 * sizeof(Place)) + key_bytes_;
  }

  /// Asks for the memory of the index, then, some records later, for that of the row.
  void prefetch(hash_type h) const {
    if (size_) __builtin_prefetch(&index_[home(h)]);
  }
  void prefetch_row(hash_type h) const {
    if (!size_) return;
    const std::uint32_t entry = index_[home(h)].entry;
    if (entry) __builtin_prefetch(&node(entry - 1), 1);
  }

  /// Null when there is none.
  Node* find(hash_type h, Key key) {
    if (size_ == 0) return nullptr;
    for (std::size_t i = home(h);; i = (i + 1) & mask_) {
      const Place& place = index_[i];
      if (place.entry == 0) return nullptr;
      if (place.hash != h) continue;
      Node& found = node(place.entry - 1);
      if (found.key() == key) [[likely]]
        return &found;
    }
  }
  /// The number that the next row will have.
  std::uint32_t next_number() const {
    return free_.empty() ? static_cast<std::uint32_t>(nodes_) : free_.back();
  }
  /// Contract: the key is not there. Errors: std::bad_alloc; nothing has changed then.
  Node& insert(hash_type h, Key key) {
    if (size_ + 1 > limit_) [[unlikely]]
      grow();
    if (free_.empty() && nodes_ == blocks_.size() * block_rows) add_block();
    const std::uint32_t number = next_number();
    Node& fresh = node(number);
    fresh.key_ = std::conditional_t<text, std::string, Key>(key);
    if (free_.empty())
      ++nodes_;
    else
      free_.pop_back();
    fresh.hash_ = h;
    fresh.number_ = number;
    fresh.used_ = true;
    key_bytes_ += heap_bytes(fresh.key_);
    ++size_;
    std::size_t i = home(h);
    while (index_[i].entry != 0) i = (i + 1) & mask_;
    index_[i] = {h, number + 1};
    return fresh;
  }
  /// Takes a row out; its place and number are used again.
  void erase(Node& old) {
    std::size_t i = home(old.hash_);
    while (index_[i].entry != old.number_ + 1) i = (i + 1) & mask_;
    close_gap(i);
    key_bytes_ -= heap_bytes(old.key_);
    const std::uint32_t number = old.number_;
    std::destroy_at(&old);  // assigning would keep what the row has allocated
    std::construct_at(&old);
    free_.push_back(number);  // never allocates: add_block() made room
    --size_;
  }
  /// The row of a number below numbers(); it may be an unused one.
  Node& node(std::uint32_t number) { return (*blocks_[number / block_rows])[number % block_rows]; }
  const Node& node(std::uint32_t number) const {
    return (*blocks_[number / block_rows])[number % block_rows];
  }
  const Blocks& blocks() const { return blocks_; }

 private:
  struct Place {
    hash_type hash;
    std::uint32_t entry;  ///< the row's number + 1; 0 when empty
  };
  static constexpr std::size_t least = 64;

  std::size_t home(hash_type h) const { return h >> shift_; }
  void add_block() {
    const std::size_t wanted = (blocks_.size() + 1) * block_rows;
    if (free_.capacity() < wanted) free_.reserve(2 * wanted);
    blocks_.push_back(std::make_shared<Block>());
  }
  /// Moves back the entries behind an emptied place that would no longer be found.
  void close_gap(std::size_t gap) {
    for (std::size_t i = (gap + 1) & mask_; index_[i].entry != 0; i = (i + 1) & mask_) {
      const std::size_t from = home(index_[i].hash);
      // It stays when its home lies in (gap, i], going around the end.
      if (((i - from) & mask_) < ((i - gap) & mask_)) continue;
      index_[gap] = index_[i];
      gap = i;
    }
    index_[gap] = {};
  }
  [[gnu::noinline]] void grow() {
    PageArray<Place> wider(index_.size() ? index_.size() * 2 : least);
    const PageArray<Place> old = std::exchange(index_, std::move(wider));
    mask_ = index_.size() - 1;
    shift_ = 32u - static_cast<unsigned>(std::countr_zero(index_.size()));
    limit_ = index_.size() / 2;
    for (std::size_t k = 0; k < old.size(); ++k) {
      if (old[k].entry == 0) continue;
      std::size_t to = home(old[k].hash);
      while (index_[to].entry != 0) to = (to + 1) & mask_;
      index_[to] = old[k];
    }
  }

  PageArray<Place> index_;
  Blocks blocks_;
  std::vector<std::uint32_t> free_;
  std::size_t nodes_ = 0;  ///< rows that have ever been used
  std::size_t size_ = 0;
  std::size_t limit_ = 0;
  std::size_t mask_ = 0;
  std::size_t key_bytes_ = 0;
  unsigned shift_ = 31;
};

}  // namespace millrace::detail
