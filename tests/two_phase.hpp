// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "driver.hpp"
#include "dying_fs.hpp"
#include "millrace/core/sink.hpp"

/// Drives a two-phase sink as a pipeline's coordinator does, from life to life: a process may die
/// at any call that changes the disk, by a kill or with the power, and the next one goes on from
/// the last checkpoint that was decided. Records are numbered; a look at what is visible follows
/// each life.
namespace two_phase {

using Strings = std::vector<std::string>;

/// What the protocol is broken by, to see that the oracles notice.
enum class Mutant : unsigned char {
  none,
  commits_before_decision,
  spools_not_synced,
  state_forgotten,
  undecided_not_listed_again,
};

struct Plan {
  std::uint64_t seed = 1;
  int records = 120;
  int lives = 16;               ///< the last one is whole
  std::uint64_t changes = 150;  ///< to the disk, that a life has at most
  Mutant mutant = Mutant::none;
  std::string spools = "spool";  ///< in the paths of what has to be synced
};

/// What the oracles found; empty when all is right.
struct Verdict {
  std::string wrong = {};
  int deaths = 0;
  int checkpoints = 0;
};

/// A process that ends between two calls.
struct Killed {};

/// `Make(Env&)` gives a new sink; `Batch(from, to)` the records of these numbers, as it lives until
/// the write's end; `See(sim::Env&)` all that is visible now, a text a record.
template <class Make, class Records, class See>
class Run {
 public:
  Run(Plan plan, Make make, Records records, See see)
      : plan_(std::move(plan)),
        make_(std::move(make)),
        records_(std::move(records)),
        see_(std::move(see)),
        rng_(plan_.seed),
        disk_(plan_.seed, {.model = plan_.seed % 2 ? millrace::sim::DiskModel::strict
                                                   : millrace::sim::DiskModel::ext4}) {}

  Verdict operator()() {
    for (int life = 1; life <= plan_.lives && verdict_.wrong.empty(); ++life) {
      Death death;
      if (life < plan_.lives) death.after = 1 + rng_.below(plan_.changes);
      if (plan_.mutant == Mutant::spools_not_synced) death.unsynced = plan_.spools;
      failed_ = false;
      live(death, life == plan_.lives);
      // A destination that did not answer: the pipeline fails, and is started again.
      if (failed_ && ++failures_ < 100) --life;
      look(life == plan_.lives);
    }
    return verdict_;
  }

 private:
  /// What survives a process.
  struct Manifest {
    int position = 0;
    std::vector<millrace::Committable> listed;
    std::optional<std::string> state;
  };

  void live(Death& death, bool last) {
    millrace::sim::Env sim({.seed = rng_.next()}, disk_);
    DyingFs fs(sim.env().fs, death);
    millrace::Env env{sim.env().clock, sim.env().scheduler, sim.env().rng,   fs,
                      sim.env().net,   sim.env().faults,    sim.env().logger};
    Driver driver(sim, &env);
    death_ = &death;
    try {
      auto sink = make_(env);
      restore(sink, driver);
      work(sink, driver, sim);
    } catch (const Killed&) {
    } catch (const millrace::Failure& failure) {
      failed_ = !death.dead() && failure.error().code() == millrace::Errc::unavailable;
      if (!death.dead() && !failed_) verdict_.wrong = std::string("failed: ") + failure.what();
    }
    if (last) return;
    ++verdict_.deaths;
    if (rng_.below(2) == 0) {
      disk_.crash(rng_.next());
      seen_ = firm_;  // what nobody was told is done may go with the power
    } else {
      disk_.kill(sim.env().fs);
    }
  }

  /// Between two calls. What is dead may have gone on in memory until here.
  void step() {
    if (death_->dead() || (death_->may_come() && rng_.below(30) == 0)) throw Killed{};
  }

  template <class Sink>
  void restore(Sink& sink, Driver& driver) {
    if constexpr (millrace::StatefulSink<Sink>)
      if (decided_.state && plan_.mutant != Mutant::state_forgotten)
        sink.load(*decided_.state).value();
    commit_listed(sink, driver);
    driver.run(sink.abort(driver.cx));
    step();
  }

  template <class Sink>
  void commit_listed(Sink& sink, Driver& driver) {
    for (const auto& committable : decided_.listed) {
      step();
      driver.run(sink.commit(committable, driver.cx));
    }
    step();
    firm_ = sorted(see_(driver.sim));
  }
  std::string missing(const Strings& seen) const {
    std::string all;
    for (const std::string& each : seen_)
      if (!std::binary_search(seen.begin(), seen.end(), each)) all += each + ' ';
    return all;
  }
  static Strings sorted(Strings all) {
    std::sort(all.begin(), all.end());
    return all;
  }

  template <class Sink>
  void work(Sink& sink, Driver& driver, millrace::sim::Env& sim) {
    std::vector<millrace::Committable> undecided;
    int position = decided_.position;
    while (position < plan_.records) {
      position = write(sink, driver, position);
      sim.run_for(std::chrono::milliseconds(rng_.below(400)));
      if constexpr (millrace::TickedSink<Sink>) driver.run(sink.tick(driver.cx));
      if (position == plan_.records || rng_.below(3) == 0)
        position = checkpoint(sink, driver, undecided, position);
    }
    // The end: what is left open is closed, in as many checkpoints as it takes.
    if constexpr (requires { sink.finish(driver.cx); })
      while (driver.run(sink.finish(driver.cx)) || !undecided.empty())
        checkpoint(sink, driver, undecided, position);
    while (!undecided.empty()) checkpoint(sink, driver, undecided, position);
  }

  template <class Sink>
  int write(Sink& sink, Driver& driver, int position) {
    const int to = std::min(plan_.records, position + static_cast<int>(rng_.below(6)));
    const auto batch = records_(position, to);
    driver.run(sink.write(batch, driver.cx));
    step();
    return to;
  }

  template <class Sink>
  int checkpoint(Sink& sink, Driver& driver, std::vector<millrace::Committable>& undecided,
                 int position) {
    undecided.push_back(driver.run(sink.prepare(++id_, driver.cx)));
    Manifest manifest{.position = position, .listed = undecided, .state = {}};
    if constexpr (millrace::StatefulSink<Sink>) sink.save(manifest.state.emplace());
    if (position < plan_.records && rng_.below(3) == 0) position = write(sink, driver, position);
    if (plan_.mutant == Mutant::commits_before_decision)
      driver.run(sink.commit(undecided.back(), driver.cx));
    step();
    if (rng_.below(4) == 0) {  // the manifest could not be written
      if (plan_.mutant == Mutant::undecided_not_listed_again) undecided.clear();
      return position;
    }
    decided_ = std::move(manifest);
    undecided.clear();
    ++verdict_.checkpoints;
    if (position < plan_.records && rng_.below(3) == 0) position = write(sink, driver, position);
    commit_listed(sink, driver);
    return position;
  }

  /// At all times: nothing twice, nothing that no record is, nothing taken back.
  void look(bool last) {
    if (!verdict_.wrong.empty()) return;
    millrace::sim::Env sim({.seed = rng_.next()}, disk_);
    Strings seen = sorted(see_(sim));
    const auto twice = std::adjacent_find(seen.begin(), seen.end());
    if (twice != seen.end())
      verdict_.wrong = "twice: " + *twice;
    else if (!std::includes(seen.begin(), seen.end(), seen_.begin(), seen_.end()))
      verdict_.wrong =
          "taken back after " + std::to_string(verdict_.deaths) + " deaths: " + missing(seen);
    else if (last && seen.size() != static_cast<std::size_t>(plan_.records))
      verdict_.wrong = std::to_string(seen.size()) + " records of " + std::to_string(plan_.records);
    seen_ = std::move(seen);
  }

  Plan plan_;
  Make make_;
  Records records_;
  See see_;
  millrace::SeededRng rng_;
  millrace::sim::Disk disk_;
  Manifest decided_;
  millrace::CheckpointId id_ = 0;
  bool failed_ = false;
  int failures_ = 0;
  Death* death_ = nullptr;  ///< of the process that runs
  Strings seen_;            ///< that must not go away
  Strings firm_;            ///< when a commit was done
  Verdict verdict_;
};

/// How many of the seeds 1 to `seeds` find the mutant.
template <class F>
int found(int seeds, F&& run) {
  int n = 0;
  for (int seed = 1; seed <= seeds; ++seed)
    n += !run(static_cast<std::uint64_t>(seed)).wrong.empty();
  return n;
}

}  // namespace two_phase
