// SPDX-License-Identifier: BSL-1.0
#include "workers.hpp"

#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "array_source.hpp"
#include "w2.hpp"
#include "w2_sums.hpp"

namespace bench::workers {
namespace {

using namespace millrace;
using namespace std::chrono_literals;
using w2::Event;

/// Two partitions of an array: one has the odd blocks, the other the even ones, so that both are
/// about as far in time as long as they are read in turns.
struct Halves {
  using value_type = Event;
  const w2::Input* input;

  struct Half {
    using value_type = Event;
    const w2::Input* input;
    std::size_t next;
    std::shared_ptr<std::vector<Timestamp>> no_times;

    ReadStatus read(Batch<Event>& out, Context&) {
      const std::size_t size = input->events.size();
      const std::size_t n = std::min<std::size_t>(block, size - std::min(size, next));
      out.borrow(input->events.data() + next, no_times->data(), static_cast<std::uint32_t>(n));
      next += 2 * block;
      return next >= size ? ReadStatus::end : ReadStatus::more;
    }
    Position position() const { return {}; }
  };

  Task<std::vector<Partition>> discover(Context&) {
    std::vector<Partition> both{{.id = "0"}, {.id = "1"}};
    co_return both;
  }
  Half open(const Partition& partition, const Position&) {
    return {input, partition.id == "1" ? block : 0,
            std::make_shared<std::vector<Timestamp>>(block)};
  }
  static constexpr std::size_t block = Batch<Event>::default_capacity;
};

template <class S>
Check windows(S source, unsigned workers) {
  w2::Totals totals;
  Topology t("w2");
  t.source("events", std::move(source))
      .event_time("at", &Event::at, watermark::bounded_out_of_orderness(5s))
      .key_by(&Event::key)
      .window(tumbling(10s))
      .unordered()
      .aggregate("totals", agg::all(agg::count(), agg::sum(&Event::value)))
      .to("sum", w2::SummingTogether{&totals}, workers);
  Pipeline(std::move(t), {.parallelism = workers, .flow_budget = 512_KiB})
      .run({.threads = workers});
  return {totals.count.load(), totals.sum.load()};
}

/// The most that two workers could reach: a pipeline each over half of the keys, which share
/// nothing but the machine.
struct Divided {
  millrace::detail::PageArray<Event> halves[2];

  explicit Divided(const w2::Input& in) {
    const std::span<const Event> events(in.events.data(), in.events.size());
    std::size_t odd = 0;
    for (const Event& event : events) odd += event.key % 2;
    halves[0] = millrace::detail::PageArray<Event>(events.size() - odd);
    halves[1] = millrace::detail::PageArray<Event>(odd);
    std::size_t ends[2] = {};
    for (const Event& event : events) halves[event.key % 2][ends[event.key % 2]++] = event;
  }
  Check run() const {
    Check other;
    std::jthread thread([&] { other = windows(ArraySource<Event>(halves[1]), 1); });
    const Check mine = windows(ArraySource<Event>(halves[0]), 1);
    thread.join();
    return {mine.count + other.count, mine.sum + other.sum};
  }
};

}  // namespace

bool run(const Options& options) {
  struct Size {
    const char* name;
    std::uint32_t keys;
  };
  bool good = true;
  Options by_clock = options;
  by_clock.cpu_time = false;
  for (const Size& size : {Size{"P-100", 100}, Size{"P-100k", 100'000}, Size{"P-1M", 1'000'000}}) {
    if (!options.wanted(size.name)) continue;
    const w2::Input in = w2::generate(size.keys, options.events);
    const Divided divided(in);
    Comparison c(size.name, options.events);
    c.reference("one worker", [&] { return windows(ArraySource<Event>(in.events), 1); });
    c.loop("two pipelines, keys divided before", [&] { return divided.run(); });
    c.library("two partitions, one worker", [&] { return windows(Halves{&in}, 1); });
    c.library("two workers", [&] { return windows(Halves{&in}, 2); });
    good &= c.run(by_clock);
    // Less is promised for few keys: the exchange costs more than their windows.
    const double one = c.best_ns("one worker");
    const double times = one / c.best_ns("two workers");
    const double limit = one / c.best_ns("two pipelines, keys divided before");
    std::printf("%s two_workers_times %.2f this_machine_at_most %.2f goal %s%s\n", size.name, times,
                limit, size.keys > 100 ? "1.50" : "none",
                size.keys > 100 && times < 1.5 ? "  (missed)" : "");
  }
  return good;
}

}  // namespace bench::workers
