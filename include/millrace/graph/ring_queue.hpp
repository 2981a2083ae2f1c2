// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <memory>
#include <utility>

namespace millrace {

/// A queue that keeps its memory, unlike std::deque, which gives blocks back and asks for them
/// again as it moves on. Cost: it allocates only when it is longer than ever before.
template <class T>
class RingQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& front() { return items_[first_]; }
  const T& front() const { return items_[first_]; }
  T& back() { return items_[at(size_ - 1)]; }

  void push_back(T item) {
    if (size_ == capacity_) grow();
    items_[at(size_++)] = std::move(item);
  }
  void push_front(T item) {
    if (size_ == capacity_) grow();
    first_ = at(capacity_ - 1);
    ++size_;
    items_[first_] = std::move(item);
  }
  T pop_front() {
    T item = std::move(items_[first_]);
    first_ = at(1);
    --size_;
    return item;
  }

 private:
  // The capacity is a power of two.
  std::size_t at(std::size_t i) const { return (first_ + i) & (capacity_ - 1); }
  void grow() {
    const std::size_t capacity = capacity_ ? 2 * capacity_ : 8;
    auto items = std::make_unique<T[]>(capacity);
    for (std::size_t i = 0; i < size_; ++i) items[i] = std::move(items_[at(i)]);
    items_ = std::move(items);
    capacity_ = capacity;
    first_ = 0;
  }
  std::unique_ptr<T[]> items_;
  std::size_t capacity_ = 0;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace millrace
