// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/arena.hpp"

#include <mutex>
#include <vector>

namespace millrace {
namespace detail {

struct PoolState {
  explicit PoolState(std::uint32_t size) : arena_size(size) {}
  ~PoolState() {
    for (Arena* arena : free) delete arena;
  }
  void give(Arena* arena) {
    in_use.fetch_sub(arena->capacity_, std::memory_order_relaxed);
    // The arena holds its pool's state; without this the two would keep each other alive.
    std::shared_ptr<PoolState> self = std::move(arena->home_);
    if (arena->capacity_ != arena_size) {
      delete arena;
      return;
    }
    std::lock_guard lock(mutex);
    free.push_back(arena);  // room was reserved in take(), so this does not allocate
  }

  const std::uint32_t arena_size;
  std::atomic<std::uint64_t> in_use{0};
  std::mutex mutex;
  std::vector<Arena*> free;
  std::size_t made = 0;
};

}  // namespace detail

void ArenaRef::release(Arena* arena) { arena->home_->give(arena); }

ArenaPool::ArenaPool(std::uint32_t arena_size)
    : state_(std::make_shared<detail::PoolState>(arena_size)) {}
ArenaPool::~ArenaPool() = default;

ArenaRef ArenaPool::take(std::uint32_t at_least) {
  Arena* arena = nullptr;
  if (at_least <= state_->arena_size) {
    std::lock_guard lock(state_->mutex);
    if (!state_->free.empty()) {
      arena = state_->free.back();
      state_->free.pop_back();
      arena->home_ = state_;
    } else {
      state_->free.reserve(state_->made + 1);
      arena = new Arena(state_, state_->arena_size);
      ++state_->made;
    }
  } else {
    arena = new Arena(state_, at_least);
  }
  state_->in_use.fetch_add(arena->capacity_, std::memory_order_relaxed);
  return ArenaRef(arena);
}

ByteSize ArenaPool::in_use() const { return {state_->in_use.load(std::memory_order_relaxed)}; }

}  // namespace millrace
