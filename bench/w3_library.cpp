// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <span>

#include "millrace/formats/json.hpp"
#include "millrace/formats/lines.hpp"
#include "millrace/millrace.hpp"
#include "replay.hpp"
#include "w3.hpp"

namespace bench::w3 {
namespace {

using namespace millrace;
using namespace std::chrono_literals;

struct Click {
  Text ad;
  Text type;
  Text time;
};
constexpr auto describe(millrace::type<Click>) {
  return millrace::fields("ad_id", &Click::ad, "event_type", &Click::type, "event_time",
                          &Click::time);
}
struct View {
  std::uint32_t campaign = campaigns;
  Timestamp at;
};

Timestamp time_of(const Click& click) {
  return Timestamp(std::chrono::milliseconds(number(click.time)));
}

/// A text in memory as a source of lines.
struct Lines {
  using value_type = Text;
  std::string_view rest;
  lines::LineSplitter splitter{};

  ReadStatus read(Batch<Text>& out, Context&) {
    const std::span<Text> slots(out.writable(), out.room());
    const Split split = splitter.split(rest, millrace::Input::ended, slots);
    rest.remove_prefix(split.consumed);
    std::fill_n(out.writable_times(), split.records, Timestamp());
    out.resize(static_cast<std::uint32_t>(split.records));
    return split.stop == Split::Stop::ended ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};

struct Counting {
  Sink* sink;
  template <class R>
  void write(const Batch<R>& results, Context&) {
    for (std::uint32_t i = 0; i < results.size(); ++i)
      sink->take(results[i].key, results[i].window.end.time_since_epoch() / 1ms, results[i].value);
  }
};

template <class Source, class At>
void build(Topology& topology, Source source, At at, const Input& input, Sink& sink) {
  topology.source("lines", std::move(source))
      .decode("parse", json::as<Click>())
      .event_time("at", at, watermark::bounded_out_of_orderness(1s))
      .filter("only views", [](const Click& click) { return click.type == "view"; })
      .map("campaign",
           [&ads = input.ads, at](const Click& click) {
             return View{ads.find(click.ad), at(click)};
           })
      .filter("known", [](const View& view) { return view.campaign != campaigns; })
      .key_by(&View::campaign)
      .window(tumbling(10s))
      .unordered()
      .aggregate("views", agg::count())
      .to("sum", Counting{&sink});
}

}  // namespace

Check library(const Input& input, Replay* replay) {
  Sink sink;
  Topology topology("w3");
  const auto lines = [&] { return Lines{input.text()}; };
  if (replay)
    build(
        topology, Replayed(lines, *replay),
        [replay](const Click& click) { return time_of(click) + replay->later; }, input, sink);
  else
    build(
        topology, lines(), [](const Click& click) { return time_of(click); }, input, sink);
  Pipeline(std::move(topology), replay ? replay->options : PipelineOptions{}).run();
  return sink.check;
}

}  // namespace bench::w3
