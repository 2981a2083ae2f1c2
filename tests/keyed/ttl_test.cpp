// SPDX-License-Identifier: BSL-1.0
// When state with a time to live is gone.
#include "keyed_rig.hpp"

using namespace keyed;

namespace {

template <TimeDomain domain, TtlRefresh refresh>
struct Aging : Told {
  static constexpr StateOptions options{.ttl = 10s, .time = domain, .refresh = refresh};
  ValueState<std::string> value{"value", options};
  ListState<int> list{"list", options};
  MapState<int, std::string> map{"map", options};
  ReducingState<int, std::plus<>> sum{"sum", options};
  auto states() { return std::tie(value, list, map, sum); }
  void on_record(const Act<Aging>& act, Timestamp, Emitter<std::string>& out) { act.f(*this, out); }
  std::string dump() {
    std::string all = value.value_or("-");
    for (const int item : list) all += " " + std::to_string(item);
    for (const auto& [k, v] : map) all += " " + std::to_string(k) + "=" + v;
    if (const int* s = sum.get()) all += " sum " + std::to_string(*s);
    return all;
  }
  void add(int n) {
    value.set(std::to_string(n));
    list.add(n);
    map.put(n, "x");
    sum.add(n);
  }
};
using ByEvent = Aging<TimeDomain::event, TtlRefresh::on_write>;
using ByRead = Aging<TimeDomain::event, TtlRefresh::on_read>;
using ByClock = Aging<TimeDomain::processing, TtlRefresh::on_write>;

template <class Op>
std::string dump(KeyedRig<Op>& rig, Timestamp t, const std::string& key = "a") {
  return rig.ask(key, t, [](Op& op) { return op.dump(); });
}
template <class Op>
void add(KeyedRig<Op>& rig, Timestamp t, int n, const std::string& key = "a") {
  rig.push(key, t, [n](Op& op) { op.add(n); });
}

}  // namespace

TEST_CASE("an entry is gone when a record comes that is its time to live later") {
  KeyedRig<ByEvent> rig;
  add(rig, at(0s), 1);
  CHECK(dump(rig, at(9'999'999us)) == "1 1 1=x sum 1");
  CHECK(dump(rig, at(10s)) == "-");
  CHECK(dump(rig, at(5s)) == "-");  // and stays so for one that is out of order
  add(rig, at(20s), 2);
  CHECK(dump(rig, at(21s)) == "2 2 2=x sum 2");
}

TEST_CASE("an entry is gone when the watermark is its time to live later") {
  KeyedRig<ByEvent> rig;
  add(rig, at(0s), 1);
  rig.watermark(at(9s));
  CHECK(dump(rig, at(0s)) == "1 1 1=x sum 1");
  rig.watermark(at(10s));
  CHECK(dump(rig, at(0s)) == "-");
}

TEST_CASE("items of a list and entries of a map expire one by one; a write begins a life anew") {
  KeyedRig<ByEvent> rig;
  add(rig, at(0s), 1);
  add(rig, at(4s), 2);
  add(rig, at(2s), 3);  // out of order: it makes nothing older than it was
  CHECK(dump(rig, at(9s)) == "3 1 2 3 1=x 2=x 3=x sum 6");
  CHECK(dump(rig, at(11s)) == "3 2 3 2=x 3=x sum 6");
  CHECK(dump(rig, at(13s)) == "3 2 2=x sum 6");
  rig.push("a", at(13s), [](ByEvent& op) {
    op.map.put(2, "y");
    CHECK(op.list.size() == 1);
    CHECK(op.map.get(3) == nullptr);
  });
  CHECK(dump(rig, at(14s)) == "- 2=y");
  CHECK(dump(rig, at(23s)) == "-");
}

TEST_CASE("a write to what has expired finds nothing there") {
  KeyedRig<ByEvent> rig;
  add(rig, at(0s), 1);
  rig.push("a", at(50s), [](ByEvent& op) {
    op.value.update([](std::string& s) { s += "new"; });
    op.map.update(1, [](std::string& s) { s += "new"; });
    op.sum.add(5);
  });
  CHECK(dump(rig, at(50s)) == "new 1=new sum 5");
}

TEST_CASE("with on_read, what is asked for lives on") {
  KeyedRig<ByRead> rig;
  add(rig, at(0s), 1);
  add(rig, at(0s), 2, "unread");
  for (const Duration t : {8s, 16s, 24s}) CHECK(dump(rig, at(t)) == "1 1 1=x sum 1");
  CHECK(dump(rig, at(24s), "unread") == "-");
  CHECK(dump(rig, at(34s)) == "-");
}

TEST_CASE("a record that fails neither lets expire nor prolongs") {
  KeyedRig<ByRead> rig;
  add(rig, at(0s), 1);
  for (const Duration t : {9s, 20s})
    rig.push("a", at(t), [](ByRead& op) {
      (void)op.dump();
      throw std::runtime_error("no");
    });
  CHECK(rig.letters().size() == 2);
  CHECK(dump(rig, at(9s)) == "1 1 1=x sum 1");
}

TEST_CASE("in processing time, the clock decides") {
  KeyedRig<ByClock> rig;
  add(rig, at(0s), 1);
  rig.watermark(at(1'000'000s));
  rig.pass(9s);
  CHECK(dump(rig, at(2'000'000s)) == "1 1 1=x sum 1");
  rig.pass(1s);
  CHECK(dump(rig, at(0s)) == "-");
}

TEST_CASE("what has expired is taken out of memory though nobody asks for it", "[memory]") {
  KeyedRig<ByEvent> rig;
  const auto key = [](int i) {
    return "a key that is long enough for the heap " + std::to_string(i);
  };
  for (int i = 0; i < 5000; ++i)
    rig.push(key(i), at(0s), [](ByEvent& op) { op.map.put(1, std::string(1000, 'x')); });
  const std::uint64_t full = rig.state_bytes();
  rig.watermark(at(10s));
  SECTION("as records come") {
    for (int i = 0; i < 1300; ++i) add(rig, at(10s), i, "another");
  }
  SECTION("as time passes") { rig.pass(100ms); }
  CHECK(rig.state_bytes() < full / 3);  // places of rows stay, for others
  CHECK(rig.save().size() <= 2);
  const std::uint64_t emptied = rig.state_bytes();
  for (int i = 0; i < 2000; ++i) add(rig, at(10s), i, key(i));  // in their places
  CHECK(rig.state_bytes() < emptied + 2000 * 250);
}

TEST_CASE("a table of keys that come and go stays near the size of those that live") {
  struct Seen : Told {
    ValueState<int> seen{"seen", {.ttl = 10s}};
    auto states() { return std::tie(seen); }
    void on_record(const Act<Seen>& act, Timestamp, Emitter<std::string>& out) {
      act.f(*this, out);
    }
  };
  // A thousand keys live; 200 thousand come.
  KeyedRig<Seen> rig;
  for (int i = 0; i < 200'000; ++i) {
    rig.push(std::to_string(i), at(i * 10ms), [](Seen& op) { op.seen.set(1); });
    if (i % 100 == 0) rig.watermark(at(i * 10ms));
  }
  CHECK(rig.state_bytes() < 1500 * 200);
}

TEST_CASE("saved entries keep their age; those of a state that did not expire begin to now") {
  struct Plain : Told {
    ValueState<std::string> value{"value"};
    ListState<int> list{"list"};
    MapState<int, std::string> map{"map"};
    ReducingState<int, std::plus<>> sum{"sum"};
    auto states() { return std::tie(value, list, map, sum); }
    void on_record(const Act<Plain>& act, Timestamp, Emitter<std::string>& out) {
      act.f(*this, out);
    }
  };
  KeyedRig<ByEvent> rig;
  add(rig, at(0s), 1);
  rig.watermark(at(4s));
  const auto items = rig.save();
  {
    KeyedRig<ByEvent> same;
    same.load(items).value();
    CHECK(dump(same, at(9s)) == "1 1 1=x sum 1");
    CHECK(dump(same, at(10s)) == "-");
  }
  KeyedRig<Plain> plain;
  plain.load(items).value();
  plain.watermark(at(1000s));
  CHECK(plain.ask("a", at(1000s), [](Plain& op) { return op.list.size(); }) == 1);
  const auto plain_items = plain.save();
  KeyedRig<ByEvent> again;
  again.load(plain_items).value();
  CHECK(dump(again, at(1009s)) == "1 1 1=x sum 1");
  CHECK(dump(again, at(1010s)) == "-");
  KeyedRig<ByClock> other_clock;
  other_clock.load(items).value();
  CHECK(dump(other_clock, at(0s)) == "1 1 1=x sum 1");
  other_clock.pass(10s);
  CHECK(dump(other_clock, at(0s)) == "-");
}

TEST_CASE("as the input ends, the last timers still find what has not expired before them") {
  struct Closing : Told {
    ValueState<std::string> value{"value", {.ttl = 1h}};
    ReducingState<int, std::plus<>> brief{"brief", {.ttl = 10s}};
    auto states() { return std::tie(value, brief, timers); }
    void on_record(const Act<Closing>& act, Timestamp, Emitter<std::string>& out) {
      act.f(*this, out);
    }
    void on_timer(const std::string& key, Timestamp t, Emitter<std::string>& out) {
      out.emit(text(key, t) + value.value_or("-") + (brief.get() ? "b" : "-"), t);
    }
    void on_processing_timer(const std::string& key, Timestamp t, Emitter<std::string>& out) {
      out.emit(key + value.value_or("-"), t);
    }
  };
  KeyedRig<Closing> rig;
  rig.push("a", at(0s), [&](Closing& op) {
    op.value.set("v");
    op.brief.add(1);
    for (const Duration t : {5s, 60s}) op.timers.at_event_time(at(t));
    op.timers.at_event_time(end_of_time);
    op.timers.at_processing_time(rig.clock() + 1h);
  });
  rig.end();
  CHECK(rig.take() == std::vector<std::string>{"a@5vb", "a@60v-", "a@endv-", "av"});
}
