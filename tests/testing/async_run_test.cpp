// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/async_run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include "catch.hpp"
#include "millrace/millrace.hpp"
#include "millrace/testing/memory.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

/// Never ends and never has anything.
struct Silent {
  using value_type = int;
  ReadStatus read(Batch<int>&, Context&) { return ReadStatus::idle; }
  Position position() const { return {"here"}; }
  void resume(const Position&) {}
};

Topology doubling(testing::Into<int> results) {
  Topology topology("doubling");
  topology.source("numbers", testing::From<int>(std::vector<int>{1, 2, 3}))
      .map("double", [](const int& n) { return 2 * n; })
      .to("results", std::move(results));
  return topology;
}

}  // namespace

TEST_CASE("a pipeline runs on the caller's io_context and completes a handler") {
  testing::Into<int> results;
  Pipeline pipeline(doubling(results));
  boost::asio::io_context app;
  boost::asio::thread_pool blocking(1);
  bool completed = false;
  async_run(pipeline, app.get_executor(), blocking.get_executor(),
            [&](std::exception_ptr error, Outcome outcome) {
              completed = true;
              CHECK(error == nullptr);
              CHECK(outcome == Outcome::finished);
            });
  CHECK_FALSE(completed);
  app.run();
  CHECK(completed);
  CHECK(results.values() == std::vector<int>{2, 4, 6});
}

TEST_CASE("a completion token other than a handler works") {
  testing::Into<int> results;
  Pipeline pipeline(doubling(results));
  boost::asio::thread_pool app(2);
  boost::asio::thread_pool blocking(1);
  auto outcome =
      async_run(pipeline, app.get_executor(), blocking.get_executor(), boost::asio::use_future);
  CHECK(outcome.get() == Outcome::finished);
  CHECK(results.values() == std::vector<int>{2, 4, 6});
}

TEST_CASE("cancelling an asynchronous run suspends the pipeline") {
  Topology topology("silent");
  testing::Into<int> results;
  topology.source("silent", Silent{}).to("results", results);
  Pipeline pipeline(std::move(topology));
  boost::asio::io_context app;
  boost::asio::thread_pool blocking(1);
  boost::asio::cancellation_signal cancel;
  bool completed = false;
  async_run(pipeline, app.get_executor(), blocking.get_executor(),
            boost::asio::bind_cancellation_slot(cancel.slot(),
                                                [&](std::exception_ptr error, Outcome outcome) {
                                                  completed = true;
                                                  CHECK(error == nullptr);
                                                  CHECK(outcome == Outcome::suspended);
                                                }));
  app.run_for(30ms);
  CHECK_FALSE(completed);
  cancel.emit(boost::asio::cancellation_type::terminal);
  app.run();
  CHECK(completed);
}

TEST_CASE("a failed asynchronous run completes with the failure") {
  Topology topology("failing");
  testing::Into<int> results;
  topology.source("numbers", testing::From<int>(std::vector<int>{1}))
      .map(
          "bad", [](const int&) -> int { throw std::runtime_error("no"); }, OnError::fail)
      .to("results", results);
  Pipeline pipeline(std::move(topology));
  boost::asio::io_context app;
  boost::asio::thread_pool blocking(1);
  std::string message;
  async_run(pipeline, app.get_executor(), blocking.get_executor(),
            [&](std::exception_ptr error, Outcome) {
              try {
                std::rethrow_exception(error);
              } catch (const Failure& failure) {
                message = failure.what();
              }
            });
  app.run();
  CHECK(message == "step \"bad\": the step's function threw: no");
}
