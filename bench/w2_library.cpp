// SPDX-License-Identifier: BSL-1.0
#include "array_source.hpp"
#include "w2.hpp"
#include "w2_sums.hpp"

namespace bench::w2 {

using namespace millrace;
using namespace std::chrono_literals;

Check library(const Input& input, Order order) {
  Sink sink;
  Topology topology("w2");
  auto windows = topology.source("events", ArraySource<Event>(input.events))
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
