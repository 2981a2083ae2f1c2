// SPDX-License-Identifier: BSL-1.0
// When timers fire, and in which order.
#include "keyed_rig.hpp"

using namespace keyed;

namespace {

struct Alarms : Told {
  using key_type = int;
  ValueState<int> rings{"rings"};
  auto states() { return std::tie(rings, timers); }
  void on_record(const Act<Alarms>& act, Timestamp, Emitter<std::string>& out) {
    act.f(*this, out);
  }
  void on_timer(const int& key, Timestamp t, Emitter<std::string>& out) {
    out.emit(text(key, t), t);
    if (also) also(*this, key, t);
  }
  void on_processing_timer(const int& key, Timestamp t, Emitter<std::string>& out) {
    out.emit("p" + text(key, t), t);
    if (also) also(*this, key, t);
  }
  std::function<void(Alarms&, int, Timestamp)> also = nullptr;
};
Alarms also(std::function<void(Alarms&, int, Timestamp)> f) {
  Alarms alarms;
  alarms.also = std::move(f);
  return alarms;
}
using Rig = KeyedRig<Alarms>;
using Names = std::vector<std::string>;

auto set(std::vector<Duration> times) {
  return [=](Alarms& op) {
    for (const Duration t : times) op.timers.at_event_time(at(t));
  };
}
auto set_processing(Timestamp t) {
  return [=](Alarms& op) { op.timers.at_processing_time(t); };
}

}  // namespace

TEST_CASE("timers fire in the order of time and key, before the watermark that reaches them") {
  Rig rig;
  rig.push(7, at(0s), set({30s, 20s}));
  rig.push(-2, at(0s), set({30s}));
  rig.push(11, at(0s), set({30s, 31s}));
  rig.watermark(at(19s));
  CHECK(rig.take().empty());
  rig.events();
  rig.watermark(at(30s));
  CHECK(rig.take() == Names{"7@20", "-2@30", "7@30", "11@30"});
  CHECK(rig.events() == Names{"r4", "w30000"});
  rig.watermark(at(30s));
  CHECK(rig.take().empty());
  rig.watermark(at(31s));
  CHECK(rig.take() == Names{"11@31"});
}

TEST_CASE("a timer is one per key and time, and can be cancelled") {
  Rig rig;
  rig.push(1, at(0s), set({10s, 10s, 20s, 30s}));
  rig.push(1, at(0s), set({10s}));
  rig.push(2, at(0s), set({20s}));
  rig.push(1, at(0s), [](Alarms& op) {
    op.timers.cancel_event_time(at(20s));
    op.timers.cancel_event_time(at(25s));
    op.timers.cancel_processing_time(at(10s));
  });
  rig.push(3, at(0s), [](Alarms& op) {
    op.timers.at_event_time(at(15s));
    op.timers.cancel_event_time(at(15s));
  });
  rig.push(4, at(0s), [](Alarms& op) {
    op.timers.cancel_event_time(at(15s));
    op.timers.at_event_time(at(15s));
  });
  rig.watermark(at(60s));
  CHECK(rig.take() == Names{"1@10", "4@15", "2@20", "1@30"});
}

TEST_CASE("a timer that is set for the past fires with the next watermark") {
  Rig rig;
  rig.watermark(at(100s));
  rig.push(1, at(100s), set({5s, 100s}));
  CHECK(rig.take().empty());
  rig.watermark(at(101s));
  CHECK(rig.take() == Names{"1@5", "1@100"});
}

TEST_CASE("a timer function may set timers: those that the watermark has reached fire, too") {
  Rig rig(1, also([](Alarms& op, int key, Timestamp t) {
            if (key == 1) op.timers.at_event_time(t + 10s);
            if (key == 2) op.timers.at_event_time(t);  // not for ever: with the next watermark
            if (key == 3) op.timers.at_event_time(t - 50s);
          }));
  rig.push(1, at(0s), set({10s}));
  rig.push(2, at(0s), set({20s}));
  rig.push(3, at(0s), set({25s}));
  rig.watermark(at(35s));
  CHECK(rig.take() == Names{"1@10", "1@20", "2@20", "3@25", "1@30"});
  rig.watermark(at(41s));
  CHECK(rig.take() == Names{"3@-25", "2@20", "1@40"});
}

TEST_CASE("a timer function may cancel its key's other timers") {
  Rig rig(1, also([](Alarms& op, int, Timestamp t) { op.timers.cancel_event_time(t + 1s); }));
  rig.push(1, at(0s), set({10s, 11s, 12s}));
  rig.watermark(at(20s));
  CHECK(rig.take() == Names{"1@10", "1@12"});
}

TEST_CASE("a timer function sees its key's state") {
  Rig rig(1, also([](Alarms& op, int, Timestamp) { op.rings.update([](int& n) { ++n; }); }));
  for (const int key : {1, 2}) rig.push(key, at(0s), set({10s, 20s, 30s}));
  rig.watermark(at(20s));
  for (const int key : {1, 2})
    CHECK(rig.ask(key, at(20s), [](Alarms& op) { return op.rings.value_or(0); }) == 2);
}

TEST_CASE("watermark() tells how far event time has come, within a timer to that timer") {
  std::vector<Timestamp> seen;
  Rig rig(1, also([&](Alarms& op, int, Timestamp) { seen.push_back(op.timers.watermark()); }));
  rig.push(1, at(0s), [&](Alarms& op) {
    seen.push_back(op.timers.watermark());
    set({10s, 20s})(op);
  });
  rig.watermark(at(50s));
  rig.push(1, at(60s), [&](Alarms& op) { seen.push_back(op.timers.watermark()); });
  CHECK(seen == std::vector<Timestamp>{start_of_time, at(10s), at(20s), at(50s)});
}

TEST_CASE("timers in processing time fire as the clock passes, whatever the watermark") {
  Rig rig;
  const Timestamp now = rig.clock();
  rig.push(2, at(0s), set_processing(now + 10s));
  rig.push(1, at(0s), set_processing(now + 10s));
  rig.push(1, at(0s), set_processing(now + 20s));
  rig.push(3, at(0s), [=](Alarms& op) {
    op.timers.at_processing_time(now + 10s);
    op.timers.at_processing_time(now + 15s);
    op.timers.cancel_processing_time(now + 10s);
    CHECK(op.timers.processing_time() == now);
  });
  rig.watermark(at(1'000'000s));
  rig.pass(9s);
  CHECK(rig.take().empty());
  rig.pass(1s);
  const auto name = [&](int key, Duration d) { return "p" + Told::text(key, now + d); };
  CHECK(rig.take() == Names{name(1, 10s), name(2, 10s)});
  rig.pass(60s);
  CHECK(rig.take() == Names{name(3, 15s), name(1, 20s)});
}

TEST_CASE("the end of the input fires each timer that is left once, and no new one") {
  Rig rig(1, also([](Alarms& op, int, Timestamp t) {
            if (t > end_of_time - 1min) return;
            op.timers.at_event_time(t + 1min);
            op.timers.at_processing_time(t + 1min);
          }));
  const Timestamp later = rig.clock() + 1h;
  rig.push(1, at(0s), set({10s, 3600s}));
  rig.push(2, at(0s), [](Alarms& op) { op.timers.at_event_time(end_of_time); });
  rig.push(3, at(0s), set_processing(later));
  rig.watermark(at(10s));
  CHECK(rig.take() == Names{"1@10"});
  rig.end();
  CHECK(rig.take() ==
        Names{"1@70", "1@3600", "2@end", "p" + Told::text(1, at(70s)), "p" + Told::text(3, later)});
  CHECK(rig.events().back() == "end");
  CHECK(rig.save().size() == 1);  // nothing but the common piece is left
}

TEST_CASE("timers set and cancelled a thousand times leave neither a mark nor memory") {
  Rig rig;
  rig.push(0, at(0s), set({2'000'000s}));
  // A session that each record prolongs.
  for (int i = 0; i < 100'000; ++i)
    rig.push(i % 10, at(i * 1s), [i](Alarms& op) {
      op.timers.cancel_event_time(at((i - 10) * 1s) + 1'000'000s);
      op.timers.at_event_time(at(i * 1s) + 1'000'000s);
    });
  CHECK(rig.state_bytes() < 20'000);
  rig.watermark(at(1'500'000s));
  CHECK(rig.take().size() == 10);
  rig.watermark(at(2'000'000s));
  CHECK(rig.take() == Names{"0@2000000"});
}

TEST_CASE("a key with very many timers is as quick as many keys with one", "[memory]") {
  Rig rig;
  for (int i = 0; i < 50'000; ++i)
    rig.push(1, at(0s), [i](Alarms& op) { op.timers.at_event_time(at((i * 7919 % 50'000) * 1s)); });
  rig.watermark(at(50'000s));
  const Names fired = rig.take();
  REQUIRE(fired.size() == 50'000);
  for (int i = 0; i < 50'000; ++i)
    REQUIRE(fired[static_cast<std::size_t>(i)] == "1@" + std::to_string(i));
}

TEST_CASE("timers are saved: those that have fired do not fire again, the others do") {
  std::vector<StateItem> items;
  Timestamp later;
  {
    Rig rig(3);
    later = rig.clock() + 1h;
    for (int key = 0; key < 100; ++key) {
      rig.push(key, at(0s), set({10s, 20s, 30s}));
      rig.push(key, at(0s), set_processing(later));
    }
    rig.watermark(at(15s));
    CHECK(rig.take().size() == 100);
    items = rig.save();
  }
  for (const unsigned parallelism : {3u, 1u, 7u}) {
    Rig rig(parallelism);
    rig.load(items).value();
    rig.watermark(at(15s));
    CHECK(rig.take().empty());
    rig.watermark(at(20s));
    CHECK(rig.take().size() == 100);
    rig.pass(2h);
    CHECK(rig.take().size() == 100);
    rig.watermark(at(90s));
    CHECK(rig.take().size() == 100);
  }
}

TEST_CASE("a timer of a domain that the operator has no function for is an error of its record") {
  struct EventOnly : Told {
    auto states() { return std::tie(timers); }
    void on_record(const Act<EventOnly>& act, Timestamp, Emitter<std::string>& out) {
      act.f(*this, out);
    }
    void on_timer(const std::string&, Timestamp, Emitter<std::string>&) {}
  };
  KeyedRig<EventOnly> rig;
  rig.push("a", at(0s), [](EventOnly& op) { op.timers.at_processing_time(at(0s)); });
  CHECK(rig.letters() == Names{"a timer was set that nobody would be told of: give the operator "
                               "'void on_processing_timer(const Key&, Timestamp, Emitter<U>&)'"});
}

TEST_CASE("an exception from a timer function fails the pipeline with the step's name") {
  Rig rig(1, also([](Alarms&, int, Timestamp) { throw std::runtime_error("alarm"); }));
  rig.push(1, at(0s), set({1s}));
  try {
    rig.watermark(at(1s));
    FAIL("nothing was thrown");
  } catch (const DownstreamFailure& failure) {
    try {
      std::rethrow_exception(failure.cause);
    } catch (const Failure& cause) {
      CHECK(std::string(cause.what()) == "step \"step\": alarm");
    }
  }
}
