// SPDX-License-Identifier: BSL-1.0
// Sliding windows of random shapes against a plain program that puts each record into each window.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/operators/aggregate.hpp"
#include "millrace/operators/tumbling_window.hpp"
#include "rig.hpp"

using namespace rig;

namespace {

struct Reading {
  Timestamp time;
  std::uint32_t sensor = 0;
  std::uint32_t value = 0;
  std::string name() const { return "sensor number " + std::to_string(sensor); }
};

/// Every value, so that one merged twice shows.
struct Collect {
  struct State {
    std::string values;
    friend auto members(State& s) { return std::tie(s.values); }
  };
  void add(State& s, const Reading& r) const { s.values += std::to_string(r.value) + ' '; }
  void merge(State& into, const State& from) const { into.values += from.values; }
  std::string result(const State& s) const { return sorted(s.values); }
  static std::string sorted(const std::string& values) {
    std::vector<std::string> each;
    for (std::size_t at = 0; at < values.size();) {
      const std::size_t end = values.find(' ', at);
      each.push_back(values.substr(at, end - at));
      at = end + 1;
    }
    std::sort(each.begin(), each.end());
    std::string text;
    for (const std::string& one : each) text += one + ' ';
    return text;
  }
};

/// Takes results until it is full, on a lane without credit.
template <class T>
struct Slow final : Port<T> {
  explicit Slow(Bed& on) : bed(on) {}
  void push(Batch<T>& batch) override {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      CHECK(batch.time(i) == batch[i].window.end - 1us);
      values.push_back(batch[i]);
    }
    bed.lane.enqueued(batch.held_bytes());
    held += batch.held_bytes();
  }
  void watermark(Timestamp) override {}
  void idle() override {}
  void partition(std::uint32_t, PartitionEvent) override {}
  void barrier(Barrier&) override {}
  void end() override {}
  void drain() {
    do bed.lane.dequeued(std::exchange(held, 0));
    while (!bed.lane.resume_emissions());
    bed.lane.dequeued(std::exchange(held, 0));
  }
  Bed& bed;
  std::vector<T> values;
  std::uint64_t held = 0;
};

template <class KeyFn, class A>
struct Subtask {
  using Step = WindowStep<Reading, KeyFn, A, Sliding>;
  using Out = typename Step::Out;
  Subtask(KeyFn key, A aggregation, WindowOptions options, std::uint32_t index, std::uint32_t of)
      : step(StepContext{bed.lane, bed.name, index, of}, key, aggregation, options), out(bed) {
    connect(bed, step, 0, out);
    connect(bed, step, 2, late);
  }
  Bed bed{1_GiB, 1_B};
  Step step;
  Slow<Out> out;
  Probe<Reading> late;
};

/// All subtasks of a step, and what a plain program expects of them.
template <class KeyFn, class A, class Expect>
class Trial {
  using Sub = Subtask<KeyFn, A>;
  using Key = std::remove_cvref_t<std::invoke_result_t<KeyFn, const Reading&>>;
  using Value = decltype(Sub::Out::value);
  using Results = std::map<std::tuple<Timestamp, Key, std::uint32_t>, Value>;
  struct Window {
    std::vector<Reading> readings;
    std::uint32_t fires = 0;
  };

 public:
  Trial(std::uint64_t seed, KeyFn key, A aggregation, Expect expect)
      : rng_(seed), key_(key), aggregation_(aggregation), expect_(expect) {
    const std::uint64_t unit = 1 + rng_.below(1000);
    const std::uint64_t slides = 1 + rng_.below(rng_.below(4) == 0 ? 40 : 6);
    options_.slide = Duration(unit * (1 + rng_.below(3)));
    options_.size = slides * options_.slide;
    if (rng_.below(3) == 0) options_.size += Duration(unit);
    if (rng_.below(2) == 0)
      options_.allowed_lateness = Duration(rng_.below(2 * options_.size.count()));
    options_.order = static_cast<ResultOrder>(rng_.below(3));
    sensors_ = 1 + rng_.below(rng_.below(3) == 0 ? 2000 : 5);
    start_subtasks(1 + static_cast<std::uint32_t>(rng_.below(3)));
  }
  void run() {
    INFO("size " << options_.size.count() << ", slide " << options_.slide.count() << ", lateness "
                 << options_.allowed_lateness.count() << ", sensors " << sensors_);
    const auto span = static_cast<std::uint64_t>(options_.size.count());
    Timestamp front = at(Duration(rng_.below(10 * span)) - 5 * options_.size);
    for (int round = 0; round < 40; ++round) {
      const std::uint64_t batches = rng_.below(4);
      for (std::uint64_t b = 0; b < batches; ++b) push(front);
      front += Duration(rng_.below(rng_.below(5) == 0 ? 3 * span : span / 4 + 1));
      watermark(front - Duration(rng_.below(span)));
      if (rng_.below(3) == 0) push(front);
      compare();
      if (rng_.below(8) == 0) restart();
    }
    watermark(end_of_time);
    compare();
  }

 private:
  void start_subtasks(std::uint32_t n) {
    subtasks_.clear();
    watermarks_.assign(n, start_of_time);
    for (std::uint32_t i = 0; i < n; ++i)
      subtasks_.push_back(std::make_unique<Sub>(key_, aggregation_, options_, i, n));
  }
  void push(Timestamp front) {
    const auto n = 1 + static_cast<std::uint32_t>(rng_.below(rng_.below(5) == 0 ? 500 : 20));
    const std::uint64_t spread =
        1 + rng_.below(static_cast<std::uint64_t>(options_.size.count()) * 2);
    std::vector<Batch<Reading>> batches;
    for (std::size_t i = 0; i < subtasks_.size(); ++i) batches.emplace_back(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      const Reading r{front - Duration(rng_.below(spread)),
                      static_cast<std::uint32_t>(rng_.below(sensors_)),
                      static_cast<std::uint32_t>(rng_.below(1000))};
      batches[subtask_of(key_of(r))].push_back(r, r.time);
      expect(r);
    }
    for (std::size_t i = 0; i < subtasks_.size(); ++i) subtasks_[i]->step.push(batches[i]);
    // Corrections of this batch, if it was one.
    for (const auto& [end, key] : std::exchange(corrected_, {})) fire(end, key);
  }
  std::uint32_t subtask_of(const Key& key) const {
    return subtask_of_group(key_group(key), static_cast<std::uint32_t>(subtasks_.size()));
  }
  Key key_of(const Reading& r) const { return millrace::invoke(key_, r); }
  void expect(const Reading& r) {
    bool taken = false;
    const Timestamp watermark = watermarks_[subtask_of(key_of(r))];
    Timestamp start = r.time - (r.time.time_since_epoch() % options_.slide) + options_.slide;
    for (; start + options_.size > r.time; start -= options_.slide) {
      if (start > r.time) continue;
      const Timestamp end = start + options_.size;
      if (end + options_.allowed_lateness <= watermark) continue;
      taken = true;
      windows_[{end, key_of(r)}].readings.push_back(r);
      if (end <= watermark) corrected_.emplace(end, key_of(r));
    }
    late_ += !taken;
  }
  void fire(Timestamp end, const Key& key) {
    Window& window = windows_.at({end, key});
    expected_.emplace(std::tuple(end, key, ++window.fires), expect_(window.readings));
  }
  /// Some subtasks may be behind the others, as inputs that idle make them.
  void watermark(Timestamp t) {
    const std::vector<Timestamp> before = watermarks_;
    for (std::size_t i = 0; i < subtasks_.size(); ++i) {
      const bool behind = t != end_of_time && rng_.below(6) == 0;
      const Timestamp own =
          behind ? t - Duration(rng_.below(2 * static_cast<std::uint64_t>(options_.size.count())))
                 : t;
      subtasks_[i]->step.watermark(own);
      watermarks_[i] = std::max(watermarks_[i], own);
    }
    fire_after([&](const Key& key) { return before[subtask_of(key)]; });
    std::erase_if(windows_, [&](const auto& entry) {
      const auto& [end, key] = entry.first;
      return end + options_.allowed_lateness <= watermarks_[subtask_of(key)];
    });
  }
  /// The windows between what was a key's watermark and what it is.
  template <class Before>
  void fire_after(Before before) {
    for (const auto& [window, readings] : windows_) {
      const auto& [end, key] = window;
      if (end > before(key) && end <= watermarks_[subtask_of(key)]) fire(end, key);
    }
  }
  void compare() {
    Results found;
    std::uint64_t late = late_before_;
    for (auto& subtask : subtasks_) {
      subtask->out.drain();
      for (const auto& r : std::exchange(subtask->out.values, {})) {
        CHECK(r.window.end - r.window.start == options_.size);
        INFO("twice: window " << r.window.end.time_since_epoch().count() << ", fire " << r.fire);
        CHECK(found.emplace(std::tuple(r.window.end, r.key, r.fire), r.value).second);
      }
      late += subtask->late.values.size();
    }
    CHECK(late == late_);
    CHECK(found.size() == expected_.size());
    REQUIRE((found == expected_));
    results_ += found.size();
    expected_.clear();
  }
  void restart() {
    std::vector<StateItem> items;
    for (auto& subtask : subtasks_) {
      Snapshot snapshot;
      subtask->step.barrier(snapshot);
      for (StateItem& item : snapshot.items) items.push_back(std::move(item));
      late_before_ += subtask->late.values.size();
    }
    std::map<Key, Timestamp> before;
    for (const auto& [window, readings] : windows_)
      before[window.second] = watermarks_[subtask_of(window.second)];
    const Timestamp greatest = *std::max_element(watermarks_.begin(), watermarks_.end());
    start_subtasks(1 + static_cast<std::uint32_t>(rng_.below(4)));
    std::fill(watermarks_.begin(), watermarks_.end(), greatest);
    fire_after([&](const Key& key) { return before.at(key); });
    const auto n = static_cast<std::uint32_t>(subtasks_.size());
    for (const StateItem& item : items)
      for (std::uint32_t i = 0; i < n; ++i)
        if (item.group == StateItem::every_subtask || subtask_of_group(item.group, n) == i)
          subtasks_[i]->step.load(item).value();
  }

 public:
  std::size_t results_ = 0;
  std::uint64_t late_ = 0;

 private:
  SeededRng rng_;
  KeyFn key_;
  A aggregation_;
  Expect expect_;
  WindowOptions options_;
  std::uint64_t sensors_ = 1;
  std::vector<std::unique_ptr<Sub>> subtasks_;
  std::vector<Timestamp> watermarks_;  ///< of each subtask
  std::map<std::pair<Timestamp, Key>, Window> windows_;
  std::set<std::pair<Timestamp, Key>> corrected_;
  Results expected_;
  std::uint64_t late_before_ = 0;
};

template <class KeyFn, class Aggregation, class Expect>
void try_seeds(std::uint64_t seeds, KeyFn key, Aggregation aggregation, Expect expect) {
  std::size_t results = 0;
  std::uint64_t late = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    Trial trial(seed, key, agg::bind<Reading>(aggregation), expect);
    trial.run();
    results += trial.results_;
    late += trial.late_;
  }
  CHECK(results > seeds * 100);
  CHECK(late > seeds);
}

using Readings = std::vector<Reading>;
constexpr auto by_value = [](const Reading& a, const Reading& b) { return a.value < b.value; };

}  // namespace

TEST_CASE(
    "counts, sums, minima and maxima of random sliding windows are what a plain program says") {
  try_seeds(30, &Reading::sensor,
            agg::all(agg::count(), agg::sum(&Reading::value), agg::min(&Reading::value),
                     agg::max(&Reading::value)),
            [](const Readings& all) {
              std::uint64_t sum = 0;
              for (const Reading& r : all) sum += r.value;
              const auto [least, most] = std::minmax_element(all.begin(), all.end(), by_value);
              return std::tuple(std::uint64_t(all.size()), sum, least->value, most->value);
            });
}

TEST_CASE("so are counts alone, which lie eight to a cache line") {
  try_seeds(20, &Reading::sensor, agg::count(),
            [](const Readings& all) { return std::uint64_t(all.size()); });
}

TEST_CASE("so are means by an enum, in states too large for a cache line") {
  enum class Room : std::int16_t {};
  try_seeds(
      40, [](const Reading& r) { return static_cast<Room>(r.sensor % 37); },
      agg::all(agg::mean(&Reading::value), agg::mean(&Reading::sensor), agg::count()),
      [](const Readings& all) {
        double values = 0;
        double sensors = 0;
        for (const Reading& r : all) values += r.value, sensors += r.sensor;
        const auto n = static_cast<double>(all.size());
        return std::tuple(values / n, sensors / n, std::uint64_t(all.size()));
      });
}

TEST_CASE("so are texts by text") {
  try_seeds(20, &Reading::name, agg::max([](const Reading& r) { return std::to_string(r.value); }),
            [](const Readings& all) {
              std::string most;
              for (const Reading& r : all) most = std::max(most, std::to_string(r.value));
              return most;
            });
}

TEST_CASE("so is an aggregator of a user's that keeps every value, by a key of several parts") {
  try_seeds(
      15, [](const Reading& r) { return std::pair(r.name(), r.sensor % 2 == 0); }, Collect{},
      [](const Readings& all) {
        std::string values;
        for (const Reading& r : all) values += std::to_string(r.value) + ' ';
        return Collect::sorted(values);
      });
}
