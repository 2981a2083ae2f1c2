// SPDX-License-Identifier: BSL-1.0
// A keyed step is saved as it was when the barrier passed, however late that is written down.
#include <thread>

#include "keyed_rig.hpp"

using namespace keyed;

namespace {

struct Counting : Told {
  using key_type = int;
  ValueState<int> count{"count"};
  ListState<int> all{"all", {.ttl = 100s}};
  auto states() { return std::tie(count, all, timers); }
  void on_record(const Act<Counting>& act, Timestamp, Emitter<std::string>& out) {
    act.f(*this, out);
  }
  void on_timer(int, Timestamp, Emitter<std::string>&) { count.clear(); }
};

struct Taken final : StateSink {
  std::vector<StateItem> items;
  void take(StateItem item) override { items.push_back(std::move(item)); }
};

/// A barrier that writes down later.
struct Later final : Barrier {
  std::vector<std::unique_ptr<FrozenState>> frozen;
  CheckpointId id() const override { return CheckpointId{}; }
  void save(const Step&, StateItem) override {}
  void save_later(const Step&, std::unique_ptr<FrozenState> state) override {
    frozen.push_back(std::move(state));
  }
  void sink_done(const Step&) override {}
  void sink_done(const Step&, Committable) override {}
  void committed(const Step&) override {}

  std::vector<StateItem> items() {
    Taken taken;
    for (auto& state : frozen) state->encode(taken);
    frozen.clear();
    return std::move(taken.items);
  }
};

void add_to(KeyedRig<Counting>& rig, int key, Timestamp t) {
  rig.push(key, t, [=](Counting& op) {
    op.count.update([](int& n) { ++n; });
    op.all.add(key);
    if (key % 7 == 0) op.timers.at_event_time(t + 50s);
  });
}
/// Makes some keys, changes some, lets others go.
void work(KeyedRig<Counting>& rig, SeededRng& rng, int from, int records) {
  for (int i = from; i < from + records; ++i) {
    add_to(rig, static_cast<int>(rng.below(static_cast<std::uint64_t>(i) + 10)), at(i * 100ms));
    if (i % 50 == 0) rig.watermark(at(i * 100ms));
    if (i % 70 == 0)
      rig.push(i / 2, at(i * 100ms), [](Counting& op) {
        op.count.clear();
        op.all.clear();
      });
  }
}

}  // namespace

TEST_CASE("what comes after the barrier is not in what is written down later") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    KeyedRig<Counting> rig;
    work(rig, rng, 0, 2000);
    const auto at_once = rig.save();
    Later later;
    rig.step().barrier(later);
    Later second;
    rig.step().barrier(second);  // before the first one is written down
    work(rig, rng, 2000, 3000);
    CHECK(later.items() == at_once);
    CHECK(second.items() == at_once);
    const auto now = rig.save();
    CHECK(now != at_once);
    KeyedRig<Counting> again;
    again.load(now).value();
    const auto count_of = [](Counting& op) { return op.count.value_or(0); };
    for (int key = 0; key < 5000; key += 3)
      REQUIRE(again.ask(key, at(0s), count_of) == rig.ask(key, at(0s), count_of));
  }
}

TEST_CASE("what nobody wants to write down any more is thrown away, also after the step is gone") {
  SeededRng rng(1);
  Later later;
  {
    KeyedRig<Counting> rig;
    work(rig, rng, 0, 500);
    {
      Later dropped;
      rig.step().barrier(dropped);
    }
    work(rig, rng, 500, 500);
    rig.step().barrier(later);
    work(rig, rng, 1000, 500);
  }
  CHECK(later.items().size() > 100);
}

TEST_CASE("a key group without a change is saved as the same bytes again") {
  SeededRng rng(1);
  KeyedRig<Counting> rig;
  for (int key = 0; key < 2000; ++key) add_to(rig, key, at(0s));
  const auto before = rig.save();
  rig.watermark(at(1s));
  Later later;
  rig.step().barrier(later);
  add_to(rig, 77, at(1s));
  CHECK(later.items()[0] != before[0]);  // the watermark
  const auto after = rig.save();
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 1; i < after.size(); ++i)
    CHECK((after[i] == before[i]) == (after[i].group != key_group(77)));
}

TEST_CASE("the lane goes on while another thread writes down") {
  SeededRng rng(3);
  KeyedRig<Counting> rig;
  work(rig, rng, 0, 20'000);
  for (int round = 0; round < 5; ++round) {
    const auto at_once = rig.save();
    Later later;
    rig.step().barrier(later);
    std::vector<StateItem> items;
    std::thread writer([&] { items = later.items(); });
    work(rig, rng, 20'000 + round * 2000, 2000);
    writer.join();
    CHECK(items == at_once);
  }
}
