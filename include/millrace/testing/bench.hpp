// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "millrace/runtime/pipeline.hpp"
#include "millrace/testing/bench_run.hpp"
#include "millrace/testing/bench_source.hpp"
#include "millrace/testing/memory.hpp"

namespace millrace::testing {

/// Drives a piece of pipeline by hand, on virtual time: the same code that runs in production.
///
///     Bench<Accident, Report> bench{severe_reports};   // Stream<Report> f(Stream<Accident>)
///     bench.push(accident, at(10s));
///     bench.watermark(at(61s));
///     CHECK(bench.take() == …);
///
/// The stream that the function gets has event time, as pushed; an event_time step of its own
/// replaces it and makes its own watermarks. Records pushed in a row travel in one batch.
/// Threads: one. Errors: TopologyError and Failure as from Pipeline, from the call that met them.
template <class In, class Out>
class Bench {
 public:
  template <class F>
  explicit Bench(F build, PipelineOptions options = {}) {
    Topology topology("bench");
    Stream<In> in = detail::scripted_source<In>(topology, "bench-source", script_);
    Stream<Out> out = build(in);
    out.to("bench-sink", results_);
    topology.dead_letters().to("bench-dead-letters", letters_);
    run_ = std::make_unique<BenchRun>(std::move(topology), std::move(options));
  }

  void push(In value, Timestamp time = {}) { pending_.push_back({std::move(value), time}); }
  /// No record before `t` will be pushed, unless a late one is meant.
  void watermark(Timestamp t) {
    script_->add({.records = std::exchange(pending_, {}), .watermark = t});
    run_->settle();
  }
  /// Lets virtual time pass: idleness, timers, intervals.
  void advance(Duration d) {
    deliver();
    run_->advance(d);
  }
  /// The end of input: the final watermark, and everything is flushed.
  void end() {
    script_->add({.records = std::exchange(pending_, {}), .watermark = end_of_time, .end = true});
    run_->settle();
  }

  /// The values that came out since the last take.
  std::vector<Out> take() {
    std::vector<Out> values;
    for (auto& record : take_timed()) values.push_back(std::move(record.value));
    return values;
  }
  /// The same with their event times.
  std::vector<Timed<Out>> take_timed() {
    deliver();
    return results_.take();
  }
  std::vector<DeadLetter> take_dead_letters() {
    deliver();
    std::vector<DeadLetter> letters;
    for (auto& record : letters_.take()) letters.push_back(std::move(record.value));
    return letters;
  }
  PipelineMetrics metrics() {
    deliver();
    return run_->pipeline().metrics();
  }

 private:
  void deliver() {
    if (!pending_.empty()) script_->add({.records = std::exchange(pending_, {})});
    run_->settle();
  }

  std::shared_ptr<detail::SourceScript<In>> script_ = std::make_shared<detail::SourceScript<In>>();
  std::vector<Timed<In>> pending_;
  Into<Out> results_;
  Into<DeadLetter> letters_;
  std::unique_ptr<BenchRun> run_;
};

}  // namespace millrace::testing
