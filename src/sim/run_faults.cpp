// SPDX-License-Identifier: BSL-1.0
// What goes wrong in a checked run, and when.
#include <algorithm>

#include "run.hpp"

namespace millrace::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration usual_block = 500us;
/// A process that has not come by the site where it shall die dies all the same.
constexpr Duration latest_death = 150ms;

bool kills(PlannedFault::Kind kind) {
  return kind == PlannedFault::Kind::kill || kind == PlannedFault::Kind::power;
}

}  // namespace

SiteHits& Run::hits(std::string_view site) {
  const auto at = sites_.find(site);
  return at != sites_.end() ? at->second : sites_.emplace(site, SiteHits{}).first->second;
}

/// Whether the fault strikes at this visit.
bool Run::strikes(Armed& armed, std::string_view site) {
  if (armed.spent || armed.fault.site != site || now() < armed.fault.after) return false;
  if (armed.until > Duration::zero()) {
    armed.spent = now() >= armed.until;
    return !armed.spent;
  }
  if (--armed.visits_left > 0) return false;
  if (armed.fault.lasting > Duration::zero())
    armed.until = now() + armed.fault.lasting;
  else
    armed.spent = true;
  return true;
}

SiteFault Run::visit(std::string_view site) {
  SiteFault result;
  if (!watching_ || sim_.halted()) return result;
  SiteHits& here = hits(site);
  ++here.visits;
  if (site == "checkpoint.committed" || site == "restore.committed")
    ++world_->state().facts.commits;
  if (site == "checkpoint.decided") {
    ++decisions_;
    decided_ = store_->last();
  }
  if (longest_delay_ > Duration::zero() && rng_.below(5) == 0)
    result.delay = Duration(
        static_cast<Duration::rep>(rng_.below(static_cast<std::uint64_t>(longest_delay_.count()))));
  for (Armed& armed : plan_) {
    if (!strikes(armed, site)) continue;
    if (kills(armed.fault.kind)) {
      ++here.crashes;
      die(armed.fault.kind);
      return result;
    }
    ++here.faults;
    ++counts.faults;
    if (armed.fault.kind == Kind::fail) result.fires = true;
    if (armed.fault.kind == Kind::wait) result.delay = armed.fault.by;
  }
  return result;
}

std::optional<FileFault> Run::call(FileCall call, std::string_view) {
  if (!watching_ || sim_.halted()) return std::nullopt;
  const std::string site = "disk." + std::string(to_string(call));
  SiteHits& here = hits(site);
  ++here.visits;
  for (Armed& armed : plan_) {
    if (!strikes(armed, site)) continue;
    if (kills(armed.fault.kind)) {
      ++here.crashes;
      die(armed.fault.kind);
      // It may have come half through a write.
      return call == FileCall::write && rng_.below(2) == 0 ? std::optional(FileFault::partial)
                                                           : std::nullopt;
    }
    ++here.faults;
    ++counts.faults;
    return armed.fault.kind == Kind::full   ? FileFault::out_of_space
           : armed.fault.kind == Kind::torn ? FileFault::partial
                                            : FileFault::io;
  }
  return std::nullopt;
}

/// What strikes at a time, and what has waited for its site for too long.
void Run::strike_due() {
  if (slow_until_ > Duration::zero() && now() >= slow_until_) {
    slow_until_ = Duration::zero();
    sim_.set_longest_block(usual_block);
  }
  const bool over = now() >= faults_end_;
  if (over) longest_delay_ = Duration::zero();
  for (Armed& armed : plan_) {
    const PlannedFault& fault = armed.fault;
    if (armed.spent || death_ || now() < fault.after) continue;
    if (fault.site.empty())
      strike_at_once(armed);
    else if (kills(fault.kind) && now() >= fault.after + latest_death)
      strike_at_once(armed);
    else if (over)
      armed.spent = true;
  }
}

void Run::strike_at_once(Armed& armed) {
  const PlannedFault& fault = armed.fault;
  armed.spent = true;
  if (kills(fault.kind)) return die(fault.kind);
  ++counts.faults;
  if (fault.kind == Kind::delays) longest_delay_ = fault.by;
  if (fault.kind == Kind::wall) sim_.step_wall(fault.by);
  if (fault.kind == Kind::slow) {
    sim_.set_longest_block(fault.by);
    slow_until_ = now() + fault.lasting;
  }
}

}  // namespace millrace::sim
