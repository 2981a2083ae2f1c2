// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace millrace::detail {

/// Blocks for Asio's handlers. Asio recycles per thread, which never comes to rest when one thread
/// posts and another runs. Threads: any.
class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;
  ~HandlerMemory() {
    while (free_) ::operator delete(std::exchange(free_, free_->next));
  }
  /// Makes room for one more handler at a time. Errors: std::bad_alloc.
  void reserve() { deallocate(::operator new(block_size), block_size); }
  void* allocate(std::size_t size) {
    if (size > block_size) return ::operator new(size);
    {
      std::lock_guard lock(mutex_);
      if (free_) return std::exchange(free_, free_->next);
    }
    return ::operator new(block_size);
  }
  void deallocate(void* block, std::size_t size) noexcept {
    if (size > block_size) return ::operator delete(block);
    std::lock_guard lock(mutex_);
    free_ = new (block) Free{free_};
  }

 private:
  static constexpr std::size_t block_size = 256;
  struct Free {
    Free* next;
  };
  std::mutex mutex_;
  Free* free_ = nullptr;
};

/// Shares the memory, since a posted handler may outlive its strand.
template <class T>
struct HandlerAllocator {
  using value_type = T;
  explicit HandlerAllocator(std::shared_ptr<HandlerMemory> m) : memory(std::move(m)) {}
  template <class U>
  HandlerAllocator(const HandlerAllocator<U>& other) : memory(other.memory) {}
  T* allocate(std::size_t n) { return static_cast<T*>(memory->allocate(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { memory->deallocate(p, n * sizeof(T)); }
  template <class U>
  bool operator==(const HandlerAllocator<U>& other) const {
    return memory == other.memory;
  }
  std::shared_ptr<HandlerMemory> memory;
};

}  // namespace millrace::detail
