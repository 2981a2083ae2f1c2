// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstring>
#include <utility>

#include "millrace/core/export.hpp"

namespace millrace::detail {

/// Zeroed, cache-line aligned memory for tables; in huge pages from 2 MiB on, where the system has
/// them. Errors: std::bad_alloc.
MILLRACE_EXPORT void* allocate_pages(std::size_t bytes);
MILLRACE_EXPORT void free_pages(void* at, std::size_t bytes) noexcept;
/// The same memory, perhaps elsewhere, with zeroes after its `bytes`. Large memory is not copied:
/// its pages move. Errors: std::bad_alloc; `at` stays as it was then.
MILLRACE_EXPORT void* grow_pages(void* at, std::size_t bytes, std::size_t wanted);

/// An array of T, all bits zero, without a constructor or destructor run. A copy copies the bytes.
template <class T>
class PageArray {
 public:
  PageArray() = default;
  explicit PageArray(std::size_t size)
      : data_(size ? static_cast<T*>(allocate_pages(size * sizeof(T))) : nullptr), size_(size) {}
  explicit PageArray(const PageArray& other) : PageArray(other.size_) {
    if (size_) std::memcpy(static_cast<void*>(data_), other.data_, bytes());
  }
  /// A copy into the memory that is there, when it has the size.
  PageArray& operator=(const PageArray& other) {
    if (size_ != other.size_) return *this = PageArray(other);
    if (size_ && this != &other) std::memcpy(static_cast<void*>(data_), other.data_, bytes());
    return *this;
  }
  PageArray(PageArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PageArray& operator=(PageArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~PageArray() { free_pages(data_, bytes()); }

  /// Errors: std::bad_alloc; nothing has changed then.
  void grow(std::size_t size) {
    data_ = static_cast<T*>(grow_pages(data_, bytes(), size * sizeof(T)));
    size_ = size;
  }

  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace millrace::detail
