// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/runtime/options.hpp"
#include "millrace/sim/plan.hpp"
#include "millrace/sim/world.hpp"

namespace millrace::sim {

/// How much happened.
struct CheckCounts {
  std::uint64_t records = 0;           ///< that sources gave out in the fault-free run
  std::uint64_t checkpoints = 0;       ///< completed
  std::uint64_t crashes = 0;           ///< kills and power losses
  std::uint64_t recovery_crashes = 0;  ///< those of a process that had not recovered yet
  std::uint64_t rescaled = 0;          ///< starts with another parallelism than before
  std::uint64_t faults = 0;            ///< all others
};
/// As many of each as say something: what a seed of the release checks has.
inline constexpr CheckCounts telling = {
    .records = 2000, .checkpoints = 10, .crashes = 3, .rescaled = 1, .faults = 10};

/// How sim::check() tries a pipeline.
struct CheckOptions {
  std::uint64_t seed = 1;     ///< the first one
  std::uint64_t seeds = 100;  ///< so many from there on
  FaultKinds faults = all;
  /// Not drawn by the seed but these, as a failed check has printed them.
  std::string plan = {};
  /// Of the code, for the message of a failure.
  std::string commit = {};
  /// Subtasks of the first start and the following ones, in turn from a place that the seed
  /// chooses.
  std::vector<unsigned> parallelism = {1, 2, 3};
  /// How the pipeline runs. Its checkpoints are kept on the simulated disk; interval, tolerated
  /// failures, flow budget and restarts are drawn by the seed when they are at their defaults.
  PipelineOptions pipeline = {};
  /// Liveness: when the last fault is over the input is read and delivered within this.
  Duration drain_within = std::chrono::seconds(60);
  /// Bytes that the flow budget may be overshot by: a batch an edge.
  ByteSize overshoot = 4_MiB;
  /// Each n-th seed is run twice, and both runs take the same course. 0: none is.
  std::uint64_t repeat_every = 10;
  /// A seed that has fewer of something has failed: it says too little.
  CheckCounts at_least = {};
  /// The check fails when a step of the protocol that the pipeline has was visited and saw fewer
  /// crashes than this over all seeds.
  std::uint64_t crashes_a_site = 0;
};

/// What happened at one site of the protocol, over all seeds.
struct SiteHits {
  std::uint64_t visits = 0;
  std::uint64_t faults = 0;   ///< delays, failed calls
  std::uint64_t crashes = 0;  ///< processes that died there
  bool always = false;        ///< fault-free runs come by, too: a step that the pipeline has
};

/// What a check found.
struct CheckResult {
  std::uint64_t seeds = 0;
  std::uint64_t failures = 0;  ///< seeds that failed
  CheckCounts all{};           ///< over all seeds
  CheckCounts least{};         ///< the smallest of each that a seed had
  std::map<std::string, SiteHits, std::less<>> sites{};
  /// Of the first failure: seed, commit, what differed, the smallest list of faults that still
  /// fails, how to run it again. Of sites that were not hit: which. Empty when all is well.
  std::string failure{};

  bool ok() const { return failure.empty(); }
  /// Adds what another check found; the first failure stays.
  MILLRACE_EXPORT CheckResult& operator+=(const CheckResult& other);
  /// "300 seeds, 4108 checkpoints, …, 0 failures"
  MILLRACE_EXPORT std::string counts() const;
};

using CheckedPipeline = std::function<void(Topology&, World&)>;

/// Runs a pipeline in a simulated process, for each seed once without a fault and once with disk,
/// process and timing faults at every step of its protocol, and compares the outputs.
///
///     const auto result = sim::check(
///         [&](Topology& t, sim::World& w) {
///           severe(w.source<Accident>(t, "in", accidents)).to("out", w.sink<Report>("out"));
///         },
///         {.seeds = 300});
///     CHECK(result.failure == "");
///
/// Checked at all times: nothing is visible twice, retracted or unexpected, and the order per key
/// is kept; watermarks do not go back; memory stays within the budgets; each checkpoint that was
/// decided can be restored; what fails has a fault for a cause. At the end: the outputs are equal
/// to the fault-free run's, it has come to its end in time, and no budget has leaked.
/// Errors: TopologyError, and what the function throws that is no Failure. Threads: one. Cost: two
/// runs a seed, some tens of milliseconds each for 2,000 records; memory of one run.
MILLRACE_EXPORT CheckResult check(const CheckedPipeline& pipeline,
                                  const CheckOptions& options = {});

}  // namespace millrace::sim
