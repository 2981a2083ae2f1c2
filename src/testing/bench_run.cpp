// SPDX-License-Identifier: BSL-1.0
#include "millrace/testing/bench_run.hpp"

#include <limits>
#include <utility>

namespace millrace::testing {

BenchRun::BenchRun(std::function<Topology()> build, PipelineOptions options)
    : build_(std::move(build)),
      options_(std::move(options)),
      env_({.longest_block = Duration::zero()}) {
  if (options_.state_directory.empty() && !options_.checkpoint_store)
    options_.state_directory = "bench-state";
  // A test may go on from any that it has taken.
  options_.checkpoints.keep = std::numeric_limits<std::uint32_t>::max();
  start();
}

// A bench that is dropped in the middle is a process that is killed: its tasks go first.
BenchRun::~BenchRun() { env_.crash(); }

void BenchRun::start() {
  pipeline_ = std::make_unique<Pipeline>(build_(), options_);
  auto strand = env_.env().scheduler.make_strand();
  env_.env().scheduler.spawn(strand, execute(strand));
  settle();
}

Task<> BenchRun::execute(std::shared_ptr<Strand> strand) {
  try {
    co_await pipeline_->execute(env_.env(), strand);
  } catch (...) {
    error_ = std::current_exception();
  }
}

void BenchRun::settle() { advance(Duration::zero()); }

void BenchRun::advance(Duration d) {
  env_.run_for(d);
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

CheckpointId BenchRun::checkpoint() {
  settle();
  if (env_.roots() == 0)
    throw Failure({Errc::conflict,
                   "bench: a checkpoint is wanted, and nothing runs: the input has ended, or "
                   "crash() was called; call restore() first"});
  const CheckpointMetrics before = pipeline_->metrics().checkpoints;
  CheckpointMetrics now = before;
  pipeline_->checkpoint();
  env_.run_until([&] {
    now = pipeline_->metrics().checkpoints;
    return error_ != nullptr || now.completed > before.completed || now.failed > before.failed;
  });
  settle();
  if (now.completed == before.completed)
    throw Failure({Errc::io, "bench: the checkpoint failed; the observer was told why"});
  return now.last_id;
}

void BenchRun::crash() {
  env_.crash();
  error_ = nullptr;
}

void BenchRun::restore(const Restoration& how) {
  crash();
  options_.checkpoints.restore_from = how.checkpoint;
  if (how.parallelism != 0) options_.parallelism = how.parallelism;
  start();
}

}  // namespace millrace::testing
