// SPDX-License-Identifier: BSL-1.0
#include <charconv>

#include "catch.hpp"
#include "counted_new.hpp"
#include "millrace/millrace.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/stream/keyed_process.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

constexpr int warm_up = 200'000;
constexpr int counted = 1'000'000;

/// Lines "<key> <second>", written into arenas of the pipeline's.
struct Lines {
  using value_type = Message;
  int next = 0;
  long* before;
  long* during;

  ReadStatus read(Batch<Message>& out, Context& cx) {
    if (next == warm_up) *before = allocations;
    if (next == warm_up + counted) {
      *during = allocations - *before;
      return ReadStatus::end;
    }
    TextWriter text(cx.arenas());
    const int count = 250;
    for (int i = 0; i < count; ++i, ++next) {
      char* p = text.reserve(32);
      *p++ = 'k';
      p = std::to_chars(p, p + 10, next % 1000).ptr;
      *p++ = ' ';
      p = std::to_chars(p, p + 10, next / 1000).ptr;
      text.advance(p);
      out.slot().data = text.finish();
      out.hold(text.arena());
      out.commit(cx.env().clock.wall());
    }
    return ReadStatus::more;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};

struct Row {
  Text key;
  int second = 0;
};

/// A key that is unescaped, so written anew, and a number.
struct ToRow {
  using output_type = Row;
  Result<Decoded> decode(const Message& in, Row& out, TextWriter& text) {
    const std::string_view line = in.data;
    const std::size_t space = line.find(' ');
    text.append("key/");
    text.append(line.substr(1, space - 1));
    out.key = text.finish();
    std::from_chars(line.data() + space + 1, line.data() + line.size(), out.second);
    return Decoded::value;
  }
};

struct Counting {
  std::uint64_t* total;
  void write(const Batch<Windowed<std::string, std::uint64_t>>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) *total += batch[i].value;
  }
};

Task<> drive(Pipeline& pipeline, Env& env, std::shared_ptr<Strand> strand) {
  co_await pipeline.execute(env, strand);
}

/// Remembers of each key how many records it had, and how many of each digit, and tells it half a
/// second after each second record.
struct Remembering {
  using output_type = std::uint64_t;
  ValueState<std::uint64_t> count{"count", {.ttl = 1h}};
  MapState<int, int> by_digit{"by digit"};
  Timers timers;
  auto states() { return std::tie(count, by_digit, timers); }

  void on_record(const Row& row, Timestamp time, Emitter<std::uint64_t>&) {
    count.set(count.value_or(0) + 1);
    by_digit.update(row.second % 10, [](int& n) { ++n; });
    if (row.second % 2 == 0) timers.at_event_time(time + 500ms);
  }
  void on_timer(const std::string&, Timestamp time, Emitter<std::uint64_t>& out) {
    out.emit(*count.get(), time);
  }
};

struct Adding {
  std::uint64_t* total;
  void write(const Batch<std::uint64_t>& batch, Context&) { *total += batch.size(); }
};

long run(Topology t, PipelineOptions options, const long& during) {
  sim::Env env;
  Pipeline pipeline(std::move(t), options);
  auto strand = env.env().scheduler.make_strand();
  env.env().scheduler.spawn(strand, drive(pipeline, env.env(), strand));
  REQUIRE(env.run() == sim::Ended::all_done);
  return during;
}

/// Runs the whole chain; how often it came to operator new while `counted` records went through.
/// Each is in `windows` of them.
template <class Kind>
long allocations_of_a_chain(Kind window, std::uint64_t windows, PipelineOptions options) {
  long before = 0;
  long during = -1;
  std::uint64_t total = 0;
  Topology t("chain");
  t.source("lines", Lines{.before = &before, .during = &during})
      .decode("row", ToRow{})
      .event_time(
          "time", [](const Row& r) { return Timestamp(r.second * 1s); },
          watermark::bounded_out_of_orderness(2s))
      .filter("some", [](const Row& r) { return r.second % 10 != 9; })
      .map("same", [](const Row& r) { return r; })
      .key_by(&Row::key)
      .window(window)
      .aggregate("counts", agg::count())
      .to("out", Counting{&total});
  const long counted_news = run(std::move(t), options, during);
  CHECK(total == (warm_up + counted) / 10 * 9 * windows);
  return counted_news;
}

long allocations_of_keyed_state() {
  long before = 0;
  long during = -1;
  std::uint64_t timers = 0;
  Topology t("keyed");
  t.source("lines", Lines{.before = &before, .during = &during})
      .decode("row", ToRow{})
      .event_time(
          "time", [](const Row& r) { return Timestamp(r.second * 1s); },
          watermark::bounded_out_of_orderness(0s))
      .key_by(&Row::key)
      .process("remember", Remembering{})
      .to("out", Adding{&timers});
  const long counted_news = run(std::move(t), {}, during);
  CHECK(timers == (warm_up + counted) / 2);
  return counted_news;
}

}  // namespace

TEST_CASE("after warm-up a million records with text pass a whole chain without operator new") {
  CHECK(allocations_of_a_chain(tumbling(10s), 1, {}) == 0);
}

TEST_CASE("nor does an exchange between lanes call it, once its queues have been full") {
  // A budget that is soon used up: until then, batches and arenas are made as queues grow.
  CHECK(allocations_of_a_chain(tumbling(10s), 1, {.parallelism = 2, .flow_budget = 64_KiB}) == 0);
}

TEST_CASE("nor do sliding windows, of few panes or of many") {
  CHECK(allocations_of_a_chain(sliding(10s, 2s), 5, {}) == 0);
  CHECK(allocations_of_a_chain(sliding(40s, 2s), 20, {}) == 0);
}

TEST_CASE("nor do values, maps and a timer a key of keyed state, when keys are known") {
  CHECK(allocations_of_keyed_state() == 0);
}
