// SPDX-License-Identifier: BSL-1.0
#include <array>

#include "millrace/millrace.hpp"
#include "w2.hpp"

namespace bench::w2 {
namespace {

using namespace millrace;
using namespace std::chrono_literals;

/// An array as a source: its batches borrow the array's own memory.
struct Events {
  using value_type = Event;
  const Event* next;
  const Event* end;
  std::shared_ptr<std::array<Timestamp, Batch<Event>::default_capacity>> no_times =
      std::make_shared<std::array<Timestamp, Batch<Event>::default_capacity>>();

  ReadStatus read(Batch<Event>& out, Context&) {
    const auto n = static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(out.capacity(), end - next));
    out.borrow(next, no_times->data(), n);
    next += n;
    // The next batch is on its way from memory while this one is worked on.
    const auto* const bytes = reinterpret_cast<const char*>(next);
    for (std::size_t i = 0; i < n * sizeof(Event); i += 64) __builtin_prefetch(bytes + i);
    return next == end ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};

struct Summing {
  Sink* sink;
  template <class R>
  void write(const Batch<R>& results, Context&) {
    for (std::uint32_t i = 0; i < results.size(); ++i) {
      const auto& [count, sum] = results[i].value;
      sink->take(results[i].key, results[i].window.end.time_since_epoch().count(), count, sum);
    }
  }
};

}  // namespace

Check library(const Input& input, Order order) {
  Sink sink;
  Topology topology("w2");
  auto windows =
      topology
          .source("events", Events{input.events.data(), input.events.data() + input.events.size()})
          .event_time("at", &Event::at, watermark::bounded_out_of_orderness(5s))
          .key_by(&Event::key)
          .window(tumbling(10s));
  auto ordered = order == Order::table ? std::move(windows).unordered()
                 : order == Order::key ? std::move(windows).by_key()
                                       : std::move(windows);
  std::move(ordered)
      .aggregate("totals", agg::all(agg::count(), agg::sum(&Event::value)))
      .to("sum", Summing{&sink});
  // A flow budget that the caches hold: results are read soon after they were written.
  Pipeline pipeline(std::move(topology), {.flow_budget = 512_KiB});
  pipeline.run();
  return sink.check;
}

}  // namespace bench::w2
