// SPDX-License-Identifier: BSL-1.0
// A job of few file calls, for checks that fail or cut off each one of them: numbers -> log -> a
// total a key and second -> store, and -> log, and -> index. Checkpoints come by count, not by
// time, so that every run makes the same calls.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "failing_new.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/index/sink.hpp"
#include "millrace/log/log.hpp"
#include "millrace/log/transactional_sink.hpp"
#include "millrace/millrace.hpp"
#include "millrace/runtime/real_env.hpp"
#include "millrace/store/lake_sink.hpp"
#include "paced.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using paced::Pace;

namespace {

constexpr std::uint64_t numbers = 50;
constexpr std::uint64_t between_checkpoints = 20;
constexpr std::uint32_t batch = 10;

struct Number {
  std::uint64_t id = 0;
  std::uint32_t key = 0;
  Timestamp time{};
};
constexpr auto describe(type<Number>) {
  return fields("id", &Number::id, "key", &Number::key, "time", &Number::time);
}

struct Total {
  Timestamp second{};
  std::uint32_t key = 0;
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
};
constexpr auto describe(type<Total>) {
  return fields("second", &Total::second, "key", &Total::key, "count", &Total::count, "sum",
                &Total::sum);
}

struct Numbers {
  using value_type = Number;
  Pace* pace;
  std::uint64_t next = 0;
  std::uint64_t since = 0;

  Task<ReadStatus> read(Batch<Number>& out, Context& cx) {
    co_await pace->wait(since, cx);
    if (next == numbers) co_return ReadStatus::end;
    for (std::uint32_t i = 0; i < batch; ++i, ++next)
      out.push_back({next, static_cast<std::uint32_t>(next % 3), Timestamp(next * 100ms)}, {});
    since += batch;
    co_return ReadStatus::more;
  }
  Position position() const { return {std::to_string(next)}; }
  void resume(const Position& p) { next = std::stoull(p.token); }
};

void run(Topology topology, const std::string& state, Pace& pace) {
  Pipeline pipeline(std::move(topology), {.state_directory = state, .observer = &pace});
  pace.attach(pipeline);
  pipeline.run();
}

void produce(Env& env, const std::string& dir) {
  Pace pace(between_checkpoints);
  Topology t("small-producer");
  t.source("numbers", Numbers{&pace}, {.batch_records = batch})
      .encode("line", json::lines())
      .to("in", log::TransactionalSink(dir + "/in"));
  run(std::move(t), dir + "/state/producer", pace);
  log::Log::open(env, dir + "/in").value().seal().value();
}

Stream<Number> numbers_of(Topology& t, const std::string& dir, Pace& pace) {
  return t.source("in", paced::Log(log::Source(dir + "/in"), pace), {.batch_records = batch})
      .decode("number", json::as<Number>());
}

/// A total a key and second goes to a store, the odd numbers go to another log.
void consume_into_store(Env& env, const std::string& dir) {
  Pace pace(between_checkpoints);
  Topology t("small-store");
  auto all = numbers_of(t, dir, pace)
                 .event_time("time", &Number::time, watermark::bounded_out_of_orderness(0s));
  all.key_by(&Number::key)
      .window(tumbling(1s))
      .aggregate("per-second", agg::all(agg::count(), agg::sum(&Number::id)))
      .map("total",
           [](const auto& w) {
             const auto [count, sum] = w.value;
             return Total{w.window.start, w.key, count, sum};
           })
      .encode("total-line", json::lines())
      .to("totals",
          store::ExactlyOnceLakeSink(
              store::Directory::open(env, dir + "/lake").value(),
              {.table = {.source = "small", .source_region = "here", .table = "totals"}}));
  all.filter("odd", [](const Number& n) { return n.id % 2 == 1; })
      .encode("odd-line", json::lines())
      .to("out", log::TransactionalSink(dir + "/out"));
  run(std::move(t), dir + "/state/consumer", pace);
}

/// All numbers go to an index.
void consume_into_index(Env& env, const std::string& dir) {
  Pace pace(between_checkpoints);
  Topology t("small-index");
  index::SinkOptions<Number> options{.index = "numbers", .guarantee = Guarantee::exactly_once};
  options.spool = dir + "/spool";
  auto store = index::Store::open(env, dir + "/index").value();
  numbers_of(t, dir, pace).to("index", index::Sink<Number>(std::move(store), std::move(options)));
  run(std::move(t), dir + "/state/consumer", pace);
}

}  // namespace

// small_job store|index DIRECTORY [the n-th allocation fails]
int main(int argc, char** argv) try {
  if (argc < 3) return 2;
  const std::string dir = argv[2];
  if (argc > 3) failing_allocation = allocations + std::atol(argv[3]);
  RealEnv real;
  produce(real.env(), dir);
  if (std::string(argv[1]) == "index")
    consume_into_index(real.env(), dir);
  else
    consume_into_store(real.env(), dir);
  failing_allocation = 0;
  std::printf("%ld allocations\n", allocations.load());
} catch (const std::exception& e) {
  std::fprintf(stderr, "small_job: %s\n", e.what());
  return 1;
}
