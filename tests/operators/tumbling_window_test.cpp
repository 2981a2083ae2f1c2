// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/tumbling_window.hpp"

#include "catch.hpp"
#include "millrace/graph/output.hpp"
#include "millrace/operators/aggregate.hpp"
#include "rig.hpp"

namespace {

using namespace rig;

struct Event {
  Timestamp time;
  std::uint32_t key = 0;
  std::uint32_t value = 0;
  bool operator==(const Event&) const = default;
};

constexpr auto key_of = [](const Event& e) { return e.key; };
using Totals = agg::Bound<Event, decltype(agg::all(agg::count(), agg::sum(&Event::value)))>;
using Window = WindowStep<Event, std::remove_const_t<decltype(key_of)>, Totals>;
using Out = Window::Out;

/// A window with a probe on each output.
struct Rig {
  explicit Rig(WindowOptions options = {.size = 10s}, Bed* shared = nullptr)
      : own(shared ? nullptr : new Bed),
        bed(shared ? *shared : *own),
        step(bed.context(), key_of,
             agg::bind<Event>(agg::all(agg::count(), agg::sum(&Event::value))), options) {
    connect(bed, step, 0, out);
    connect(bed, step, 1, letters);
    connect(bed, step, 2, late);
  }
  void push(std::vector<Event> events) {
    Batch<Event> batch(static_cast<std::uint32_t>(events.size()));
    for (const Event& e : events) batch.push_back(e, e.time);
    step.push(batch);
  }
  std::unique_ptr<Bed> own;
  Bed& bed;
  Window step;
  Probe<Out> out;
  Probe<DeadLetter> letters;
  Probe<Event> late;
};

Out result(std::uint32_t key, Duration start, std::uint64_t n, std::uint64_t sum,
           std::uint32_t fire = 1) {
  return {key, {at(start), at(start + 10s)}, {n, sum}, fire};
}

}  // namespace

TEST_CASE("a window gives count and sum of each key when the watermark reaches its end") {
  Rig rig;
  rig.push({{at(1s), 7, 5}, {at(9s), 7, 6}, {at(3s), 8, 1}});
  rig.step.watermark(at(9999ms));
  CHECK(rig.out.take().empty());
  rig.step.watermark(at(10s));
  const auto got = rig.out.take();
  REQUIRE(got.size() == 2);
  CHECK(std::count(got.begin(), got.end(), result(7, 0s, 2, 11)) == 1);
  CHECK(std::count(got.begin(), got.end(), result(8, 0s, 1, 1)) == 1);
  CHECK(rig.out.times[0] == at(10s) - 1us);
  CHECK(rig.out.take_events() == std::vector<std::string>{"w9999", "r2", "w10000"});
}
