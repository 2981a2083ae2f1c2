// SPDX-License-Identifier: BSL-1.0
// What is refused, and how.
#include "keyed_rig.hpp"
#include "millrace/stream/keyed_stream.hpp"
#include "millrace/stream/topology.hpp"
#include "millrace/testing/memory.hpp"

using namespace keyed;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

template <class... H>
struct With : Told {
  std::tuple<H...> handles;
  explicit With(H... h) : handles(std::move(h)...) {}
  auto states() {
    return std::apply([](auto&... h) { return std::tie(h...); }, handles);
  }
  void on_record(const Act<With>& act, Timestamp, Emitter<std::string>& out) { act.f(*this, out); }
};
template <class... H>
KeyedRig<With<H...>> rig_of(H... h) {
  return KeyedRig<With<H...>>(1, With<H...>(std::move(h)...));
}
template <class... H>
std::vector<StateItem> items_of(H... h) {
  auto rig = rig_of(std::move(h)...);
  rig.push("a", at(0s), [](With<H...>& op) { std::get<0>(op.handles).set(1); });
  return rig.save();
}
template <class... H>
std::string load_error(const std::vector<StateItem>& items, H... h) {
  const auto done = rig_of(std::move(h)...).load(items);
  return done ? "loaded" : done.error().message();
}

}  // namespace

TEST_CASE("saved state that the operator no longer has, or has as another kind, is refused") {
  const auto items = items_of(ValueState<int>("x"), ValueState<int>("y"));
  CHECK(load_error(items, ValueState<int>("y"), ValueState<int>("x"), ValueState<int>("z")) ==
        "loaded");
  CHECK(load_error(items, ValueState<int>("y")) ==
        "the checkpoint holds state \"x\", which the operator's states() no longer gives; keep it, "
        "or give the changed step a new name");
  CHECK(
      load_error(items, ListState<int>("x"), ValueState<int>("y")) ==
      "the checkpoint holds state \"x\" as a value, the operator as a list; give the changed state "
      "a new name");
}

TEST_CASE("saved timers of an operator that has none any more are refused") {
  struct Timed : Told {
    auto states() { return std::tie(timers); }
    void on_record(const Act<Timed>& act, Timestamp, Emitter<std::string>& out) {
      act.f(*this, out);
    }
    void on_timer(const std::string&, Timestamp, Emitter<std::string>&) {}
  };
  KeyedRig<Timed> rig;
  rig.push("a", at(0s), [](Timed& op) { op.timers.at_event_time(at(1s)); });
  CHECK(
      load_error(rig.save(), ValueState<int>("x")) ==
      "the checkpoint holds its timers, which the operator's states() no longer gives; keep it, or "
      "give the changed step a new name");
}

TEST_CASE("state in a newer format is refused") {
  auto items = items_of(ValueState<int>("x"));
  items[0].bytes[0] = 9;
  CHECK(load_error(items, ValueState<int>("x")) ==
        "keyed state has format 9, this program reads 1; use the newer program");
}

TEST_CASE("cut or damaged state is an error or loads as something else, never a crash") {
  struct Full : Told {
    ValueState<std::string> value{"value", {.ttl = 1h}};
    ListState<std::string> list{"list", {.ttl = 1h}};
    MapState<std::string, int> map{"map"};
    auto states() { return std::tie(value, list, map, timers); }
    void on_record(const Act<Full>& act, Timestamp, Emitter<std::string>& out) {
      act.f(*this, out);
    }
    void on_timer(const std::string&, Timestamp, Emitter<std::string>&) {}
  };
  KeyedRig<Full> rig;
  rig.push("a key", at(0s), [](Full& op) {
    op.value.set("value");
    op.list.assign({"x", "y"});
    op.map.put("k", 1);
    op.map.put("l", 1);
    op.timers.at_event_time(at(1s));
    op.timers.at_event_time(at(2s));
  });
  const auto items = rig.save();
  REQUIRE(items.size() == 2);
  const StateItem& whole = items[1];
  KeyedRig<Full> fresh;
  fresh.step().load(whole).value();
  const std::size_t header = items[0].bytes.size() - sizeof(std::int64_t);  // no watermark
  for (std::size_t n = 0; n < whole.bytes.size(); ++n) {
    StateItem cut = whole;
    cut.bytes.resize(n);
    KeyedRig<Full> reader;
    const auto done = reader.step().load(cut);
    INFO("cut to " << n);
    CHECK(done.has_value() == (n == header));
    if (!done) CHECK(done.error().code() == Errc::corrupted);
  }
  SeededRng rng(1);
  for (int i = 0; i < (on_rocksdb() ? 60 : 20'000); ++i) {
    StateItem damaged = whole;
    for (auto flips = 1 + rng.below(3); flips > 0; --flips)
      damaged.bytes[rng.below(damaged.bytes.size())] = static_cast<char>(rng.below(256));
    KeyedRig<Full> reader;
    if (reader.step().load(damaged)) reader.watermark(end_of_time);
  }
}

TEST_CASE("past the state budget the pipeline fails, with the step and what it holds", "[memory]") {
  auto rig = KeyedRig<With<ListState<std::string>>>(
      1, With<ListState<std::string>>(ListState<std::string>("list")), 1_MiB);
  const auto add = [](With<ListState<std::string>>& op) {
    std::get<0>(op.handles).add(std::string(1000, 'x'));
  };
  const auto fill = [&] {
    for (int i = 0; i < 2000; ++i) rig.push(std::to_string(i % 7), at(0s), add);
  };
  CHECK_THROWS_WITH(
      fill(), StartsWith("step \"step\": its keyed state holds 10") &&
                  EndsWith(" bytes, and with that the pipeline's state passes its limit of 1048576 "
                           "bytes; raise the limit, give state a time to live, clear what is not "
                           "needed or keep it outside of memory"));
  CHECK(rig.state_bytes() > 1'000'000);
  CHECK(rig.state_bytes() < 1'100'000);
}

TEST_CASE("the state budget counts a restored state, and gets back what is cleared or dropped",
          "[memory]") {
  using Op = With<ValueState<std::string>>;
  std::vector<StateItem> items;
  {
    KeyedRig<Op> rig(1, Op(ValueState<std::string>("value")));
    for (int i = 0; i < 1000; ++i)
      rig.push(std::to_string(i), at(0s),
               [](Op& op) { std::get<0>(op.handles).set(std::string(1000, 'x')); });
    CHECK(rig.state_bytes() > 1'000'000);
    items = rig.save();
    for (int i = 0; i < 1000; ++i)
      rig.push(std::to_string(i), at(0s), [](Op& op) { std::get<0>(op.handles).clear(); });
    CHECK(rig.state_bytes() < 200'000);
  }
  KeyedRig<Op> small(1, Op(ValueState<std::string>("value")), 500_KiB);
  const auto done = small.load(items);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == Errc::limit_exceeded);
}

TEST_CASE("a topology with states that can't work is refused as it is built") {
  struct Nothing : Told {
    ValueState<int> a, b;
    Nothing(const char* first, const char* second, StateOptions options = {})
        : a(first, options), b(second) {}
    auto states() { return std::tie(a, b); }
    void on_record(const std::string&, Timestamp, Emitter<std::string>&) {}
  };
  struct Timed : Told {
    auto states() { return std::tie(timers); }
    void on_record(const std::string&, Timestamp, Emitter<std::string>&) {}
    void on_timer(const std::string&, Timestamp, Emitter<std::string>&) {}
  };
  struct Clocked : Told {
    auto states() { return std::tie(timers); }
    void on_record(const std::string&, Timestamp, Emitter<std::string>&) {}
    void on_processing_timer(const std::string&, Timestamp, Emitter<std::string>&) {}
  };
  const auto build = [](auto op) {
    Topology t("t");
    t.source("in", millrace::testing::From<std::string>(std::vector<std::string>{}))
        .key_by([](const std::string& s) { return s; })
        .process("step", op);
  };
  CHECK_THROWS_WITH(build(Nothing("x", "")),
                    EndsWith("step \"step\": one of its states has no name; give each handle a "
                             "name that stays"));
  CHECK_THROWS_WITH(build(Nothing("x", "x")),
                    EndsWith("step \"step\": two of its states are called \"x\""));
  CHECK_THROWS_WITH(
      build(Nothing("x", "y", {.ttl = -1s})),
      EndsWith("state \"x\": the time to live must not be negative, got -1000000 us"));
  CHECK_THROWS_WITH(build(Nothing("x", "y", {.ttl = 1s})),
                    EndsWith("step \"step\": state \"x\" expires in event time; call "
                             ".event_time(name, when, watermark::bounded_out_of_orderness(5s)) "
                             "before .key_by(...), or say .time = TimeDomain::processing"));
  CHECK_THROWS_WITH(build(Timed{}),
                    EndsWith("step \"step\": on_timer needs event time; call .event_time(name, "
                             "when, watermark::bounded_out_of_orderness(5s)) before .key_by(...), "
                             "or use timers in processing time"));
  CHECK_NOTHROW(build(Nothing("x", "y", {.ttl = 1s, .time = TimeDomain::processing})));
  CHECK_NOTHROW(build(Clocked{}));
}
