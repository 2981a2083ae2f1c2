// SPDX-License-Identifier: BSL-1.0
#include "safety.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "replay.hpp"
#include "scratch.hpp"
#include "w1.hpp"
#include "w3.hpp"
#include "w4.hpp"

namespace bench::safety {
namespace {

using namespace std::chrono_literals;
using millrace::Duration;

constexpr double goal = 1.05;
constexpr double shortest_run_ns = 3e9;  // two or three checkpoints

/// `library` runs the workload with what it is given. False when the results differ.
bool compare(const char* name, const Options& options, std::size_t records, Duration span,
             const std::function<Check(Replay*)>& library) {
  if (!options.wanted(name)) return true;
  library(nullptr);  // warms up
  const double begin = now_ns();
  library(nullptr);
  const auto rounds = static_cast<unsigned>(shortest_run_ns / (now_ns() - begin)) + 1;
  const auto run = [&](millrace::PipelineOptions how) {
    Replay replay{.rounds = rounds, .span = span, .options = std::move(how)};
    return library(&replay);
  };
  Options fewer = options;
  fewer.repetitions = std::min(options.repetitions, 3u);
  Comparison c(name, records * rounds);
  c.reference("without", [&] { return run({}); });
  c.library(
      "with a checkpoint each second",
      [&] {
        const Scratch scratch;
        millrace::PipelineOptions how{.state_directory = scratch.path.string()};
        how.checkpoints.interval = 1s;
        return run(std::move(how));
      },
      goal);
  return c.run(fewer);
}

/// The event time from the first record to beyond the last.
template <class In>
Duration span_of(const In& in) {
  return in[in.size() - 1].at - in[0].at + 1s;
}

}  // namespace

bool run(const Options& options) {
  bool good = true;
  if (options.wanted("C1-W1")) {
    const w1::Input in = w1::generate(options.rows / 5);
    good &= compare("C1-W1", options, options.rows / 5, {},
                    [&](Replay* replay) { return w1::library(in, replay); });
  }
  if (options.wanted("C1-W3")) {
    const w3::Input in = w3::generate(options.rows / 5);
    // 20,000 events a second.
    const Duration span = std::chrono::microseconds(50) * static_cast<int>(options.rows / 5) + 1s;
    good &= compare("C1-W3", options, options.rows / 5, span,
                    [&](Replay* replay) { return w3::library(in, replay); });
  }
  const auto some = [&](auto... names) { return (options.wanted(names) || ...); };
  if (!some("C1-Q1", "C1-Q2", "C1-Q5", "C1-Q7", "C1-Q8")) return good;
  const std::size_t events = options.events / 4;
  const w4::Bids bids = w4::generate_bids(events);
  const auto query = [&](const char* name, auto library) {
    good &= compare(name, options, events, span_of(bids),
                    [&](Replay* replay) { return library(bids, replay); });
  };
  query("C1-Q1", w4::library_q1);
  query("C1-Q2", w4::library_q2);
  query("C1-Q5", w4::library_q5);
  query("C1-Q7", w4::library_q7);
  const w4::Events auctions = w4::generate_events(events);
  good &= compare("C1-Q8", options, events, span_of(auctions),
                  [&](Replay* replay) { return w4::library_q8_counted(auctions, replay); });
  return good;
}

}  // namespace bench::safety
