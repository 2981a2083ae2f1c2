// SPDX-License-Identifier: BSL-1.0
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "millrace/core/net.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/runtime/real_env.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

using ConnectionRef = std::unique_ptr<Connection>;

struct Fixture {
  RealEnv real{{.threads = 2}};
  std::shared_ptr<Strand> here = real.env().scheduler.make_strand();
  std::shared_ptr<Strand> there = real.env().scheduler.make_strand();
  std::unique_ptr<Listener> listener = std::move(*real.env().net.listen(*there, "127.0.0.1", 0));

  Task<Result<ConnectionRef>> connect() {
    return real.env().net.connect(*here, "127.0.0.1", listener->port());
  }
  void spawn(std::shared_ptr<Strand> on, Task<> task) {
    real.env().scheduler.spawn(std::move(on), std::move(task));
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

Task<> send(Connection& c, const std::string& what) {
  auto written = co_await c.write(what);
  CHECK(written.has_value());
  CHECK(c.shutdown());
}

}  // namespace

TEST_CASE("what is written to a real connection comes back from an echo") {
  Fixture f;
  std::string question;
  for (int i = 0; i < 200'000; ++i) question += std::to_string(i);
  std::string answer;
  auto ask = [&]() -> Task<> {
    auto connected = co_await f.connect();
    ConnectionRef c = std::move(*connected);
    f.spawn(f.here, send(*c, question));
    std::string buffer(5000, '\0');
    for (;;) {
      auto n = co_await c->read_some(buffer);
      if (!n || *n == 0) break;
      answer.append(buffer, 0, *n);
    }
  };
  f.spawn(f.there, echo(*f.listener));
  f.spawn(f.here, ask());
  f.real.run();
  CHECK(answer.size() == question.size());
  CHECK((answer == question));
}

TEST_CASE("a real port that nobody listens on refuses, a reserved name is not found") {
  Fixture f;
  const std::uint16_t port = f.listener->port();
  f.listener.reset();
  std::optional<Error> refused;
  std::optional<Error> unknown;
  auto body = [&]() -> Task<> {
    auto a = co_await f.real.env().net.connect(*f.here, "127.0.0.1", port);
    refused = a.error();
    auto b = co_await f.real.env().net.connect(*f.here, "millrace.invalid", 1);
    unknown = b.error();
  };
  f.spawn(f.here, body());
  f.real.run();
  CHECK(refused == Error(Errc::unavailable,
                         "connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused"));
  // Without a name server the answer is "try again later" instead.
  CHECK((unknown->code() == Errc::not_found || unknown->code() == Errc::unavailable));
  CHECK(unknown->message().starts_with("resolve millrace.invalid:1: "));
}

TEST_CASE("listening on a taken port or a bad address says why not") {
  Fixture f;
  const std::string where = "127.0.0.1:" + std::to_string(f.listener->port());
  CHECK(f.real.env().net.listen(*f.here, "127.0.0.1", f.listener->port()).error() ==
        Error(Errc::io, "listen on " + where + ": Address already in use"));
  CHECK(f.real.env().net.listen(*f.here, "nonsense", 0).error() ==
        Error(Errc::io, "listen on nonsense:0: Invalid argument"));
}

TEST_CASE("cancel ends real calls with cancelled") {
  Fixture f;
  std::optional<Error> accepted;
  std::optional<Error> read;
  ConnectionRef server;
  ConnectionRef client;
  auto accepting = [&]() -> Task<> {
    auto first = co_await f.listener->accept();
    server = std::move(*first);
    auto second = co_await f.listener->accept();
    accepted = second.error();
  };
  auto reading = [&]() -> Task<> {
    auto c = co_await f.connect();
    client = std::move(*c);
    char buffer[1];
    auto n = co_await client->read_some(buffer);
    read = n.error();
  };
  auto cancelling = [&]() -> Task<> {
    StopFlag stop;
    while (!read) {
      co_await Sleep(*f.here, stop, f.real.env().clock.monotonic() + 1ms);
      if (client) client->cancel();
    }
  };
  auto cancelling_there = [&]() -> Task<> {
    StopFlag stop;
    while (!accepted) {
      co_await Sleep(*f.there, stop, f.real.env().clock.monotonic() + 1ms);
      if (server) f.listener->cancel();
    }
  };
  f.spawn(f.there, accepting());
  f.spawn(f.here, reading());
  f.spawn(f.here, cancelling());
  f.spawn(f.there, cancelling_there());
  f.real.run();
  CHECK(accepted->code() == Errc::cancelled);
  CHECK(accepted->message() ==
        "accept on port " + std::to_string(f.listener->port()) + ": Operation canceled");
  CHECK(read->code() == Errc::cancelled);
}

TEST_CASE("a task destroyed during a real read is not resumed, nor its buffer written") {
  for (int round = 0; round < 20; ++round) {
    Fixture f;
    auto client = [&]() -> Task<> {
      auto connected = co_await f.connect();
      ConnectionRef c = std::move(*connected);
      auto reading = [](Connection& from) -> Task<> {
        char buffer[64];
        auto n = co_await from.read_some(buffer);
        CHECK(n.has_value());
      };
      {
        std::optional<Task<>> child = reading(*c);
        child->handle().resume();
        auto w = co_await c->write("come back");
        CHECK(w.has_value());
        for (int i = 0; i < round; ++i) co_await yield(*f.here);
        child.reset();  // by now it waits, was posted, or has ended: any is right
      }
      co_await yield(*f.here);
    };
    f.spawn(f.there, echo(*f.listener));
    f.spawn(f.here, client());
    f.real.run();
  }
}

TEST_CASE("a peer that went is seen by reads and writes") {
  Fixture f;
  std::size_t read = 99;
  std::optional<Error> written;
  auto server = [&]() -> Task<> { auto c = co_await f.listener->accept(); };
  auto client = [&]() -> Task<> {
    auto c = co_await f.connect();
    char buffer[1];
    auto n = co_await (*c)->read_some(buffer);
    read = *n;
    while (!written) {
      auto w = co_await (*c)->write("x");
      if (!w) written = w.error();
    }
  };
  f.spawn(f.there, server());
  f.spawn(f.here, client());
  f.real.run();
  CHECK(read == 0);
  CHECK(written->code() == Errc::unavailable);
}
