// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/pages.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace millrace::detail {
namespace {
constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;
}  // namespace

void* allocate_pages(std::size_t bytes) {
  const std::size_t unit = bytes >= huge_page ? huge_page : cache_line;
  if (bytes > static_cast<std::size_t>(-1) - unit) throw std::bad_alloc();
  const std::size_t rounded = (bytes + unit - 1) / unit * unit;
  void* const at = std::aligned_alloc(unit, rounded);
  if (!at) throw std::bad_alloc();
#ifdef __linux__
  // A wish: without huge pages a large table only costs more TLB misses.
  if (unit == huge_page) (void)madvise(at, rounded, MADV_HUGEPAGE);
#endif
  std::memset(at, 0, rounded);
  return at;
}

void free_pages(void* at) noexcept { std::free(at); }

}  // namespace millrace::detail
