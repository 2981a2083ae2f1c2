// SPDX-License-Identifier: BSL-1.0
// What checkpoints cost: throughput, latency, and the time of a restart.
#include "checkpoint.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "millrace/millrace.hpp"
#include "scratch.hpp"
#include "w2_sums.hpp"

namespace bench::checkpoint {
namespace {

using namespace millrace;
using namespace std::chrono_literals;
using w2::Event;

PipelineOptions options(const Scratch& scratch, Checkpoints checkpoints) {
  PipelineOptions o{.flow_budget = 512_KiB};
  if (checkpoints == Checkpoints::each_second) {
    o.state_directory = scratch.path.string();
    o.checkpoints.interval = 1s;
  }
  return o;
}

/// The input again and again, each time later in event time by its whole span.
struct Rounds {
  using value_type = Event;
  const w2::Input* input;
  unsigned rounds;
  std::size_t next = 0;
  unsigned round = 0;

  ReadStatus read(Batch<Event>& out, Context&) {
    const Event* const events = input->events.data();
    const std::size_t n = std::min<std::size_t>(out.room(), input->events.size() - next);
    const Duration later = round * span();
    for (std::size_t i = 0; i < n; ++i) {
      Event& event = out.slot();
      event = events[next + i];
      event.at += later;
      out.commit({});
    }
    next += n;
    if (next == input->events.size()) next = 0, ++round;
    return round == rounds ? ReadStatus::end : ReadStatus::more;
  }
  Duration span() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(input->events.size() / 200));
  }
  Position position() const { return {std::to_string(round) + ":" + std::to_string(next)}; }
  void resume(const Position&) {}
};

struct Nothing {
  template <class R>
  void write(const Batch<R>&, Context&) {}
};

template <class S>
void count_and_sum(Stream<Event> events, S sink) {
  events.key_by(&Event::key)
      .window(tumbling(10s))
      .unordered()
      .aggregate("totals", agg::all(agg::count(), agg::sum(&Event::value)))
      .to("sum", std::move(sink));
}

/// Records at a steady rate, each with the moment it was due as its value's time; all keys in turn.
struct Paced {
  using value_type = Event;
  std::uint32_t keys;
  std::uint64_t rate;
  std::uint64_t count;
  std::uint64_t next = 0;
  double start = 0;

  Task<ReadStatus> read(Batch<Event>& out, Context& cx) {
    if (next == 0) start = now_ns();
    const std::uint64_t upto = std::min(count, next + out.room());
    const double due = start + static_cast<double>(upto) * 1e9 / static_cast<double>(rate);
    while (now_ns() < due) co_await cx.sleep_for(50us);
    for (; next < upto; ++next) {
      Event& event = out.slot();
      const double at = start + static_cast<double>(next + 1) * 1e9 / static_cast<double>(rate);
      event.at = Timestamp(Duration(static_cast<std::int64_t>(at / 1000)));
      event.key = static_cast<std::uint32_t>(next % keys);
      event.value = 1;
      out.commit({});
    }
    co_return next == count ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {std::to_string(next)}; }
  void resume(const Position&) {}
};

/// How late each record is when it comes.
struct Delays {
  std::vector<float>* microseconds;
  void write(const Batch<Event>& batch, Context&) {
    const double now = now_ns() / 1000;
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      microseconds->push_back(
          static_cast<float>(now - static_cast<double>(batch[i].at.time_since_epoch().count())));
  }
};

/// `keys` events of one window, then nothing until it is stopped.
struct Once {
  using value_type = Event;
  std::uint32_t keys;
  double* first_read;
  Pipeline** pipeline;
  std::uint32_t next = 0;

  ReadStatus read(Batch<Event>& out, Context&) {
    if (*first_read == 0) *first_read = now_ns();
    for (; next < keys && out.room(); ++next) {
      out.slot() = {Timestamp(1s), next * 2654435761u, 1};
      out.commit({});
    }
    if (next < keys) return ReadStatus::more;
    (*pipeline)->stop();
    return ReadStatus::idle;
  }
  Position position() const { return {std::to_string(next)}; }
  void resume(const Position& p) { next = static_cast<std::uint32_t>(std::stoul(p.token)); }
};

double start_to_first_read(const Scratch& scratch, std::uint32_t keys) {
  double first_read = 0;
  Pipeline* self = nullptr;
  Topology t("restore");
  auto events = t.source("events", Once{keys, &first_read, &self})
                    .event_time("at", &Event::at, watermark::bounded_out_of_orderness(0s));
  count_and_sum(events, Nothing{});
  Pipeline pipeline(std::move(t), {.state_directory = scratch.path.string()});
  self = &pipeline;
  const double begin = now_ns();
  pipeline.run();
  return (first_read - begin) / 1e9;
}

}  // namespace

Check windows(const w2::Input& input, unsigned rounds, Checkpoints checkpoints) {
  const Scratch scratch;
  w2::Sink sink;
  Topology t("w2");
  count_and_sum(t.source("events", Rounds{&input, rounds})
                    .event_time("at", &Event::at, watermark::bounded_out_of_orderness(5s)),
                w2::Summing{&sink});
  Pipeline(std::move(t), options(scratch, checkpoints)).run();
  return sink.check;
}

Latency latency(std::uint32_t keys, std::uint32_t rate, unsigned seconds, Checkpoints checkpoints) {
  const Scratch scratch;
  std::vector<float> delays;
  delays.reserve(std::size_t{rate} * seconds);
  Topology t("latency");
  auto events = t.source("events", Paced{keys, rate, std::uint64_t{rate} * seconds})
                    .event_time("at", &Event::at, watermark::bounded_out_of_orderness(60s));
  count_and_sum(events, Nothing{});
  events.to("delays", Delays{&delays});
  Pipeline(std::move(t), options(scratch, checkpoints)).run();
  // The first second fills the tables.
  delays.erase(delays.begin(), delays.begin() + rate);
  std::ranges::sort(delays);
  const auto at = [&](double q) {
    return static_cast<double>(
        delays[static_cast<std::size_t>(q * (static_cast<double>(delays.size()) - 1))]);
  };
  return {at(0.5), at(0.99), at(1)};
}

double restore_seconds(std::uint32_t keys) {
  const Scratch scratch;
  start_to_first_read(scratch, keys);  // leaves a checkpoint with all of them
  return start_to_first_read(scratch, keys);
}

}  // namespace bench::checkpoint
