// SPDX-License-Identifier: BSL-1.0
// Memory that runs out at any allocation of a bulk request: std::bad_alloc or an error, and the
// next request finds the store as it was.
#include <array>
#include <new>

#include "catch.hpp"
#include "counted_new.hpp"
#include "index_fixture.hpp"

using namespace millrace;

TEST_CASE("memory that runs out in a bulk request leaves nothing half done") {
  int failed = 0;
  for (long n = 1;; ++n) {
    INFO("allocation " << n);
    IndexFixture f;
    f.put("0", R"({"a":0})");
    const std::array<index::Action, 2> actions{
        {{.index = "i", .id = "1", .document = R"({"a":1})"},
         {.index = "i", .id = "2", .document = R"({"a":2})"}}};
    bool done = false;
    until_failure = n;
    try {
      done = f.store.bulk(actions).has_value();
    } catch (const std::bad_alloc&) {
    }
    const bool none_failed = until_failure.exchange(0) > 0;
    failed += !done;
    if (done)
      CHECK(f.ids(R"({"match_all":{}})") == "0 1 2");
    else
      CHECK(f.ids(R"({"match_all":{}})") == "0");
    f.put("3", R"({"a":3})");
    CHECK(f.ids(R"({"term":{"a":3}})") == "3");
    if (none_failed) {
      REQUIRE(done);
      break;
    }
  }
  CHECK(failed > 5);
}
