// SPDX-License-Identifier: BSL-1.0
#include <new>

#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

Event odd_is_bad(const Event& e) {
  if (e.value % 2 == 1) throw std::runtime_error("odd: " + std::to_string(e.value));
  return e;
}

}  // namespace

TEST_CASE("a record whose function throws becomes a letter with its bytes; the others go on") {
  for (const unsigned parallelism : {1u, 2u}) {
    INFO("parallelism " << parallelism);
    Board board{.shelves = {{"shelf", events(100)}}};
    Store<Event> store;
    Store<DeadLetter> letters;
    Topology t("letters");
    t.source("in", Shelves{&board}).map("even", odd_is_bad).to("out", Collect<Event>{&store});
    t.dead_letters().to("rejects", Collect<DeadLetter>{&letters});
    CHECK(run(std::move(t), {.parallelism = parallelism}) == "finished");
    CHECK(store.values.size() == 50);
    REQUIRE(letters.values.size() == 50);
    const DeadLetter& third = letters.values[2];
    CHECK(third.step == "even");
    CHECK(third.reason == "the step's function threw: odd: 5");
    CHECK(third.source == "in");
    CHECK(third.partition == "shelf");
    CHECK(third.position == "10");  // after the batch that held it
    CHECK(third.bytes == "event 5");
  }
}

TEST_CASE("skip drops and counts; fail ends the pipeline with step and reason, said once") {
  Board board{.shelves = {{"a", events(100)}}};
  Store<Event> store;
  Store<DeadLetter> letters;
  Topology t("policies");
  sim::Env env;
  SECTION("skip") {
    t.source("in", Shelves{&board})
        .map("even", odd_is_bad, OnError::skip)
        .to("out", Collect<Event>{&store});
    t.dead_letters().to("rejects", Collect<DeadLetter>{&letters});
    Pipeline pipeline(std::move(t));
    CHECK(run(env, pipeline) == "finished");
    CHECK(store.values.size() == 50);
    CHECK(letters.values.empty());
    CHECK(pipeline.metrics().find("even")->errors == 50);
  }
  SECTION("fail") {
    t.source("in", Shelves{&board})
        .map("before", [](const Event& e) { return e; })
        .map("even", odd_is_bad, OnError::fail)
        .to("out", Collect<Event>{&store});
    Pipeline pipeline(std::move(t));
    CHECK(run(env, pipeline) == "failed: step \"even\": the step's function threw: odd: 1");
    CHECK(pipeline.metrics().find("even")->errors == 1);
    CHECK(pipeline.metrics().find("before")->errors == 0);
  }
}

TEST_CASE("letters that nobody takes are counted as errors of their step") {
  Board board{.shelves = {{"a", events(100)}}};
  Store<Event> store;
  Topology t("uncollected");
  t.source("in", Shelves{&board}).map("even", odd_is_bad).to("out", Collect<Event>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t));
  CHECK(run(env, pipeline) == "finished");
  CHECK(pipeline.metrics().find("even")->errors == 50);
  CHECK(store.values.size() == 50);
}

TEST_CASE("a failure downstream is not taken for an error of the record upstream") {
  Board board{.shelves = {{"a", events(2000)}}, .per_read = 256};
  Store<Event> store;
  Topology t("downstream");
  t.source("in", Shelves{&board})
      .flat_map<Event>("twice",
                       [](const Event& e, Timestamp time, Emitter<Event>& out) {
                         out.emit(e, time);
                         out.emit(e, time);
                       })
      .map("pass", [](const Event& e) { return e; })
      .map("even", odd_is_bad, OnError::fail)
      .to("out", Collect<Event>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t));
  CHECK(run(env, pipeline) == "failed: step \"even\": the step's function threw: odd: 1");
  CHECK(pipeline.metrics().find("twice")->errors == 0);
  CHECK(pipeline.metrics().find("pass")->errors == 0);
}

TEST_CASE("an error behind the dead letters fails the pipeline, and makes no further letter") {
  Board board{.shelves = {{"a", events(2000)}}, .per_read = 256};
  Store<Event> store;
  Store<DeadLetter> letters;
  Topology t("behind");
  t.source("in", Shelves{&board}).map("even", odd_is_bad).to("out", Collect<Event>{&store});
  t.dead_letters()
      .map("check",
           [](const DeadLetter& letter) {
             if (letter.bytes == "event 21") throw std::runtime_error("twenty-one");
             return letter;
           })
      .to("rejects", Collect<DeadLetter>{&letters});
  sim::Env env;
  Pipeline pipeline(std::move(t));
  CHECK(run(env, pipeline) == "failed: step \"check\": the step's function threw: twenty-one");
  CHECK(pipeline.metrics().find("even")->errors < 40);
}

TEST_CASE("memory that runs out in a function fails the pipeline; the record is not to blame") {
  Board board{.shelves = {{"a", events(10)}}};
  Store<Event> store;
  Topology t("memory");
  t.source("in", Shelves{&board})
      .map("hungry",
           [](const Event& e) {
             if (e.value == 5) throw std::bad_alloc();
             return e;
           })
      .to("out", Collect<Event>{&store});
  CHECK(run(std::move(t)) == "failed: out of memory; lower flow_budget and state_budget");
}

TEST_CASE("a key function that throws makes a letter of its record at any parallelism") {
  for (const unsigned parallelism : {1u, 2u, 3u}) {
    INFO("parallelism " << parallelism);
    Board board{.shelves = {{"a", events(100)}}};
    Store<Windowed<int, std::uint64_t>> store;
    Store<DeadLetter> letters;
    Topology t("keys");
    t.source("in", Shelves{&board})
        .event_time("time", &Event::time, watermark::bounded_out_of_orderness(1s))
        .key_by([](const Event& e) {
          if (e.value == 42) throw std::runtime_error("no key");
          return e.key;
        })
        .window(tumbling(10s))
        .aggregate("counts", agg::count())
        .to("out", Collect<Windowed<int, std::uint64_t>>{&store});
    t.dead_letters().to("rejects", Collect<DeadLetter>{&letters});
    CHECK(run(std::move(t), {.parallelism = parallelism}) == "finished");
    REQUIRE(letters.values.size() == 1);
    CHECK(letters.values[0].step == "counts");
    CHECK(letters.values[0].bytes == "event 42");
    CHECK(letters.values[0].source == "in");
    CHECK(letters.values[0].partition == "a");
    std::uint64_t total = 0;
    for (const auto& count : store.values) total += count.value;
    CHECK(total == 99);
  }
}

TEST_CASE("a letter from behind an exchange has its bytes and source, and no wrong partition") {
  std::size_t known = 0;
  for (const unsigned parallelism : {1u, 2u, 3u}) {
    INFO("parallelism " << parallelism);
    Board board{.shelves = {}};
    for (int i = 0; i < 4; ++i)
      board.shelves.push_back(
          {std::string(1, static_cast<char>('a' + i)), events(100, 4, i * 100)});
    Store<Event> store;
    Store<DeadLetter> letters;
    Topology t("exchanges");
    t.source("in", Shelves{&board})
        .map("one", [](const Event& e) { return e; })
        .parallelism(parallelism + 1)
        .map("two", [](const Event& e) { return e; })
        .parallelism(2)
        .map("even", odd_is_bad)
        .to("out", Collect<Event>{&store});
    t.dead_letters().to("rejects", Collect<DeadLetter>{&letters});
    CHECK(run(std::move(t), {.parallelism = parallelism}) == "finished");
    REQUIRE(letters.values.size() == 200);
    for (const DeadLetter& letter : letters.values) {
      const int value = std::stoi(letter.bytes.substr(sizeof "event"));
      CHECK(letter.source == "in");
      CHECK(letter.position.empty());
      if (letter.partition.empty()) continue;
      ++known;
      CHECK(letter.partition == std::string(1, static_cast<char>('a' + value / 100)));
    }
  }
  CHECK(known > 0);
}

TEST_CASE("what on_watermark throws fails the pipeline with the step's name") {
  struct Touchy {
    using output_type = Event;
    void on_record(const Event&, Timestamp, Emitter<Event>&) {}
    void on_watermark(Timestamp t, Emitter<Event>&) {
      if (t > at(50s)) throw std::runtime_error("too late for me");
    }
  };
  Board board{.shelves = {{"a", events(100)}}};
  Store<Event> store;
  Topology t("watermarks");
  t.source("in", Shelves{&board})
      .event_time("time", &Event::time, watermark::bounded_out_of_orderness(1s))
      .process("touchy", Touchy{})
      .to("out", Collect<Event>{&store});
  CHECK(run(std::move(t)) == "failed: step \"touchy\": too late for me");
}
