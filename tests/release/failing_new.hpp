// SPDX-License-Identifier: BSL-1.0
#pragma once
// Replaces operator new by one that can fail. Included by one file of a program, and only there.
#include <atomic>
#include <cstdlib>
#include <new>

/// How often operator new was called so far, on any thread.
inline std::atomic<long> allocations{0};
/// The call that fails, from 1; 0: none.
inline std::atomic<long> failing_allocation{0};

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (++allocations == failing_allocation) return nullptr;
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
