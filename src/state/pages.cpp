// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/pages.hpp"

#include <cstdint>
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

std::size_t rounded(std::size_t bytes, std::size_t unit) {
  if (bytes > static_cast<std::size_t>(-1) - 2 * unit) throw std::bad_alloc();
  return (bytes + unit - 1) / unit * unit;
}

#ifdef __linux__
/// Addresses at a huge page's boundary; their pages come zeroed from the system as they are
/// touched.
char* map_aligned(std::size_t size) {
  void* const raw =
      mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  char* const begin = static_cast<char*>(raw);
  const std::size_t before =
      (huge_page - reinterpret_cast<std::uintptr_t>(raw) % huge_page) % huge_page;
  if (before != 0) munmap(begin, before);
  if (before != huge_page) munmap(begin + before + size, huge_page - before);
  return begin + before;
}
void* map_huge(std::size_t size) {
  char* const at = map_aligned(size);
  // A wish: without huge pages a large table only costs more TLB misses.
  (void)madvise(at, size, MADV_HUGEPAGE);
  return at;
}
/// Moves pages to a larger place, which takes over their being huge.
void* remap_huge(void* at, std::size_t size, std::size_t wanted) {
  char* const to = map_aligned(wanted);
  // When it fails, `to` may be unmapped already, and another thread's by now: it is left alone.
  if (mremap(at, size, wanted, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
    throw std::bad_alloc();
  return to;
}
#endif

}  // namespace

void* allocate_pages(std::size_t bytes) {
#ifdef __linux__
  if (bytes >= huge_page) return map_huge(rounded(bytes, huge_page));
#endif
  const std::size_t size = rounded(bytes, cache_line);
  void* const at = std::aligned_alloc(cache_line, size);
  if (!at) throw std::bad_alloc();
  std::memset(at, 0, size);
  return at;
}

void* grow_pages(void* at, std::size_t bytes, std::size_t wanted) {
#ifdef __linux__
  if (at && bytes >= huge_page)
    return remap_huge(at, rounded(bytes, huge_page), rounded(wanted, huge_page));
#endif
  void* const to = allocate_pages(wanted);
  if (at) std::memcpy(to, at, bytes);
  free_pages(at, bytes);
  return to;
}

void free_pages(void* at, std::size_t bytes) noexcept {
#ifdef __linux__
  if (at && bytes >= huge_page) {
    munmap(at, (bytes + huge_page - 1) / huge_page * huge_page);
    return;
  }
#endif
  (void)bytes;
  std::free(at);
}

}  // namespace millrace::detail
