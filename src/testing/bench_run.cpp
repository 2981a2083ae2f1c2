// SPDX-License-Identifier: BSL-1.0
#include "millrace/testing/bench_run.hpp"

#include <utility>

namespace millrace::testing {

BenchRun::BenchRun(Topology topology, PipelineOptions options)
    : env_({.longest_block = Duration::zero()}),
      pipeline_(std::move(topology), std::move(options)) {
  auto strand = env_.env().scheduler.make_strand();
  env_.env().scheduler.spawn(strand, execute(strand));
  settle();
}

// A bench that is dropped in the middle is a process that is killed: its tasks go first.
BenchRun::~BenchRun() { env_.crash(); }

Task<> BenchRun::execute(std::shared_ptr<Strand> strand) {
  try {
    co_await pipeline_.execute(env_.env(), strand);
  } catch (...) {
    error_ = std::current_exception();
  }
}

void BenchRun::settle() { advance(Duration::zero()); }

void BenchRun::advance(Duration d) {
  env_.run_for(d);
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

}  // namespace millrace::testing
