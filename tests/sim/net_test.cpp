// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/net.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

using ConnectionRef = std::unique_ptr<Connection>;

struct Fixture {
  explicit Fixture(sim::Options options = {}) : sim(options) {}
  sim::Env sim;
  std::shared_ptr<Strand> here = sim.env().scheduler.make_strand();
  std::shared_ptr<Strand> there = sim.env().scheduler.make_strand();
  std::unique_ptr<Listener> listener = std::move(*sim.env().net.listen(*there, "0.0.0.0", 0));

  Task<Result<ConnectionRef>> connect() {
    return sim.env().net.connect(*here, "server", listener->port());
  }
  void spawn(std::shared_ptr<Strand> on, Task<> task) {
    sim.env().scheduler.spawn(std::move(on), std::move(task));
  }
};

Task<> echo(Listener& listener) {
  auto accepted = co_await listener.accept();
  Connection& c = **accepted;
  char buffer[700];
  for (;;) {
    auto n = co_await c.read_some(buffer);
    if (!n || *n == 0) break;
    const std::string_view got(buffer, *n);
    auto written = co_await c.write(got);
    if (!written) break;
  }
}

// Writes all, ends its side and reads the answer to its end.
Task<> ask(Fixture& f, std::string question, std::string& answer, int& reads) {
  auto connected = co_await f.connect();
  Connection& c = **connected;
  auto send = [](Connection& to, const std::string& what) -> Task<> {
    auto written = co_await to.write(what);
    CHECK(written.has_value());
    CHECK(to.shutdown());
  };
  f.spawn(f.here, send(c, question));
  char buffer[1000];
  for (;;) {
    auto n = co_await c.read_some(buffer);
    REQUIRE(n.has_value());
    if (*n == 0) break;
    answer.append(buffer, *n);
    ++reads;
  }
}

}  // namespace

TEST_CASE("what is written arrives whole and in order, in parts of any size") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Fixture f({.seed = seed, .net = {.window = 3000}});
    std::string question;
    for (int i = 0; i < 5000; ++i) question += std::to_string(i);
    std::string answer;
    int reads = 0;
    f.spawn(f.there, echo(*f.listener));
    f.spawn(f.here, ask(f, question, answer, reads));
    REQUIRE(f.sim.run() == sim::Ended::all_done);
    CHECK(answer == question);
    CHECK(reads > 30);
    CHECK(f.sim.env().clock.monotonic() > MonotonicTime(1ms));
  }
}

TEST_CASE("connecting to nobody is refused, and a reserved name is not found") {
  Fixture f;
  std::optional<Error> refused;
  std::optional<Error> unknown;
  auto body = [&]() -> Task<> {
    auto a = co_await f.sim.env().net.connect(*f.here, "server", 1);
    refused = a.error();
    auto b = co_await f.sim.env().net.connect(*f.here, "x.invalid", 1);
    unknown = b.error();
  };
  f.spawn(f.here, body());
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  CHECK(refused == Error(Errc::unavailable, "connect to server:1: Connection refused"));
  CHECK(unknown == Error(Errc::not_found, "connect to x.invalid:1: Host not found"));
  CHECK(f.sim.env().net.listen(*f.here, "::", f.listener->port()).error() ==
        Error(Errc::io, "listen on :::49152: Address already in use"));
}

TEST_CASE("a reset ends pending reads and later writes") {
  Fixture f;
  std::optional<Error> read;
  std::optional<Error> written;
  auto client = [&]() -> Task<> {
    auto c = co_await f.connect();
    char buffer[10];
    auto n = co_await (*c)->read_some(buffer);
    read = n.error();
    auto w = co_await (*c)->write("x");
    written = w.error();
  };
  f.spawn(f.here, client());
  REQUIRE(f.sim.run() == sim::Ended::deadlock);
  f.sim.net().reset(f.listener->port());
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  CHECK(read ==
        Error(Errc::unavailable, "connection to port 49152: read: Connection reset by peer"));
  CHECK(written ==
        Error(Errc::unavailable, "connection to port 49152: write: Connection reset by peer"));
}

TEST_CASE("writes reset their connection as often as the options say") {
  int resets = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Fixture f({.seed = seed, .net = {.reset = 0.5}});
    auto client = [&]() -> Task<> {
      auto c = co_await f.connect();
      auto w = co_await (*c)->write("x");
      resets += !w;
    };
    f.spawn(f.here, client());
    REQUIRE(f.sim.run() == sim::Ended::all_done);
  }
  CHECK(resets > 60);
  CHECK(resets < 140);
}

TEST_CASE("a clogged port delivers nothing until it is unclogged, and connecting times out") {
  Fixture f;
  std::string got;
  std::optional<Error> late;
  auto server = [&]() -> Task<> {
    auto c = co_await f.listener->accept();
    char buffer[10];
    auto n = co_await (*c)->read_some(buffer);
    got.assign(buffer, *n);
  };
  auto client = [&]() -> Task<> {
    auto c = co_await f.connect();
    f.sim.net().clog(f.listener->port());
    auto w = co_await (*c)->write("h");
    CHECK(w.has_value());
    auto second = co_await f.connect();
    late = second.error();
  };
  f.spawn(f.there, server());
  f.spawn(f.here, client());
  CHECK(f.sim.run_for(1h) == sim::Ended::deadlock);
  CHECK(got.empty());
  CHECK(late == Error(Errc::timeout, "connect to server:49152: no answer within 30 s"));
  f.sim.net().unclog(f.listener->port());
  CHECK(f.sim.run() == sim::Ended::all_done);
  CHECK(got == "h");
}

TEST_CASE("cancel ends pending calls with cancelled, and later ones work") {
  Fixture f;
  std::optional<Error> accepted;
  std::optional<Error> read;
  bool again = false;
  ConnectionRef client;
  ConnectionRef server;
  auto accepting = [&]() -> Task<> {
    auto c = co_await f.listener->accept();
    accepted = c.error();
    auto second = co_await f.listener->accept();
    server = std::move(*second);
  };
  auto writing = [&]() -> Task<> {
    auto w = co_await server->write("x");
    CHECK(w.has_value());
  };
  auto reading = [&]() -> Task<> {
    auto c = co_await f.connect();
    client = std::move(*c);
    char buffer[1];
    auto n = co_await client->read_some(buffer);
    read = n.error();
    auto m = co_await client->read_some(buffer);
    again = m.has_value();
  };
  f.spawn(f.there, accepting());
  while (f.sim.run_one()) {
  }
  f.listener->cancel();
  while (f.sim.run_one()) {
  }
  CHECK(accepted == Error(Errc::cancelled, "accept on port 49152: the call was cancelled"));
  f.spawn(f.here, reading());
  CHECK(f.sim.run_for(1s) == sim::Ended::deadlock);
  client->cancel();
  f.spawn(f.there, writing());
  CHECK(f.sim.run() == sim::Ended::all_done);
  CHECK(read == Error(Errc::cancelled, "connection to port 49152: read: the call was cancelled"));
  CHECK(again);
}

TEST_CASE("a peer that goes ends the stream, and writing to it fails") {
  Fixture f;
  std::size_t read = 99;
  std::optional<Error> written;
  std::optional<Error> after_end;
  auto server = [&]() -> Task<> { auto c = co_await f.listener->accept(); };
  auto client = [&]() -> Task<> {
    auto c = co_await f.connect();
    char buffer[1];
    auto n = co_await (*c)->read_some(buffer);
    read = *n;
    auto w = co_await (*c)->write("x");
    written = w.error();
    CHECK((*c)->shutdown());
    auto v = co_await (*c)->write("x");
    after_end = v.error();
  };
  f.spawn(f.there, server());
  f.spawn(f.here, client());
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  CHECK(read == 0);
  CHECK(written->code() == Errc::unavailable);
  CHECK(after_end ==
        Error(Errc::io, "connection to port 49152: write: this side was ended before"));
}

TEST_CASE("tasks destroyed in the middle of network calls leave nothing that would run") {
  bool ended = false;
  for (int steps = 1; !ended; ++steps) {
    INFO("steps " << steps);
    Fixture f({.net = {.window = 500}});
    std::string answer;
    int reads = 0;
    f.spawn(f.there, echo(*f.listener));
    f.spawn(f.here, ask(f, std::string(2000, 'x'), answer, reads));
    for (int i = 0; i < steps; ++i) ended = !f.sim.run_one();
    f.sim.crash();
    CHECK(f.sim.roots() == 0);
    CHECK_FALSE(f.sim.run_one());
  }
}
