// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "millrace/core/export.hpp"
#include "millrace/core/units.hpp"

namespace millrace {

class ArenaPool;

namespace detail {
struct PoolState;
}

/// A block of bytes that Text fields view, shared by the batches that hold it.
/// Threads: the reference count may be changed from any thread; the bytes are written only by the
/// one strand that fills the arena, before a batch with views of them leaves it.
class Arena {
 public:
  char* data() { return bytes_.get(); }
  const char* data() const { return bytes_.get(); }
  std::uint32_t capacity() const { return capacity_; }

 private:
  friend class ArenaRef;
  friend class ArenaPool;
  friend struct detail::PoolState;
  Arena(std::shared_ptr<detail::PoolState> home, std::uint32_t capacity)
      : capacity_(capacity), bytes_(new char[capacity]), home_(std::move(home)) {}
  std::atomic<std::uint32_t> references_{0};
  std::uint32_t capacity_;
  std::unique_ptr<char[]> bytes_;
  std::shared_ptr<detail::PoolState> home_;
};

/// Keeps an Arena alive; the last one to go gives it back to its pool. Cost: one atomic add a copy.
class ArenaRef {
 public:
  ArenaRef() = default;
  ArenaRef(const ArenaRef& other) : arena_(other.arena_) {
    if (arena_) arena_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  ArenaRef(ArenaRef&& other) noexcept : arena_(std::exchange(other.arena_, nullptr)) {}
  ArenaRef& operator=(ArenaRef other) noexcept {
    std::swap(arena_, other.arena_);
    return *this;
  }
  ~ArenaRef() {
    if (arena_ && arena_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) release(arena_);
  }
  Arena* get() const { return arena_; }
  Arena* operator->() const { return arena_; }
  explicit operator bool() const { return arena_ != nullptr; }
  friend bool operator==(const ArenaRef& a, const ArenaRef& b) { return a.arena_ == b.arena_; }

 private:
  friend class ArenaPool;
  explicit ArenaRef(Arena* arena) : arena_(arena) {
    arena_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  MILLRACE_EXPORT static void release(Arena* arena);
  Arena* arena_ = nullptr;
};

/// Recycles arenas of one size; larger ones are made for one use.
/// Threads: any. Lifetime: arenas may outlive the pool. Cost: a mutex a take and a give, so once in
/// 64 KiB of text; after warm-up no allocation.
class MILLRACE_EXPORT ArenaPool {
 public:
  /// Small enough that a few surviving rows pin little, large enough that taking one is rare.
  static constexpr std::uint32_t default_size = 64 * 1024;
  explicit ArenaPool(std::uint32_t arena_size = default_size);
  ~ArenaPool();
  ArenaPool(const ArenaPool&) = delete;
  ArenaPool& operator=(const ArenaPool&) = delete;

  /// An arena of at least `at_least` bytes, contents unspecified.
  /// Errors: std::bad_alloc when memory is out.
  ArenaRef take(std::uint32_t at_least = 0);
  /// Bytes of the arenas that are taken now.
  ByteSize in_use() const;

 private:
  std::shared_ptr<detail::PoolState> state_;
};

}  // namespace millrace
