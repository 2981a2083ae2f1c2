// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/rng.hpp"
#include "millrace/runtime/observer.hpp"
#include "millrace/runtime/pipeline.hpp"
#include "millrace/sim/check.hpp"
#include "millrace/sim/env.hpp"
#include "watched_store.hpp"
#include "world_state.hpp"

namespace millrace::sim {

/// One run of a checked pipeline, from its first start to the end of its input, through all the
/// deaths that its plan has for it.
class Run final : private Observer {
 public:
  /// `faultless`: the run to compare with; null for that one.
  Run(const CheckedPipeline& pipeline, const CheckOptions& options, std::uint64_t seed, Plan plan,
      const Run* faultless);
  ~Run() override;

  /// What was wrong; empty when nothing was.
  const std::string& run();

  const std::string& wrong() const { return world_->state().facts.wrong; }
  std::uint64_t hash() const;
  const std::map<std::string, SiteHits, std::less<>>& sites() const { return sites_; }
  Duration length() const { return length_; }

  CheckCounts counts;

 private:
  using Kind = PlannedFault::Kind;
  /// A fault of the plan on its way.
  struct Armed {
    PlannedFault fault;
    unsigned visits_left = 1;
    bool spent = false;
    Duration until{};  ///< a lasting one that has struck
  };
  enum class Ended : unsigned char { died, failed, finished, stuck };

  // How the process lives.
  bool start();
  PipelineOptions options_of_start() const;
  Task<> execute(std::shared_ptr<Strand> strand);
  Ended live();
  void bury();
  void die(Kind kind);
  Duration now() const;

  // What goes wrong.
  SiteFault visit(std::string_view site);
  std::optional<FileFault> call(FileCall call, std::string_view path);
  bool strikes(Armed& armed, std::string_view site);
  void strike_due();
  void strike_at_once(Armed& armed);
  SiteHits& hits(std::string_view site);

  // What is looked at.
  void fail(std::string what) { world_->state().facts.fail(std::move(what)); }
  void check_running();
  void check_restorable();
  void check_outputs(detail::Ledger::After after);
  void check_failure(const Error& error);
  void check_end();
  template <class F>
  void unwatched(F&& f) {
    const bool before = std::exchange(watching_, false);
    f();
    watching_ = before;
  }
  void on_state(const PipelineStatus& status) override;
  void on_failure(const Error& error) override;
  void on_checkpoint(CheckpointId) override { ++counts.checkpoints; }

  const CheckedPipeline& build_;
  const CheckOptions& options_;
  const std::uint64_t seed_;
  const Run* const faultless_;
  std::vector<Armed> plan_;
  SeededRng rng_;
  Disk disk_;
  Env sim_;
  std::unique_ptr<Fs> outside_;  ///< the disk as another process sees it
  std::unique_ptr<millrace::Env> onlooker_;
  std::unique_ptr<World> world_;
  std::shared_ptr<WatchedStore> store_;
  std::unique_ptr<Pipeline> pipeline_;

  std::uint64_t decided_ = 0;    ///< the last checkpoint that was
  std::uint64_t decisions_ = 0;  ///< so many were
  bool watching_ = false;        ///< visits and calls are the process's, not the onlooker's
  std::optional<Kind> death_;
  std::optional<Outcome> outcome_;
  std::optional<Error> error_;
  PipelineState state_ = PipelineState::idle;
  unsigned parallelism_ = 0;
  Duration longest_delay_{};
  Duration slow_until_{};
  Duration faults_end_{};
  Duration length_{};
  std::map<std::string, Timestamp> watermarks_;
  std::map<std::string, SiteHits, std::less<>> sites_;
};

}  // namespace millrace::sim
