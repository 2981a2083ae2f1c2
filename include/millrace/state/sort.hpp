// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <utility>

namespace millrace::detail {

// std::sort would do, but <algorithm> is a tenth of what the whole include costs to compile.

/// For few entries, and for those that are nearly in order already.
template <class T, class Less>
void insertion_sort(T* entries, std::size_t n, Less less) {
  for (std::size_t i = 1; i < n; ++i) {
    const T entry = entries[i];
    std::size_t to = i;
    for (; to > 0 && less(entry, entries[to - 1]); --to) entries[to] = entries[to - 1];
    entries[to] = entry;
  }
}

template <class T, class Less>
void sift_down(T* heap, std::size_t at, std::size_t n, Less less) {
  for (std::size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
    if (child + 1 < n && less(heap[child], heap[child + 1])) ++child;
    if (!less(heap[at], heap[child])) return;
    std::swap(heap[at], heap[child]);
    at = child;
  }
}

template <class T, class Less>
void heap_sort(T* entries, std::size_t n, Less less) {
  for (std::size_t i = n / 2; i-- > 0;) sift_down(entries, i, n, less);
  while (n > 1) {
    std::swap(entries[0], entries[--n]);
    sift_down(entries, 0, n, less);
  }
}

/// Puts smaller ones before greater ones (Hoare) and says how many there are in the first part.
/// Contract: n >= 3.
template <class T, class Less>
std::size_t partition(T* entries, std::size_t n, Less less) {
  T &first = entries[0], &middle = entries[n / 2], &last = entries[n - 1];
  // The median goes first: a pivot that stands last could leave the second part empty.
  if (less(middle, first)) std::swap(first, middle);
  if (less(last, middle)) std::swap(middle, last);
  if (less(middle, first)) std::swap(first, middle);
  std::swap(first, middle);
  const T pivot = first;
  std::size_t low = 0, high = n - 1;
  for (;;) {
    while (less(pivot, entries[high])) --high;
    while (less(entries[low], pivot)) ++low;
    if (low >= high) return high + 1;
    std::swap(entries[low++], entries[high--]);
  }
}

/// Sorts trivially copyable entries in place. Cost: O(n log n) also at worst; no allocation.
template <class T, class Less>
void sort(T* entries, std::size_t n, Less less) {
  std::size_t depth = 2;
  for (std::size_t k = n; k > 1; k /= 2) depth += 2;
  struct Range {
    T* entries;
    std::size_t n;
    std::size_t depth;
  };
  // The larger part waits, so that there are never more than log2(n) of them.
  Range waiting[64];
  std::size_t count = 0;
  Range now{entries, n, depth};
  for (;;) {
    while (now.n > 24) {
      if (now.depth-- == 0) {
        heap_sort(now.entries, now.n, less);
        now.n = 0;
        break;
      }
      const std::size_t left = partition(now.entries, now.n, less);
      Range a{now.entries, left, now.depth};
      Range b{now.entries + left, now.n - left, now.depth};
      if (a.n > b.n) std::swap(a, b);
      waiting[count++] = b;
      now = a;
    }
    insertion_sort(now.entries, now.n, less);
    if (count == 0) return;
    now = waiting[--count];
  }
}

}  // namespace millrace::detail
