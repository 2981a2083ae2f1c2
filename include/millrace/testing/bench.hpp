// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "millrace/runtime/pipeline.hpp"
#include "millrace/testing/bench_run.hpp"
#include "millrace/testing/bench_sink.hpp"
#include "millrace/testing/bench_source.hpp"

namespace millrace::testing {

/// Drives a piece of pipeline by hand, on virtual time: the same code that runs in production.
///
///     Bench<Accident, Report> bench{severe_reports};   // Stream<Report> f(Stream<Accident>)
///     bench.push(accident, at(10s));
///     const auto id = bench.checkpoint();
///     bench.watermark(at(61s));
///     CHECK(bench.take() == …);
///     bench.crash();
///     bench.restore({.checkpoint = id, .parallelism = 3});
///
/// The stream that the function gets has event time, as pushed; an event_time step of its own
/// replaces it and makes its own watermarks. Records pushed in a row travel in one batch. The
/// function is called again at each restore(). Files that its steps use and the checkpoints are on
/// a simulated disk.
/// Threads: one. Errors: TopologyError and Failure as from Pipeline, from the call that met them.
template <class In, class Out>
class Bench {
 public:
  template <class F>
  explicit Bench(F build, PipelineOptions options = {}) {
    const auto kept = std::make_shared<F>(std::move(build));
    run_ = std::make_unique<BenchRun>(
        [kept, script = script_, results = results_, letters = letters_] {
          Topology topology("bench");
          Stream<In> in = detail::scripted_source<In>(topology, "bench-source", script);
          Stream<Out> out = (*kept)(in);
          out.to("bench-sink", detail::BenchSink<Out>(results));
          topology.dead_letters().to("bench-dead-letters", detail::BenchSink<DeadLetter>(letters));
          return topology;
        },
        std::move(options));
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

  /// Takes a checkpoint of all that was pushed so far, as Pipeline::checkpoint() does, and gives
  /// its number. Errors: Failure (conflict) behind end() or crash().
  CheckpointId checkpoint() {
    deliver();
    return run_->checkpoint();
  }
  /// The process dies where it stands, as by power loss: what no checkpoint holds is lost. What was
  /// pushed is still there for the next start to read, as in any source.
  void crash() { run_->crash(); }
  /// Starts again, from the newest checkpoint or the one that is given, also with another
  /// parallelism. What was pushed behind that checkpoint is read again, and what comes out of it
  /// replaces what had come out and was not taken. Errors: Failure (not_found) for a checkpoint
  /// that was not taken.
  void restore(const Restoration& how = {}) { run_->restore(how); }

  /// The values that came out since the last take.
  std::vector<Out> take() {
    std::vector<Out> values;
    for (auto& record : take_timed()) values.push_back(std::move(record.value));
    return values;
  }
  /// The same with their event times.
  std::vector<Timed<Out>> take_timed() {
    deliver();
    return results_->take();
  }
  std::vector<DeadLetter> take_dead_letters() {
    deliver();
    std::vector<DeadLetter> letters;
    for (auto& record : letters_->take()) letters.push_back(std::move(record.value));
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
  std::shared_ptr<detail::Results<Out>> results_ = std::make_shared<detail::Results<Out>>();
  std::shared_ptr<detail::Results<DeadLetter>> letters_ =
      std::make_shared<detail::Results<DeadLetter>>();
  std::unique_ptr<BenchRun> run_;
};

}  // namespace millrace::testing
