// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <charconv>

#include "catch.hpp"
#include "counted_new.hpp"
#include "millrace/millrace.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/stream/window_join.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

constexpr int warm_up = 200'000;
constexpr int counted = 400'000;

struct Row {
  Text key;
  std::string name;
  int number = 0;
};
constexpr auto describe(type<Row>) {
  return fields("key", &Row::key, "name", &Row::name, "number", &Row::number);
}

/// Rows of 500 keys, two thousand a second, with text in arenas of the pipeline's, and names, when
/// they shall have some, on the heap.
struct Rows {
  using value_type = Row;
  bool names;
  long* before;
  long* during;
  int next = 0;

  ReadStatus read(Batch<Row>& out, Context& cx) {
    if (next == warm_up) *before = allocations;
    if (next == warm_up + counted) {
      *during = allocations - *before;
      return ReadStatus::end;
    }
    TextWriter text(cx.arenas());
    for (int i = 0; i < 250; ++i, ++next) {
      Row& row = out.slot();
      char* p = text.reserve(32);
      p = std::copy_n("row ", 4, p);
      text.advance(std::to_chars(p, p + 16, next % 500).ptr);
      row.key = text.finish();
      if (names) row.name.assign("a name that is long enough to be on the heap");
      row.number = next;
      out.hold(text.arena());
      out.commit({});
    }
    return ReadStatus::more;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};

struct Both {
  Text text;
  int difference = 0;
};
constexpr auto describe(type<Both>) {
  return fields("text", &Both::text, "difference", &Both::difference);
}

struct Counting {
  std::uint64_t* total;
  void write(const Batch<Windowed<std::string, Both>>& batch, Context&) { *total += batch.size(); }
};

Task<> drive(Pipeline& pipeline, Env& env, std::shared_ptr<Strand> strand) {
  co_await pipeline.execute(env, strand);
}

/// Joins one half of the rows with the other; how often it came to operator new while `counted` of
/// them went by.
long allocations_of_a_join(unsigned parallelism, bool names) {
  long before = 0;
  long during = -1;
  std::uint64_t total = 0;
  Topology t("join");
  const auto [left, right] =
      t.source("rows", Rows{.names = names, .before = &before, .during = &during})
          .parallelism(1)
          .event_time(
              "time", [](const Row& r) { return Timestamp(r.number * 500us); },
              watermark::bounded_out_of_orderness(2s))
          .split("side", [](const Row& r) { return r.number / 500 % 2 == 0; });
  left.key_by(&Row::key)
      .join(right.key_by(&Row::key))
      .window(tumbling(1s))
      .inner("pairs",
             [](const Row& a, const Row& b) {
               return Both{a.key, a.number - b.number};
             })
      .parallelism(parallelism)
      .to("out", Counting{&total});
  sim::Env env;
  // A budget that is used up at once: until then, batches and arenas are made as queues grow.
  Pipeline pipeline(std::move(t), {.flow_budget = 1_B});
  auto strand = env.env().scheduler.make_strand();
  env.env().scheduler.spawn(strand, drive(pipeline, env.env(), strand));
  REQUIRE(env.run() == sim::Ended::all_done);
  CHECK(total == std::uint64_t{(warm_up + counted) / 2000} * 500 * 4);
  return during;
}

}  // namespace

TEST_CASE("after warm-up records with texts and strings are joined without operator new") {
  CHECK(allocations_of_a_join(1, true) == 0);
}

TEST_CASE("records with texts are so by several subtasks, too") {
  CHECK(allocations_of_a_join(2, false) == 0);
}
