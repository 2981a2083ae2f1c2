// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/arena.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

namespace detail {

/// In a loop that copies structs: g++ would take it for several loops, one a member, each over all
/// records, in vectors that are gathered and scattered; three times as slow. Costs no instruction.
template <class T>
[[gnu::always_inline]] inline void one_record_at_a_time() {
  if constexpr (sizeof(T) > 2 * sizeof(void*)) asm volatile("");
}

}  // namespace detail

/// Records in a batch, unless something asks for more.
inline constexpr std::uint32_t default_batch_records = 256;

/// What steps hand to each other: up to capacity() values, their times in a second array, and the
/// arenas that the values' Text fields view. Move-only and recycled.
///
/// Slots past size() stay constructed, so that a decoder assigns into a std::string that has kept
/// its capacity. A batch may borrow its arrays from another one (a fan-out, a source that is an
/// array): readers pay nothing, and the first step that writes calls writable(), which copies once.
/// Threads: one strand at a time. Cost: no allocation after it was made.
template <class T>
class Batch {
 public:
  using value_type = T;
  static constexpr std::uint32_t default_capacity = default_batch_records;

  explicit Batch(std::uint32_t capacity = default_capacity)
      : own_values_(capacity ? new T[capacity]() : nullptr),
        own_times_(capacity ? new Timestamp[capacity]() : nullptr),
        values_(own_values_.get()),
        times_(own_times_.get()),
        capacity_(capacity) {
    if (capacity) arenas_.reserve(8);  // more are rare, and then it grows once
  }
  Batch(Batch&& other) noexcept : Batch(0) { swap(other); }
  Batch& operator=(Batch&& other) noexcept {
    swap(other);
    return *this;
  }

  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::uint32_t capacity() const { return capacity_; }
  std::uint32_t room() const { return capacity_ - size_; }
  bool full() const { return size_ == capacity_; }

  const T* values() const { return values_; }
  const Timestamp* times() const { return times_; }
  const T& operator[](std::uint32_t i) const { return values_[i]; }
  Timestamp time(std::uint32_t i) const { return times_[i]; }

  /// The values, to change or compact them; a borrowed batch is copied first.
  T* writable() {
    if (values_ != own_values_.get()) own_the_values();
    return own_values_.get();
  }
  Timestamp* writable_times() {
    if (times_ != own_times_.get()) {
      std::copy(times_, times_ + size_, own_times_.get());
      times_ = own_times_.get();
    }
    return own_times_.get();
  }

  /// The times, to set all of them: those of now are not copied.
  Timestamp* times_to_set() { return times_ = own_times_.get(); }

  /// Keeps the records with these numbers, n in ascending order. Of a borrowed batch only they are
  /// copied; own values change places instead of being overwritten, so that slots past the end keep
  /// the capacity of their strings.
  void keep(const std::uint32_t* rows, std::uint32_t n) {
    T* const to = own_values_.get();
    if constexpr (std::is_trivially_copyable_v<T>) {
      for (std::uint32_t k = 0; k < n; ++k) {
        to[k] = values_[rows[k]];
        detail::one_record_at_a_time<T>();
      }
    } else if (values_ == to) {
      for (std::uint32_t k = 0; k < n; ++k)
        if (rows[k] != k) std::swap(to[k], to[rows[k]]);
    } else {
      for (std::uint32_t k = 0; k < n; ++k) to[k] = values_[rows[k]];
    }
    Timestamp* const to_times = own_times_.get();
    for (std::uint32_t k = 0; k < n; ++k) to_times[k] = times_[rows[k]];
    values_ = to;
    times_ = to_times;
    size_ = n;
  }

  /// The next free slot, for a producer to assign into; commit() makes it part of the batch.
  /// Contract: !full(), and the batch does not borrow.
  T& slot() { return own_values_[size_]; }
  Timestamp& slot_time() { return own_times_[size_]; }
  void commit(Timestamp time) { own_times_[size_++] = time; }
  void push_back(T value, Timestamp time) {
    slot() = std::move(value);
    commit(time);
  }
  /// Keeps the first n records, or takes in slots that were filled directly.
  void resize(std::uint32_t n) { size_ = n; }

  /// Views somebody's arrays, until clear(). Lifetime: they live that long.
  void borrow(const T* values, const Timestamp* times, std::uint32_t n) {
    values_ = const_cast<T*>(values);  // never written: writable() copies first
    times_ = const_cast<Timestamp*>(times);
    size_ = n;
  }
  /// Views another batch, its bounds, partition and arenas with it.
  void borrow(const Batch& from) { borrow(from, 0, from.size_); }
  /// Views the records [begin, end) of it.
  void borrow(const Batch& from, std::uint32_t begin, std::uint32_t end) {
    borrow(from.values_ + begin, from.times_ + begin, end - begin);
    set_bounds(from.min_time_, from.max_time_);
    partition_ = from.partition_;
    for (const ArenaRef& arena : from.arenas_) hold(arena);
  }
  bool borrowed() const { return values_ != own_values_.get(); }

  /// Keeps the bytes alive that this batch's Text fields view.
  void hold(const ArenaRef& arena) {
    if (!arena) return;
    for (const ArenaRef& held : arenas_)
      if (held == arena) return;
    arenas_.push_back(arena);
  }
  const std::vector<ArenaRef>& arenas() const { return arenas_; }
  /// Holds these and no others: the values view what they have been copied to.
  void hold_only(const std::vector<ArenaRef>& arenas) {
    arenas_.clear();
    for (const ArenaRef& arena : arenas) hold(arena);
  }

  /// Smallest and greatest time; set by event_time, so that a window places a batch with two
  /// compares. Shape: they may be wider than the records left by a filter, never narrower.
  Timestamp min_time() const { return min_time_; }
  Timestamp max_time() const { return max_time_; }
  void set_bounds(Timestamp min, Timestamp max) { min_time_ = min, max_time_ = max; }
  void widen_bounds(Timestamp min, Timestamp max) {
    min_time_ = std::min(min_time_, min);
    max_time_ = std::max(max_time_, max);
  }

  /// Which of the source's partitions the records come from.
  std::uint32_t partition() const { return partition_; }
  void set_partition(std::uint32_t index) { partition_ = index; }

  /// Bytes that this batch keeps from being used by others: slots in use and arenas.
  std::size_t held_bytes() const { return size_ * (sizeof(T) + sizeof(Timestamp)) + arena_bytes(); }
  std::size_t arena_bytes() const {
    std::size_t bytes = 0;
    for (const ArenaRef& arena : arenas_) bytes += arena->capacity();
    return bytes;
  }

  /// Empties it for reuse: owned slots keep their capacity, arenas are let go.
  void clear() {
    size_ = 0;
    values_ = own_values_.get();
    times_ = own_times_.get();
    arenas_.clear();
    min_time_ = end_of_time;
    max_time_ = start_of_time;
  }

  /// Moves the contents into `to`, which is empty and not smaller: a swap, or a copy when borrowed.
  void move_to(Batch& to) {
    if (borrowed()) {
      to.clear();
      std::copy(values_, values_ + size_, to.own_values_.get());
      std::copy(times_, times_ + size_, to.own_times_.get());
      to.size_ = size_;
      to.set_bounds(min_time_, max_time_);
      to.partition_ = partition_;
      for (const ArenaRef& arena : arenas_) to.hold(arena);
    } else {
      writable_times();
      swap(to);
    }
  }

  void swap(Batch& other) noexcept {
    std::swap(own_values_, other.own_values_);
    std::swap(own_times_, other.own_times_);
    std::swap(values_, other.values_);
    std::swap(times_, other.times_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(arenas_, other.arenas_);
    std::swap(min_time_, other.min_time_);
    std::swap(max_time_, other.max_time_);
    std::swap(partition_, other.partition_);
  }

 private:
  void own_the_values() {
    std::copy(values_, values_ + size_, own_values_.get());
    values_ = own_values_.get();
  }

  std::unique_ptr<T[]> own_values_;
  std::unique_ptr<Timestamp[]> own_times_;
  T* values_;
  Timestamp* times_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_;
  std::uint32_t partition_ = 0;
  std::vector<ArenaRef> arenas_;
  Timestamp min_time_ = end_of_time;
  Timestamp max_time_ = start_of_time;
};

}  // namespace millrace
