// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/task.hpp"

#include <array>
#include <new>

namespace millrace::detail {
namespace {

constexpr std::size_t class_size = 64;
constexpr std::size_t class_count = 32;  // frames up to 2 KiB are recycled
constexpr std::size_t class_depth = 64;  // and at most this many a size, so a burst is given back

// Frames are freed on the thread that runs the strand at that moment, so each thread keeps its own.
struct FrameCache {
  struct Free {
    Free* next;
  };
  struct List {
    Free* head = nullptr;
    std::size_t count = 0;
  };
  std::array<List, class_count> lists{};
  ~FrameCache() {
    for (List& list : lists)
      while (list.head) ::operator delete(std::exchange(list.head, list.head->next));
  }
};
thread_local FrameCache cache;

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = (size + class_size - 1) / class_size - 1;
  if (index >= class_count) return ::operator new(size);
  auto& list = cache.lists[index];
  if (!list.head) return ::operator new((index + 1) * class_size);
  --list.count;
  return std::exchange(list.head, list.head->next);
}

void free_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = (size + class_size - 1) / class_size - 1;
  if (index >= class_count) return ::operator delete(frame);
  auto& list = cache.lists[index];
  if (list.count == class_depth) return ::operator delete(frame);
  list.head = new (frame) FrameCache::Free{list.head};
  ++list.count;
}

}  // namespace millrace::detail
