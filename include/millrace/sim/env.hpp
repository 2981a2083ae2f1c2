// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/sim/disk.hpp"
#include "millrace/sim/faults.hpp"
#include "millrace/sim/net.hpp"

namespace millrace::sim {

struct Options {
  std::uint64_t seed = 1;
  /// What the wall clock says at first: 2020-01-01.
  Timestamp start = Timestamp(std::chrono::seconds(1'577'836'800));
  /// Blocking work takes up to this, by chance.
  Duration longest_block = std::chrono::milliseconds(1);
  /// So many turns without time passing are a livelock: a task that yields for ever, waiting for
  /// what only time can bring.
  std::uint64_t most_turns_at_once = 100'000'000;
  /// What fault sites do that are not set by name.
  SiteOptions faults{};
  NetOptions net{};
  /// Where messages go; nowhere when null.
  Logger* logger = nullptr;
};

/// How a run came to its end.
enum class Ended : unsigned char {
  all_done,  ///< no root task is left
  time_up,   ///< the time given has passed
  deadlock,  ///< root tasks wait, and nothing can ever wake them
  livelock,  ///< root tasks go on and on while no time passes
  halted,    ///< halt() was called
};

/// A process in a box: one thread, a seed, virtual time. The same seed and the same calls give the
/// same run, step by step. Threads: one. Lifetime: outlives everything that was given its Env.
class MILLRACE_EXPORT Env {
 public:
  /// Runs on a disk of its own.
  explicit Env(Options options = {});
  /// Runs on a disk that outlives it: what the process before has left.
  Env(Options options, Disk& disk);
  ~Env();
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  millrace::Env& env();
  Disk& disk();
  Faults& faults();
  Net& net();

  /// Resumes one task; false when nothing is ready and no timer is set, or in a livelock.
  bool run_one();
  /// Runs until all root tasks have ended or none can go on.
  Ended run();
  /// Runs for so long in virtual time, which has passed afterwards, unless it is a livelock.
  Ended run_for(Duration d);
  /// Runs until `done()` or until nothing can go on; says whether it was done.
  template <class F>
  bool run_until(F&& done) {
    while (!done())
      if (!run_one()) return done();
    return true;
  }
  /// The process stops where it stands, as by the kill that follows: what runs now has no effect on
  /// the disk any more and nothing is resumed, until crash() or kill(). For fault sites.
  void halt();
  bool halted() const;
  /// Power loss: every task is destroyed, the disk loses what was not synced, connections are
  /// reset. Time goes on; new tasks may be spawned, as a process that starts again.
  void crash();
  /// The same, but only the process dies: the disk keeps all that was written.
  void kill();

  /// Steps the wall clock, as an administrator does; the monotonic one goes on.
  void step_wall(Duration d);
  /// Blocking work takes up to this from now on.
  void set_longest_block(Duration d);
  /// A hash over which strand went on at which time: equal for equal runs.
  std::uint64_t trace_hash() const;
  /// Root tasks that have not ended.
  std::size_t roots() const;

 private:
  void bind(const Options& options);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::sim
