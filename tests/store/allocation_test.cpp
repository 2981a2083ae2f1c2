// SPDX-License-Identifier: BSL-1.0
#include <optional>

#include "catch.hpp"
#include "counted_new.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/store/directory.hpp"

using namespace millrace;

TEST_CASE("memory that runs out when a store is let go leaves its files to the next one") {
  for (long n = 1;; ++n) {
    INFO("allocation " << n);
    sim::Env env;
    std::optional<store::Directory> first(store::Directory::open(env.env(), "lake").value());
    first->put("a", "1").value();
    until_failure = n;
    first.reset();
    const bool none_failed = until_failure.exchange(0) > 0;
    auto second = store::Directory::open(env.env(), "lake").value();
    CHECK(second.get("a").value() == "1");
    second.put("b", "2").value();
    if (none_failed) {
      CHECK(n > 2);
      break;
    }
  }
}
