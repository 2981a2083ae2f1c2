// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <thread>

#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

/// Events 0 .. end - 1 of one partition, without anything shared.
struct CountReader {
  using value_type = Event;
  int next;
  int end;
  ReadStatus read(Batch<Event>& out, Context& cx) {
    for (; out.room() && next < end; ++next)
      out.push_back({next % 16, next, at(next * 1ms)}, cx.env().clock.wall());
    return next < end ? ReadStatus::more : ReadStatus::end;
  }
  Position position() const { return {std::to_string(next)}; }
};
struct Counts {
  using value_type = Event;
  int end;
  Task<std::vector<Partition>> discover(Context&) {
    std::vector<Partition> found;
    for (const char* id : {"a", "b", "c", "d"}) found.push_back({id});
    co_return found;
  }
  CountReader open(const Partition&, const Position& p) {
    return {p.empty() ? 0 : std::stoi(p.token), end};
  }
};
struct Adding {
  std::atomic<std::int64_t>* total;
  std::atomic<bool>* hold;
  Task<> write(const Batch<Sum>& batch, Context& cx) {
    while (hold && *hold && !cx.stopping()) co_await cx.sleep_for(1ms);
    for (std::uint32_t i = 0; i < batch.size(); ++i) *total += batch[i].value;
  }
};

constexpr int count = 50'000;
constexpr std::int64_t expected = std::int64_t{4} * count * (count - 1) / 2;

Topology job(std::atomic<std::int64_t>& total, std::atomic<bool>* hold = nullptr) {
  Topology t("threads");
  sums(t.source("in", Counts{count})).to("out", Adding{&total, hold}, 2);
  return t;
}

}  // namespace

TEST_CASE("on real threads every parallelism gives the same total, and busy time is counted") {
  for (const unsigned threads : {1u, 2u, 4u}) {
    INFO("threads " << threads);
    std::atomic<std::int64_t> total{0};
    Pipeline pipeline(job(total), {.parallelism = threads, .flow_budget = 256_KiB});
    CHECK(pipeline.run({.threads = threads}) == Outcome::finished);
    CHECK(total == expected);
    const PipelineMetrics m = pipeline.metrics();
    CHECK(m.find("sums")->in == 4 * count);
    CHECK(m.find("sums")->late == 0);
    CHECK(m.find("sums")->busy > 0us);
    CHECK(m.flow_bytes == 0);
  }
}

TEST_CASE("stop, status and metrics may be called from any thread while a pipeline runs") {
  std::atomic<std::int64_t> total{0};
  std::atomic<bool> hold{true};
  Pipeline pipeline(job(total, &hold), {.parallelism = 2, .flow_budget = 1_B});
  std::thread meddler([&] {
    while (pipeline.status().state != PipelineState::running ||
           pipeline.metrics().flow_bytes_peak == 0)
      std::this_thread::yield();
    hold = false;
    for (int i = 0; i < 100; ++i) {
      (void)pipeline.metrics();
      (void)pipeline.status();
    }
    pipeline.stop(StopMode::finish);
  });
  const Outcome outcome = pipeline.run({.threads = 3});
  meddler.join();
  CHECK(outcome == Outcome::finished);
  const PipelineMetrics m = pipeline.metrics();
  CHECK(m.find("in")->out == m.find("sums")->in);
  CHECK(m.find("sums")->out == m.find("out")->out);
}

namespace {

/// Numbers as text, in arenas, of one partition.
struct TextReader {
  using value_type = Message;
  int next;
  ReadStatus read(Batch<Message>& out, Context& cx) {
    TextWriter text(cx.arenas());
    for (; out.room() && next < count; ++next) {
      text.append(std::to_string(next));
      out.slot().data = text.finish();
      out.hold(text.arena());
      out.commit(cx.env().clock.wall());
    }
    return next < count ? ReadStatus::more : ReadStatus::end;
  }
  Position position() const { return {std::to_string(next)}; }
};
struct Texts {
  using value_type = Message;
  Task<std::vector<Partition>> discover(Context& cx) { return Counts{0}.discover(cx); }
  TextReader open(const Partition&, const Position&) { return {0}; }
};
struct TextSum {
  std::atomic<std::int64_t>* total;
  void write(const Batch<Message>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) *total += std::stoi(batch[i].data.str());
  }
};
struct LetterCount {
  std::atomic<int>* letters;
  std::atomic<int>* unknown;
  void write(const Batch<DeadLetter>& batch, Context&) {
    *letters += static_cast<int>(batch.size());
    for (std::uint32_t i = 0; i < batch.size(); ++i) *unknown += batch[i].source != "in";
  }
};

}  // namespace

TEST_CASE("on real threads texts, results and letters that have to wait come to the same total") {
  std::atomic<std::int64_t> total{0};
  std::atomic<int> letters{0};
  std::atomic<int> unknown{0};
  Topology t("texts");
  t.source("in", Texts{})
      .filter("few", [](const Message& m) { return m.data.view().ends_with('7'); })
      .map("good",
           [](const Message& m) {
             if (m.data.view().ends_with("77")) throw std::runtime_error("two sevens");
             return m;
           })
      .parallelism(3)
      .flat_map<Message>("twenty",
                         [](const Message& m, Timestamp time, Emitter<Message>& out) {
                           for (int i = 0; i < 20; ++i) out.emit({out.text(m.data)}, time);
                         })
      .parallelism(2)
      .to("out", TextSum{&total});
  t.dead_letters().to("letters", LetterCount{&letters, &unknown});
  Pipeline pipeline(std::move(t), {.parallelism = 4, .flow_budget = 64_KiB});
  CHECK(pipeline.run({.threads = 4}) == Outcome::finished);
  std::int64_t wanted = 0;
  for (int i = 7; i < count; i += 10) wanted += i % 100 == 77 ? 0 : i;
  CHECK(total == 4 * 20 * wanted);
  CHECK(letters == 4 * count / 100);
  CHECK(unknown == 0);
}
