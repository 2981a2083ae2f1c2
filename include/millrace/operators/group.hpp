// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "millrace/operators/record_store.hpp"

namespace millrace {

/// The records of one side of a join that have one key and window, in the order in which they came.
///
///     for (const Bid& bid : bids) ...
///     if (bids.empty()) ...     bids.size()     bids.front()
///
/// Lifetime: of the call that it is given to. Cost: a forward range; size() is known.
template <class T>
class Group {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    Iterator() = default;
    Iterator(const detail::RecordStore<T>& store, std::uint32_t number, std::uint32_t left)
        : store_(&store), number_(number), left_(left) {}
    reference operator*() const { return (*store_)[number_]; }
    pointer operator->() const { return &(*store_)[number_]; }
    Iterator& operator++() {
      if (--left_ != 0) number_ = store_->next(number_);
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.left_ == b.left_; }

   private:
    const detail::RecordStore<T>* store_ = nullptr;
    std::uint32_t number_ = 0;
    std::uint32_t left_ = 0;  ///< records to the end
  };

  Group() = default;
  Group(const detail::RecordStore<T>& store, detail::RecordList list)
      : store_(&store), list_(list) {}

  Iterator begin() const {
    return list_.size == 0 ? end() : Iterator(*store_, store_->next(list_.last), list_.size);
  }
  Iterator end() const { return {}; }
  std::size_t size() const { return list_.size; }
  bool empty() const { return list_.size == 0; }
  /// The one that came first. Contract: !empty().
  const T& front() const { return *begin(); }

 private:
  const detail::RecordStore<T>* store_ = nullptr;
  detail::RecordList list_;
};

}  // namespace millrace
