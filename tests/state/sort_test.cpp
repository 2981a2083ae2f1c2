// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/sort.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include "catch.hpp"
#include "millrace/core/rng.hpp"

using millrace::SeededRng;

namespace {

void check(std::vector<int> values) {
  std::vector<int> wanted = values;
  std::sort(wanted.begin(), wanted.end());
  std::vector<int> heaped = values;
  millrace::detail::sort(values.data(), values.size(), std::less<>());
  CHECK(values == wanted);
  millrace::detail::heap_sort(heaped.data(), heaped.size(), std::less<>());
  CHECK(heaped == wanted);
}

}  // namespace

TEST_CASE("random entries are sorted as std::sort sorts them, with many and with few equal ones") {
  SeededRng rng(7);
  for (int round = 0; round < 400; ++round) {
    INFO("round " << round);
    const auto size = static_cast<std::size_t>(rng.below(round % 10 == 0 ? 5000 : 80));
    const std::uint64_t kinds = 1 + rng.below(round % 3 == 0 ? 4 : 100000);
    std::vector<int> values(size);
    for (int& value : values) value = static_cast<int>(rng.below(kinds));
    check(values);
  }
}

TEST_CASE("sorted, reversed, equal and organ-pipe entries are sorted") {
  std::vector<int> up(10000), down(10000), same(10000, 5), pipe(10000);
  for (int i = 0; i < 10000; ++i) {
    const auto at = static_cast<std::size_t>(i);
    up[at] = i, down[at] = -i, pipe[at] = std::min(i, 9999 - i);
  }
  check(up), check(down), check(same), check(pipe);
  check({}), check({1}), check({2, 1});
}

TEST_CASE("no input costs more than n log n comparisons") {
  // Answers in the way that hurts a quicksort most (McIlroy, "A killer adversary for quicksort").
  const int n = 20000;
  std::vector<int> value(n, n), order(n);
  int solid = 0, candidate = 0;
  long compared = 0;
  for (int i = 0; i < n; ++i) order[static_cast<std::size_t>(i)] = i;
  const auto less = [&](int x, int y) {
    ++compared;
    auto& vx = value[static_cast<std::size_t>(x)];
    auto& vy = value[static_cast<std::size_t>(y)];
    if (vx == n && vy == n) (x == candidate ? vx : vy) = solid++;
    if (vx == n)
      candidate = x;
    else if (vy == n)
      candidate = y;
    return vx < vy;
  };
  millrace::detail::sort(order.data(), order.size(), less);
  CHECK(compared < 20L * n * 15);
}
