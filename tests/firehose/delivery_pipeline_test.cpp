// SPDX-License-Identifier: BSL-1.0
#include <chrono>
#include <set>

#include "catch.hpp"
#include "delivery_fixture.hpp"
#include "millrace/millrace.hpp"
#include "millrace/store/directory.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;

namespace {

// Rows 0 to count-1, one a second; resumes behind the last one of the snapshot.
struct Rows {
  using value_type = Message;
  int count;
  int next = 0;
  std::string text{};

  void resume(const Position& p) { next = std::stoi(p.token); }
  Position position() const { return {std::to_string(next)}; }
  Task<ReadStatus> read(Batch<Message>& out, Context& cx) {
    if (next == count) co_return ReadStatus::end;
    const bool slept = co_await cx.sleep_for(1s);
    if (!slept) co_return ReadStatus::more;
    text = std::to_string(next++);
    TextWriter writer(cx.arenas());
    const Text data = writer.copy(text);
    out.push_back({data}, cx.env().clock.wall());
    out.hold(writer.arena());
    co_return ReadStatus::more;
  }
};

Task<> execute(Pipeline& pipeline, Env& env, std::shared_ptr<Strand> strand, std::string& error) {
  try {
    (void)co_await pipeline.execute(env, strand);
  } catch (const std::exception& thrown) {
    error = thrown.what();
  }
}

struct Run {
  Run(sim::Env& sim, Destination to, DeliveryOptions options, int rows)
      : pipeline(
            [&] {
              Topology t("job");
              Delivery delivery(std::move(to), std::move(options));
              metrics = delivery.metrics();
              t.source("rows", Rows{rows}).to("lake", std::move(delivery));
              return t;
            }(),
            PipelineOptions{.state_directory = "/state"}) {
    auto strand = sim.env().scheduler.make_strand();
    sim.env().scheduler.spawn(strand, execute(pipeline, sim.env(), strand, error));
  }
  std::shared_ptr<const DeliveryMetrics> metrics;
  std::string error;
  Pipeline pipeline;
};

std::multiset<std::string> lines(const store::Directory& store) {
  std::multiset<std::string> all;
  const store::ListPage page = store.list().value();
  for (const auto& object : page.objects) {
    const std::string body = store.get(object.key).value();
    std::size_t begin = 0;
    for (std::size_t end; (end = body.find('\n', begin)) != std::string::npos; begin = end + 1)
      all.insert(body.substr(begin, end - begin));
  }
  return all;
}

const DeliveryOptions a_minute{
    .interval = 60s, .delimiter = "\n", .delimiter_place = DelimiterPlace::after_each};

}  // namespace

TEST_CASE("a pipeline's end delivers the last buffer") {
  sim::Env sim;
  auto store = store::Directory::open(sim.env(), "/lake").value();
  Run run(sim, store, a_minute, 150);
  CHECK(sim.run() == sim::Ended::all_done);
  CHECK(run.error == "");
  CHECK(lines(store).size() == 150);
  CHECK(store.list().value().objects.size() == 3);
  CHECK(run.metrics->delivered_records.get() == 150);
}

TEST_CASE("an idle pipeline delivers a buffer that has its interval") {
  sim::Env sim;
  auto store = store::Directory::open(sim.env(), "/lake").value();
  DeliveryOptions options = a_minute;
  options.interval = 300s;
  Run run(sim, store, options, 1'000);
  sim.run_for(299s);
  CHECK(store.list().value().objects.empty());
  sim.run_for(3s);
  CHECK(store.list().value().objects.size() == 1);
  run.pipeline.stop(StopMode::abort);
  CHECK(sim.run() == sim::Ended::all_done);
}

TEST_CASE("suspended and started again: each row is delivered once") {
  sim::Disk disk(5);
  std::multiset<std::string> expected;
  for (int i = 0; i < 100; ++i) expected.insert(std::to_string(i));
  std::uint64_t seed = 1;
  for (int starts = 0; starts < 4; ++starts) {
    sim::Env sim({.seed = seed++}, disk);
    auto store = store::Directory::open(sim.env(), "/lake").value();
    Run run(sim, store, a_minute, 100);
    if (starts < 3) {
      sim.run_for(30s);
      run.pipeline.stop(StopMode::suspend);
    }
    CHECK(sim.run() == sim::Ended::all_done);
    CHECK(run.error == "");
    if (starts == 3) CHECK(lines(store) == expected);
    disk.kill(sim.env().fs);
  }
}

TEST_CASE("a pipeline that is aborted while the destination fails ends at once") {
  sim::Env sim;
  ObjectStore store;
  store.objects->down = true;
  DeliveryOptions options = a_minute;
  options.interval = 2s;
  Run run(sim, store, options, 1'000);
  sim.run_for(100s);
  CHECK(store.objects->calls.size() > 3);
  run.pipeline.stop(StopMode::abort);
  const MonotonicTime asked = sim.env().clock.monotonic();
  CHECK(sim.run() == sim::Ended::all_done);
  CHECK(sim.env().clock.monotonic() - asked < 1s);
}

TEST_CASE("a pipeline whose destination is down for too long fails with the step's name") {
  sim::Env sim;
  ObjectStore store;
  store.objects->down = true;
  DeliveryOptions options = a_minute;
  options.interval = 2s;
  options.retry.duration = 10s;
  Run run(sim, store, options, 1'000);
  CHECK(sim.run() == sim::Ended::all_done);
  INFO(run.error);
  CHECK(run.error.find("lake") != std::string::npos);
  CHECK(run.error.find("no backup took them: the store is down") != std::string::npos);
}
