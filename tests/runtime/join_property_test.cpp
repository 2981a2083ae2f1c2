// SPDX-License-Identifier: BSL-1.0
// Random joins against a loop in a loop.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/millrace.hpp"
#include "millrace/stream/window_join.hpp"
#include "millrace/testing/bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

/// One of two sides, for a Bench, which has one input.
struct Sided {
  bool left = false;
  int key = 0;
  int number = 0;
};
struct Record {
  Sided side;
  Timestamp time;
};

/// What comes out: a result, or a record that is late.
struct Line {
  int key = 0;
  Timestamp start;
  std::uint32_t fire = 0;  ///< 0: late
  int left = -1;
  int right = -1;
  auto operator<=>(const Line&) const = default;
};

struct Shape {
  Duration size;
  Duration lateness;
  int form;  ///< inner, left, right, full, co-group
};

auto line(const Windowed<int, std::pair<int, int>>& w) {
  return Line{w.key, w.window.start, w.fire, w.value.first, w.value.second};
}

auto build(const Shape& shape) {
  return [shape](Stream<Sided> in) {
    const auto number = [](const Sided* s) { return s ? s->number : -1; };
    const auto [left, right] = in.split("side", [](const Sided& s) { return s.left; });
    const auto joined = [&shape, &left = left, &right = right] {
      return left.key_by(&Sided::key)
          .join(right.key_by(&Sided::key))
          .window(tumbling(shape.size))
          .allowed_lateness(shape.lateness)
          .with_late();
    };
    auto [results, late_left, late_right] = [&] {
      using Out = std::pair<int, int>;
      switch (shape.form) {
        case 0:
          return joined().inner(
              "join", [](const Sided& a, const Sided& b) { return Out(a.number, b.number); });
        case 1:
          return joined().left_outer(
              "join", [=](const Sided& a, const Sided* b) { return Out(a.number, number(b)); });
        case 2:
          return joined().right_outer(
              "join", [=](const Sided* a, const Sided& b) { return Out(number(a), b.number); });
        case 3:
          return joined().full_outer(
              "join", [=](const Sided* a, const Sided* b) { return Out(number(a), number(b)); });
        default:
          return joined().cogroup<Out>("join",
                                       [](int, const auto& lefts, const auto& rights, auto& out) {
                                         for (const Sided& a : lefts)
                                           for (const Sided& b : rights)
                                             out.emit({a.number, b.number});
                                       });
      }
    }();
    const auto late = [size = shape.size](const Sided& s) {
      return Line{s.key, {}, 0, s.left ? s.number : -1, s.left ? -1 : s.number};
    };
    return results.map("line", line)
        .merge("lines", late_left.map("late-left", late), late_right.map("late-right", late));
  };
}

/// The final results that records give, by a loop in a loop.
std::vector<Line> expected(const std::vector<Record>& records, const Shape& shape) {
  std::map<std::pair<int, Timestamp>, std::pair<std::vector<int>, std::vector<int>>> groups;
  for (const Record& r : records) {
    const Timestamp start(r.time.time_since_epoch() / shape.size * shape.size);
    auto& [lefts, rights] = groups[{r.side.key, start}];
    (r.side.left ? lefts : rights).push_back(r.side.number);
  }
  std::vector<Line> lines;
  for (auto& [at, group] : groups) {
    auto [lefts, rights] = group;
    const bool whole = !lefts.empty() && !rights.empty();
    if (!whole && (shape.form == 1 || shape.form == 3) && rights.empty()) rights.push_back(-1);
    if (!whole && (shape.form == 2 || shape.form == 3) && lefts.empty()) lefts.push_back(-1);
    for (const int a : lefts)
      for (const int b : rights) lines.push_back({at.first, at.second, 1, a, b});
  }
  std::ranges::sort(lines);
  return lines;
}

/// Random records of both sides, pushed with watermarks, checkpoints, crashes, other parallelism.
class Trial {
 public:
  explicit Trial(std::uint64_t seed)
      : rng_(seed),
        shape_{.size = (1 + below(20)) * 500ms, .lateness = below(3) * 3s, .form = below(5)},
        keys_(1 + below(12)),
        disorder_(below(8)),
        skew_(below(3) == 0 ? 20 : below(4)),
        bench_(build(shape_), {.parallelism = 1 + static_cast<unsigned>(below(3))}) {}

  void run() {
    for (second_ = 0; second_ < 60; ++second_) {
      for (int n = below(12); n > 0; --n) push();
      if (below(3) == 0) bench_.watermark(Timestamp(std::max(0, second_ - below(4)) * 1s));
      if (below(10) == 0) {
        bench_.checkpoint();
        take();
      }
      if (below(12) == 0) {
        // What was pushed behind the checkpoint is read again, and what came out of it is not
        // taken.
        bench_.crash();
        bench_.restore({.parallelism = 1 + static_cast<unsigned>(below(3))});
      }
    }
    bench_.end();
    take();
  }
  /// A record is late or in its window's last results, and never both.
  void check() {
    std::set<int> late;
    std::map<std::pair<int, Timestamp>, std::uint32_t> last;
    for (const Line& l : lines_)
      if (l.fire == 0)
        CHECK(late.insert(std::max(l.left, l.right)).second);
      else
        last[{l.key, l.start}] = std::max(last[{l.key, l.start}], l.fire);
    std::erase_if(records_, [&](const Record& r) { return late.contains(r.side.number); });
    std::vector<Line> final;
    for (const Line& l : lines_)
      if (l.fire != 0 && l.fire == last[{l.key, l.start}])
        final.push_back({l.key, l.start, 1, l.left, l.right});
    std::ranges::sort(final);
    CHECK(final == expected(records_, shape_));
    joined += final.size();
    was_late += late.size();
    corrected += lines_.size() - final.size() - late.size();
  }
  static inline std::size_t joined = 0, was_late = 0, corrected = 0;

 private:
  int below(int n) { return static_cast<int>(rng_.below(static_cast<std::uint64_t>(n))); }
  void push() {
    const bool left = below(2) == 0;
    const int second = std::max(0, second_ - below(1 + disorder_) - (left ? 0 : skew_));
    const Timestamp time(second * 1s + below(1'000'000) * 1us);
    records_.push_back({{left, below(keys_), number_++}, time});
    bench_.push(records_.back().side, time);
  }
  void take() {
    for (const Line& l : bench_.take()) lines_.push_back(l);
  }

  SeededRng rng_;
  Shape shape_;
  int keys_, disorder_, skew_;
  testing::Bench<Sided, Line> bench_;
  std::vector<Record> records_;
  std::vector<Line> lines_;
  int second_ = 0;
  int number_ = 0;
};

}  // namespace

TEST_CASE("joins of every form give what a loop in a loop gives, over crashes and rescaling") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    Trial trial(seed);
    trial.run();
    trial.check();
  }
  CHECK(Trial::joined > 100'000);
  CHECK(Trial::was_late > 1'000);
  CHECK(Trial::corrected > 1'000);
}
