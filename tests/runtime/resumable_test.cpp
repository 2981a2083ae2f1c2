// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/resumable_link.hpp"

#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

/// n copies of each event, the value counting up.
auto copies(int n) {
  return [n](const Event& e, Timestamp time, Emitter<Event>& out) {
    for (int i = 0; i < n; ++i) out.emit({e.key, e.value * n + i, e.time}, time);
  };
}

/// The same as an operator of one's own.
struct Copies {
  using output_type = Event;
  int n;
  void on_record(const Event& e, Timestamp time, Emitter<Event>& out) { copies(n)(e, time, out); }
};

std::vector<Event> all_copies(const std::vector<Event>& of, int n) {
  std::vector<Event> all;
  for (const Event& e : of)
    for (int i = 0; i < n; ++i) all.push_back({e.key, e.value * n + i, e.time});
  return all;
}

/// Two long texts a batch, in an arena that is mostly of no use.
struct LongTexts {
  using value_type = Message;
  int next = 0;
  ReadStatus read(Batch<Message>& out, Context& cx) {
    TextWriter text(cx.arenas());
    for (int i = 0; i < 40; ++i) {
      const Text row = text.copy(std::to_string(next) + std::string(1500, 'x'));
      if (i % 20 == 0) out.push_back({row}, cx.env().clock.wall()), ++next;
    }
    out.hold(text.arena());
    return next < 200 ? ReadStatus::more : ReadStatus::end;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};
struct Named {
  Text name;
  std::int64_t number = 0;
};
constexpr auto describe(type<Named>) {
  return fields("name", &Named::name, "number", &Named::number);
}
struct Numbers {
  std::vector<int>* found;
  Task<> write(const Batch<Named>& batch, Context& cx) {
    co_await cx.sleep_for(1ms);
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      found->push_back(std::stoi(batch[i].name.str()));
  }
};

constexpr std::uint64_t batch_bytes = 512 * (sizeof(Event) + sizeof(Timestamp));

/// Runs with the sink stalled, looks at what is held, and then to the end.
void run_against_a_stalled_sink(Topology t, Store<Event>& store, unsigned parallelism) {
  constexpr std::uint64_t budget = 64 * 1024;
  store.stalled = true;
  sim::Env env;
  Pipeline pipeline(std::move(t), {.parallelism = parallelism, .flow_budget = {budget}});
  End end;
  start(env, pipeline, end);
  env.run_for(10s);
  CHECK(end.text() == "still running");
  CHECK(pipeline.metrics().flow_bytes_peak <= budget + 4 * parallelism * batch_bytes);
  CHECK(pipeline.metrics().find("copies")->out < 10'000);
  store.stalled = false;
  REQUIRE(env.run() == sim::Ended::all_done);
  CHECK(end.text() == "finished");
}

}  // namespace

TEST_CASE("a flat_map that makes thousands of each record stops between two of them") {
  for (const unsigned parallelism : {1u, 2u}) {
    INFO("parallelism " << parallelism);
    Board board{.shelves = {{"a", events(500)}}, .per_read = 256};
    Store<Event> store;
    Topology t("many");
    t.source("in", Shelves{&board})
        .flat_map<Event>("copies", copies(1000))
        .to("out", Collect<Event>{&store});
    run_against_a_stalled_sink(std::move(t), store, parallelism);
    CHECK(store.values == all_copies(events(500), 1000));
  }
}

TEST_CASE("so does an operator of one's own") {
  Board board{.shelves = {{"a", events(500)}}, .per_read = 256};
  Store<Event> store;
  Topology t("many");
  t.source("in", Shelves{&board}).process("copies", Copies{1000}).to("out", Collect<Event>{&store});
  run_against_a_stalled_sink(std::move(t), store, 1);
  CHECK(store.values == all_copies(events(500), 1000));
}

TEST_CASE(
    "several steps that were stopped go on in order, and windows behind them see nothing late") {
  for (const unsigned parallelism : {1u, 2u, 3u})
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      INFO("parallelism " << parallelism << " seed " << seed);
      Board board{.shelves = {{"a", events(60)}, {"b", events(60)}}, .per_read = 7};
      Store<Event> store{.values = {}, .slow = 1ms};
      Store<Sum> sums_out{.values = {}, .slow = 1ms};
      Topology t("chain");
      auto many = t.source("in", Shelves{&board})
                      .event_time("early", &Event::time, watermark::bounded_out_of_orderness(1s))
                      .flat_map<Event>("first", copies(90))
                      .map("same", [](const Event& e) { return e; })
                      .flat_map<Event>("copies", copies(20));
      many.to("out", Collect<Event>{&store});
      many.key_by(&Event::key)
          .window(tumbling(10s))
          .aggregate("sums", agg::sum([](const Event&) { return std::int64_t{1}; }))
          .flat_map<Sum>("again",
                         [](const Sum& s, Timestamp time, Emitter<Sum>& out) { out.emit(s, time); })
          .to("sums out", Collect<Sum>{&sums_out});
      sim::Env env({.seed = seed, .faults = {.delays = 0.1, .longest = 5ms}});
      Pipeline pipeline(std::move(t), {.parallelism = parallelism, .flow_budget = 1_B});
      REQUIRE(run(env, pipeline) == "finished");
      CHECK(store.values.size() == 2 * 60 * 90 * 20);
      CHECK(pipeline.metrics().find("sums")->late == 0);
      std::int64_t total = 0;
      for (const Sum& s : sums_out.values) total += s.value;
      CHECK(total == 2 * 60 * 90 * 20);
      CHECK(sums_out.values.size() == 6 * 4);
    }
}

TEST_CASE("a suspension while a flat_map waits for room loses nothing and doubles nothing") {
  Board board{.shelves = {{"a", events(300)}}, .per_read = 256};
  Vault<Event> vault;
  sim::Env env;
  const auto make = [&] {
    Topology t("many");
    t.source("in", Shelves{&board})
        .flat_map<Event>("copies", copies(100))
        .to("out", Safe<Event>(vault));
    return Pipeline(std::move(t), {.flow_budget = 1_B, .state_directory = "state"});
  };
  for (int i = 0; i < 4; ++i) {
    Pipeline pipeline = make();
    End end;
    start(env, pipeline, end);
    for (int n = 0; n < 20 + 10 * i; ++n) env.run_one();
    pipeline.stop(StopMode::suspend);
    REQUIRE(env.run() == sim::Ended::all_done);
  }
  Pipeline last = make();
  REQUIRE(run(env, last) == "finished");
  CHECK(vault.visible == all_copies(events(300), 100));
}

TEST_CASE("a letter from a flat_map that was stopped says where its record came from") {
  Board board{.shelves = {{"a", events(100)}}, .per_read = 100};
  Store<Event> store{.values = {}, .slow = 1ms};
  Store<DeadLetter> letters;
  Topology t("letters");
  t.source("in", Shelves{&board})
      .flat_map<Event>("copies",
                       [](const Event& e, Timestamp time, Emitter<Event>& out) {
                         if (e.value == 99) throw std::runtime_error("ninety-nine");
                         copies(500)(e, time, out);
                       })
      .to("out", Collect<Event>{&store});
  t.dead_letters().to("rejects", Collect<DeadLetter>{&letters});
  CHECK(run(std::move(t), {.flow_budget = 1_B}) == "finished");
  CHECK(store.values.size() == 99 * 500);
  REQUIRE(letters.values.size() == 1);
  CHECK(letters.values[0].partition == "a");
  CHECK(letters.values[0].position == "100");
  CHECK(letters.values[0].bytes == "event 99");
}

TEST_CASE("results view the texts of a batch that was copied to small arenas while it waited") {
  for (const std::uint64_t budget : {1u, 100'000u, 400'000u}) {
    INFO("budget " << budget);
    // The first of two fills a batch of results, and what the second gives leaves at the end.
    const auto copies_of = [](int number) { return number % 2 == 0 ? 256 : 20; };
    std::vector<int> found;
    Topology t("texts");
    t.source("in", LongTexts{})
        .flat_map<Named>("copies",
                         [=](const Message& m, Timestamp time, Emitter<Named>& out) {
                           const int n = copies_of(std::stoi(m.data.str()));
                           for (int i = 0; i < n; ++i) out.emit({m.data, i}, time);
                         })
        .to("out", Numbers{&found});
    CHECK(run(std::move(t), {.flow_budget = {budget}}) == "finished");
    std::vector<int> expected;
    for (int number = 0; number < 200; ++number)
      expected.insert(expected.end(), static_cast<std::size_t>(copies_of(number)), number);
    CHECK(found == expected);
  }
}
