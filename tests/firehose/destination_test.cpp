// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/delivery_destination.hpp"

#include "catch.hpp"
#include "driver.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;
using namespace millrace::firehose;

TEST_CASE("Whether a name is another object's is not said while what lies there can't be read") {
  sim::Env sim;
  Driver driver(sim);
  const Destination lake(store::Directory::open(sim.env(), "/lake").value());
  const auto put = [&](std::string_view bytes) {
    return driver.run(lake.put("object", bytes, driver.cx));
  };
  put("mine").value();
  sim.disk().inject({.call = sim::FileCall::read, .fault = sim::FileFault::io, .probability = 1});
  CHECK(put("mine").error().code() == Errc::io);
  sim.disk().heal();
  CHECK(put("mine"));
  CHECK(put("another's").error().code() == Errc::already_exists);
}
