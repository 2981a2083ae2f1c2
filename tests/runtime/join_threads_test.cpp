// SPDX-License-Identifier: BSL-1.0
// A join on real threads, with checkpoints that are written down while it goes on.
#include <atomic>

#include "catch.hpp"
#include "millrace/stream/window_join.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

constexpr int count = 40'000;
constexpr int keys = 50;

/// An event a millisecond, with words on the heap and in arenas.
struct Worded {
  int key = 0;
  int number = 0;
  std::string word;
  Text text;
};
constexpr auto describe(type<Worded>) {
  return fields("key", &Worded::key, "number", &Worded::number, "word", &Worded::word, "text",
                &Worded::text);
}
struct Words {
  using value_type = Worded;
  int next = 0;
  ReadStatus read(Batch<Worded>& out, Context& cx) {
    TextWriter text(cx.arenas());
    for (; out.room() && next < count; ++next) {
      const std::string number = std::to_string(next);
      out.slot() = {next % keys, next, "a word that is on the heap, number " + number,
                    text.copy(number)};
      out.hold(text.arena());
      out.commit({});
    }
    return next < count ? ReadStatus::more : ReadStatus::end;
  }
  Position position() const { return {std::to_string(next)}; }
  void resume(const Position& p) { next = std::stoi(p.token); }
};
using Both = Windowed<int, Text>;
struct Comparing {
  std::atomic<std::int64_t>* pairs;
  std::atomic<std::int64_t>* wrong;
  Task<> write(const Batch<Both>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      const int number = std::stoi(batch[i].value.str());
      *wrong += number % keys != batch[i].key;
    }
    *pairs += batch.size();
    co_return;
  }
};

auto keyed(Stream<Worded> in, Name name) {
  return in
      .event_time(
          std::move(name), [](const Worded& w) { return at(w.number * 1ms); },
          watermark::bounded_out_of_orderness(100ms))
      .key_by(&Worded::key);
}

}  // namespace

TEST_CASE("on real threads a join gives every pair while checkpoints are taken") {
  for (const unsigned threads : {1u, 3u}) {
    INFO("threads " << threads);
    std::atomic<std::int64_t> pairs{0};
    std::atomic<std::int64_t> wrong{0};
    Topology t("threads");
    keyed(t.source("left", Words{}), "left-time")
        .join(keyed(t.source("right", Words{}), "right-time"))
        .window(tumbling(200ms))
        .inner("pairs",
               [](const Worded& a, const Worded& b) {
                 if (a.word.size() < 10 || b.word.size() < 10) throw std::runtime_error("lost");
                 return a.text;
               })
        .parallelism(threads)
        .to("out", Comparing{&pairs, &wrong});
    Pipeline pipeline(std::move(t), {.flow_budget = 256_KiB, .checkpoints = {.interval = 2ms}});
    CHECK(pipeline.run({.threads = threads}) == Outcome::finished);
    CHECK(pairs == std::int64_t{count} * (200 / keys));
    CHECK(wrong == 0);
    CHECK(pipeline.metrics().checkpoints.completed > 3);
  }
}
