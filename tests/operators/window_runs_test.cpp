// SPDX-License-Identifier: BSL-1.0
// Windows over streams in which a key follows itself: what they come to is what other orders do.
#include "millrace/operators/window_runs.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "window_rig.hpp"

using namespace rig;

namespace {

constexpr std::uint32_t bad_key = 13;
constexpr std::uint32_t bad_value = 7;

template <class K>
K key_of(const Event& e) {
  if (e.key == bad_key) throw std::runtime_error("bad key");
  return static_cast<K>(e.key);
}

/// Counts and sums; a small state takes `most` records, and a bad value throws.
struct Strict {
  static constexpr std::uint32_t most = 40;
  struct State {
    static constexpr std::string_view schema_name = "strict";
    std::uint64_t n = 0;
    std::uint64_t sum = 0;
    std::uint64_t last = 0;
    friend auto members(State& s) { return std::tie(s.n, s.sum, s.last); }
  };
  struct Compact {
    std::uint32_t n = 0;
    std::uint32_t sum = 0;
    std::uint32_t last = 0;
  };
  template <class S>
  static void add_to(S& s, const Event& e) {
    if (e.value == bad_value) throw std::runtime_error("bad value");
    ++s.n;
    s.sum += e.value;
    s.last = e.value;
  }
  void add(State& s, const Event& e) const { add_to(s, e); }
  void add(Compact& s, const Event& e) const { add_to(s, e); }
  using Result = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;
  Result result(const State& s) const { return {s.n, s.sum, s.last}; }
  static bool full(const Compact& s) { return s.n == most; }
  static State widen(const Compact& s) { return {s.n, s.sum, s.last}; }
  static Compact narrow(const State& s) {
    return {static_cast<std::uint32_t>(s.n), static_cast<std::uint32_t>(s.sum),
            static_cast<std::uint32_t>(s.last)};
  }
};
/// The same without a small state.
struct Plain {
  using State = Strict::State;
  void add(State& s, const Event& e) const { Strict::add_to(s, e); }
  Strict::Result result(const State& s) const { return {s.n, s.sum, s.last}; }
};

/// With a state that owns memory.
struct Owning {
  struct State {
    static constexpr std::string_view schema_name = "owning";
    Strict::State totals;
    std::string last;
    friend auto members(State& s) { return std::tie(s.totals, s.last); }
  };
  void add(State& s, const Event& e) const {
    Strict::add_to(s.totals, e);
    s.last.assign(100, 'x').append(std::to_string(e.value));
  }
  Strict::Result result(const State& s) const {
    return {s.totals.n, s.totals.sum, std::stoull(s.last.substr(100))};
  }
};

template <class K, class A>
struct Windows {
  using Step = WindowStep<Event, decltype(&key_of<K>), A>;
  Windows() : step(bed.context(), &key_of<K>, A{}, {.size = 10s, .order = ResultOrder::key}) {
    connect(bed, step, 0, out);
    connect(bed, step, 1, letters);
  }
  void push(const std::vector<Event>& events) {
    Batch<Event> batch(static_cast<std::uint32_t>(events.size()));
    for (const Event& e : events) batch.push_back(e, e.time);
    step.push(batch);
    for (const Event& e : events) {
      if (e.key == bad_key || e.value == bad_value) {
        ++bad;
        continue;
      }
      auto& [n, sum, last] = expected[{e.time.time_since_epoch() / 10s, K(e.key)}];
      ++n;
      sum += e.value;
      last = e.value;
    }
  }
  void check() {
    step.watermark(end_of_time);
    REQUIRE(out.values.size() == expected.size());
    auto at = expected.begin();
    for (const auto& row : out.values) {
      REQUIRE(row.window.start == rig::at(at->first.first * 10s));
      REQUIRE(row.key == at->first.second);
      REQUIRE(row.value == at->second);
      ++at;
    }
    REQUIRE(letters.values.size() == bad);
  }

  Bed bed;
  Step step;
  Probe<typename Step::Out> out;
  Probe<DeadLetter> letters;
  std::map<std::pair<std::int64_t, K>, Strict::Result> expected;
  std::size_t bad = 0;
};

std::vector<Event> run(std::uint32_t key, std::uint32_t n, Duration time = 1s,
                       std::optional<std::uint32_t> bad_at = {}) {
  std::vector<Event> events;
  for (std::uint32_t i = 0; i < n; ++i)
    events.push_back({at(time), key, bad_at == i ? bad_value : 10 + i});
  return events;
}
std::vector<Event> operator+(std::vector<Event> a, const std::vector<Event>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

template <class K, class A>
void random_streams() {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<std::uint32_t>(rng.below(n)); };
    Windows<K, A> w;
    std::uint32_t key = 1;
    Duration now = 0s;
    for (int b = 0; b < 30; ++b) {
      const std::uint32_t length = below(3) == 0 ? 1 + below(3) : 20 + below(200);  // of a run
      std::vector<Event> events;
      const std::uint32_t n = 1 + below(256);
      for (std::uint32_t i = 0; i < n; ++i) {
        if (below(length) == 0) key = below(20);  // 0 and the bad one among them
        events.push_back({at(now), key, below(30) == 0 ? bad_value : 10 + below(100)});
        if (below(2000) == 0) now += 10s;
      }
      w.push(events);
    }
    w.check();
  }
}

}  // namespace

TEST_CASE("a window of one key is what its records come to, in as many batches as they come") {
  for (const std::uint32_t key : {0u, 1u, 5u}) {
    Windows<std::uint32_t, Strict> w;
    for (int b = 0; b < 5; ++b) w.push(run(key, 100));
    w.check();
  }
}

TEST_CASE("of a run the records whose aggregation throws are left out, the first one, too") {
  for (const std::uint32_t bad_at : {0u, 1u, 50u, 99u}) {
    Windows<std::uint32_t, Strict> w;
    w.push(run(1, 100));
    w.push(run(2, 100, 1s, bad_at) + run(3, 50, 1s, 0));
    w.check();
  }
}

TEST_CASE("a key of which every record throws gives no result, in a run as elsewhere") {
  Windows<std::uint32_t, Plain> w;
  w.push(run(1, 100));
  w.push(run(1, 50) + run(2, 1, 1s, 0) + run(1, 50) + run(bad_key, 3) + run(1, 9));
  w.check();
}

TEST_CASE("runs that end with their window go on in the next one") {
  Windows<std::uint32_t, Strict> w;
  w.push(run(1, 100));
  w.push(run(1, 60) + run(1, 60, 11s));
  w.push(run(1, 100, 11s) + run(2, 100, 11s));
  w.check();
}

TEST_CASE("random runs come to what a map makes of them, whatever throws") {
  SECTION("small states that are outgrown") { random_streams<std::uint32_t, Strict>(); }
  SECTION("states that fit no line of a table") { random_streams<std::uint32_t, Plain>(); }
  SECTION("states that own memory") { random_streams<std::uint32_t, Owning>(); }
  SECTION("keys of 8 bytes") { random_streams<std::uint64_t, Strict>(); }
}
