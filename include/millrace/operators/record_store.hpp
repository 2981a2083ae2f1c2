// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "millrace/core/text_writer.hpp"
#include "millrace/core/texts.hpp"
#include "millrace/state/heap_bytes.hpp"

namespace millrace::detail {

/// The records of one key in a RecordStore.
struct RecordList {
  std::uint32_t last = 0;  ///< its number; 0 when there is none. The first one follows it
  std::uint32_t size = 0;
};

/// Where the texts of records lie that are kept.
struct KeptTexts {
  std::unique_ptr<TextWriter> writer;
  std::vector<ArenaRef> arenas;  ///< all that it has left

  KeptTexts() = default;
  /// Holds the same texts and writes none.
  KeptTexts(const KeptTexts& other) : arenas(other.arenas) {
    if (other.writer && other.writer->arena()) arenas.push_back(other.writer->arena());
  }
  KeptTexts& operator=(const KeptTexts&) = delete;
  ~KeptTexts() = default;
  TextWriter& in(ArenaPool& pool) {
    if (!writer) {
      writer = std::make_unique<TextWriter>(pool);
      writer->collect_left_arenas(arenas);
    }
    return *writer;
  }
  void clear() {
    arenas.clear();
    if (writer) writer->release();
  }
  std::size_t bytes() const {
    std::size_t bytes = writer && writer->arena() ? writer->arena()->capacity() : 0;
    for (const ArenaRef& arena : arenas) bytes += arena->capacity();
    return bytes;
  }
};
struct NoKeptTexts {
  void clear() {}
  std::size_t bytes() const { return 0; }
};

/// Copies of records, their texts with them, in lists by key. A record stays as it is until all are
/// forgotten, so that a copy of the store shares them; what is used again after that is only what
/// no copy has seen. Cost: no allocation after it has once held as much.
template <class T>
class RecordStore {
  using Texts = TextsOf<T>;
  static constexpr bool has_texts = Texts::any;
  static constexpr bool owns_memory = !std::is_trivially_copyable_v<T>;

 public:
  /// A kilobyte of small ones: a window may have few records, and there may be many windows.
  static constexpr std::size_t block_records =
      std::bit_floor(std::clamp<std::size_t>(1024 / sizeof(T), 8, 64));

  RecordStore() = default;
  /// What was added so far. Cost: 4 bytes a record.
  explicit RecordStore(const RecordStore& other)
      : blocks_(other.blocks_), next_(other.next_), texts_(other.texts_) {
    other.shared_ = true;
  }
  RecordStore& operator=(const RecordStore&) = delete;
  ~RecordStore() = default;

  /// Makes the copy that add() takes in next. Errors: what copying throws; nothing has changed.
  void copy(const T& record, ArenaPool& pool) {
    const std::size_t at = next_.size();
    if (at == blocks_.size() * block_records) add_block();
    T& slot = (*blocks_[at / block_records])[at % block_records];
    {
      const Recount recount(*this, slot);
      slot = record;
    }
    if constexpr (has_texts) {
      TextWriter& writer = texts_.in(pool);
      Texts::each(slot, [&](Text& text) {
        if (!text.empty()) text = writer.copy(text);
      });
    }
  }
  /// Puts the record last copied at the end of a list.
  void add(RecordList& list) {
    const auto number = static_cast<std::uint32_t>(next_.size() + 1);
    if (list.last == 0) {
      next_.push_back(number);
    } else {
      next_.push_back(next(list.last));
      next_[list.last - 1] = number;
    }
    list.last = number;
    ++list.size;
  }

  /// The record of a number, and the number of the one that follows it in its list.
  const T& operator[](std::uint32_t number) const {
    return (*blocks_[(number - 1) / block_records])[(number - 1) % block_records];
  }
  std::uint32_t next(std::uint32_t number) const { return next_[number - 1]; }

  std::size_t bytes() const {
    return blocks_.size() * sizeof(Block) + next_.capacity() * sizeof(std::uint32_t) + heap_bytes_ +
           texts_.bytes();
  }
  /// Forgets all records; keeps memory for eight times as many.
  void clear() {
    const std::size_t blocks = next_.size() / block_records + 1;
    if (shared_)
      cut(0);
    else if (blocks_.size() > 8 * blocks)
      cut(blocks);
    next_.clear();
    if (next_.capacity() > 8 * blocks * block_records) next_.shrink_to_fit();
    texts_.clear();
    shared_ = false;
  }

 private:
  using Block = std::array<T, block_records>;
  /// Counts what a slot owns anew, whether its assignment succeeds or not.
  struct Recount {
    Recount(RecordStore& owner, const T& changed) : store(owner), slot(changed) {
      if constexpr (owns_memory) store.heap_bytes_ -= heap_bytes(slot);
    }
    Recount(const Recount&) = delete;
    Recount& operator=(const Recount&) = delete;
    ~Recount() {
      if constexpr (owns_memory) store.heap_bytes_ += heap_bytes(slot);
    }
    RecordStore& store;
    const T& slot;
  };
  static std::size_t heap_bytes_of(const Block& block) {
    std::size_t bytes = 0;
    if constexpr (owns_memory)
      for (const T& record : block) bytes += heap_bytes(record);
    return bytes;
  }
  void add_block() {
    blocks_.push_back(std::make_shared<Block>());
    heap_bytes_ += heap_bytes_of(*blocks_.back());
  }
  void cut(std::size_t blocks) {
    for (std::size_t i = blocks; i < blocks_.size(); ++i) heap_bytes_ -= heap_bytes_of(*blocks_[i]);
    blocks_.resize(blocks);
  }

  std::vector<std::shared_ptr<Block>> blocks_;
  std::vector<std::uint32_t> next_;  // of number i + 1
  std::size_t heap_bytes_ = 0;
  [[no_unique_address]] std::conditional_t<has_texts, KeptTexts, NoKeptTexts> texts_;
  mutable bool shared_ = false;
};

}  // namespace millrace::detail
