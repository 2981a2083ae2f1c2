// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/arena.hpp"

#include <cstring>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace millrace;
using namespace millrace::literals;

TEST_CASE("an arena goes back to its pool with its last reference, and is taken again") {
  ArenaPool pool(1024);
  Arena* first = nullptr;
  {
    const ArenaRef a = pool.take();
    first = a.get();
    const ArenaRef b = a;
    CHECK(a == b);
    CHECK(a->capacity() == 1024);
    CHECK(pool.in_use() == 1_KiB);
    const ArenaRef other = pool.take(10);
    CHECK(other.get() != first);
    CHECK(pool.in_use() == 2_KiB);
  }
  CHECK(pool.in_use() == 0_B);
  std::vector<ArenaRef> again;
  for (int i = 0; i < 2; ++i) again.push_back(pool.take());
  CHECK((again[0].get() == first || again[1].get() == first));
}

TEST_CASE("a larger arena is made for one use and counted while it lives") {
  ArenaPool pool(1024);
  ArenaRef large = pool.take(5000);
  CHECK(large->capacity() == 5000);
  std::memset(large->data(), 'x', large->capacity());
  CHECK(pool.in_use() == ByteSize{5000});
  large = {};
  CHECK_FALSE(large);
  CHECK(pool.in_use() == 0_B);
}

TEST_CASE("an arena may outlive its pool") {
  ArenaRef kept;
  {
    ArenaPool pool(64);
    kept = pool.take();
    std::memcpy(kept->data(), "still here", 10);
  }
  CHECK(std::memcmp(kept->data(), "still here", 10) == 0);
}

TEST_CASE("arenas are taken and given back on many threads at once") {
  ArenaPool pool(256);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) {
          const ArenaRef a = pool.take();
          const ArenaRef b = a;
          a->data()[0] = 'x';
        }
      });
  }
  CHECK(pool.in_use() == 0_B);
}
