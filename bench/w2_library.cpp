// SPDX-License-Identifier: BSL-1.0
#include "array_source.hpp"
#include "w2.hpp"

namespace bench::w2 {
namespace {

using namespace millrace;
using namespace std::chrono_literals;

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
  auto windows = topology.source("events", ArraySource<Event, true>(input.events))
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
