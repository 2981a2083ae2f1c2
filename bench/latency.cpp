// SPDX-License-Identifier: BSL-1.0
#include "latency.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "millrace/millrace.hpp"
#include "w2.hpp"

namespace bench::latency {
namespace {

using namespace millrace;
using namespace std::chrono_literals;
using w2::Event;

constexpr std::uint64_t rate = 10'000'000;
constexpr std::uint32_t keys = 100;
constexpr Duration window = 100ms;

/// Records at a steady rate, whose times are when they are due: it gives what is due, and waits for
/// the next one as a network card's reader would, which has a core of its own.
struct Paced {
  using value_type = Event;
  std::uint64_t count;
  double* start;
  std::uint64_t next = 0;

  ReadStatus read(Batch<Event>& out, Context&) {
    if (next == 0) *start = now_ns();
    std::uint64_t due = 0;
    do due = std::min(count, due_by(now_ns()));
    while (due <= next);
    due = std::min(due, next + out.room());
    for (; next < due; ++next) {
      Event& event = out.slot();
      event.at = Timestamp(Duration(static_cast<std::int64_t>(next * 1'000'000 / rate)));
      event.key = static_cast<std::uint32_t>(next % keys);
      event.value = 1;
      out.commit({});
    }
    return next == count ? ReadStatus::end : ReadStatus::more;
  }
  std::uint64_t due_by(double ns) const {
    return static_cast<std::uint64_t>((ns - *start) * (static_cast<double>(rate) / 1e9));
  }
  Position position() const { return {std::to_string(next)}; }
  void resume(const Position&) {}
};

/// How long after the end of their windows results come. The record that ends a window is due at
/// that end.
struct Delays {
  const double* start;
  std::vector<float>* microseconds;
  template <class R>
  void write(const Batch<R>& results, Context&) {
    const double now = now_ns();
    for (std::uint32_t i = 0; i < results.size(); ++i) {
      const auto end = static_cast<double>(results[i].window.end.time_since_epoch().count());
      microseconds->push_back(static_cast<float>((now - *start) / 1000 - end));
    }
  }
};

}  // namespace

bool run(const Options& options) {
  if (!options.wanted("L1")) return true;
  const std::uint64_t count = std::max<std::uint64_t>(rate, std::uint64_t{5} * options.events);
  double start = 0;
  std::vector<float> delays;
  delays.reserve(std::size_t{keys} * (count / (rate / 10) + 1));
  Topology t("latency");
  t.source("events", Paced{count, &start})
      .event_time("at", &Event::at, watermark::bounded_out_of_orderness(0s))
      .key_by(&Event::key)
      .window(tumbling(window))
      .unordered()
      .aggregate("totals", agg::all(agg::count(), agg::sum(&Event::value)))
      .to("delays", Delays{&start, &delays});
  Pipeline(std::move(t), {.flow_budget = 512_KiB}).run();
  // The last window ends with the input, and the first one warms up.
  const std::size_t windows = count / (rate / 10);
  if (delays.size() != windows * keys) {
    std::printf("L1: %zu results of %zu\n", delays.size(), windows * keys);
    return false;
  }
  delays.erase(delays.begin(), delays.begin() + keys);
  delays.erase(delays.end() - keys, delays.end());
  std::ranges::sort(delays);
  const auto at = [&](double q) {
    return static_cast<double>(
        delays[static_cast<std::size_t>(q * (static_cast<double>(delays.size()) - 1))]);
  };
  std::printf(
      "L1 trigger_to_result_us p50 %.1f goal 20 p99 %.1f goal 60 longest %.0f results %zu%s\n",
      at(0.5), at(0.99), at(1), delays.size(), at(0.5) > 20 || at(0.99) > 60 ? "  (missed)" : "");
  return true;
}

}  // namespace bench::latency
