// SPDX-License-Identifier: BSL-1.0
#pragma once
// Replaces operator new by one that counts, and fails when it is told to. Included by one file of a
// test binary, and only there.
#include <atomic>
#include <cstdlib>
#include <new>

/// How often operator new was called so far, on any thread.
inline std::atomic<long> allocations{0};
/// Above 0 it counts down with each operator new, on any thread; the one that gets it to 0 fails.
inline std::atomic<long> until_failure{0};

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (until_failure > 0 && --until_failure == 0) return nullptr;
  return std::malloc(size ? size : 1);
}
void* operator new(std::size_t size) {
  if (void* p = operator new(size, std::nothrow)) return p;
  throw std::bad_alloc();
}
// Inlined, g++ 12 would take free() for the wrong partner of an operator new that it did not
// inline.
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
