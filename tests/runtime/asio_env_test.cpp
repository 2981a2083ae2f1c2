// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/asio_env.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <vector>

#include "catch.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/core/wait.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

Task<> all_leaves(Env& env, Strand& strand, int& done) {
  StopFlag stop;
  for (int i = 0; i < 10; ++i) {
    co_await Sleep(strand, stop, env.clock.monotonic() + 100us);
    co_await yield(strand);
    done += co_await blocking(strand, [] { return 1; });
  }
}

}  // namespace

TEST_CASE("tasks run on executors of the caller's, and the last one to end is told") {
  boost::asio::thread_pool pool(3);
  boost::asio::thread_pool blocking_pool(2);
  AsioEnv asio(pool.get_executor(), blocking_pool.get_executor());
  std::promise<void> ended;
  asio.on_last_task([](void* p) { static_cast<std::promise<void>*>(p)->set_value(); }, &ended);
  std::vector<int> done(8);
  auto all = [&]() -> Task<> {
    for (int& n : done) {
      auto strand = asio.env().scheduler.make_strand();
      asio.env().scheduler.spawn(strand, all_leaves(asio.env(), *strand, n));
    }
    co_return;
  };
  asio.env().scheduler.spawn(asio.env().scheduler.make_strand(), all());
  ended.get_future().wait();
  CHECK(asio.roots() == 0);
  CHECK(done == std::vector<int>(8, 10));
}

TEST_CASE("an event loop that the caller runs comes to its end when the tasks have") {
  boost::asio::io_context loop;
  boost::asio::thread_pool blocking_pool(1);
  int done = 0;
  {
    AsioEnv asio(loop.get_executor(), blocking_pool.get_executor());
    auto strand = asio.env().scheduler.make_strand();
    asio.env().scheduler.spawn(strand, all_leaves(asio.env(), *strand, done));
    strand.reset();
    while (asio.roots() > 0) {
      loop.run_for(10ms);
      loop.restart();
    }
  }
  CHECK(done == 10);
  loop.run();
}

TEST_CASE("an AsioEnv that is destroyed before its loop ran leaves only empty handlers behind") {
  boost::asio::io_context loop;
  boost::asio::thread_pool blocking_pool(1);
  bool ran = false;
  {
    AsioEnv asio(loop.get_executor(), blocking_pool.get_executor());
    auto strand = asio.env().scheduler.make_strand();
    auto body = [&]() -> Task<> {
      ran = true;
      co_return;
    };
    asio.env().scheduler.spawn(strand, body());
  }
  loop.run();
  CHECK_FALSE(ran);
}
