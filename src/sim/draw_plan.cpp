// SPDX-License-Identifier: BSL-1.0
#include "draw_plan.hpp"

#include <algorithm>
#include <array>

#include "millrace/core/rng.hpp"

namespace millrace::sim {
namespace {

using namespace std::chrono_literals;
using Kind = PlannedFault::Kind;

/// Where a delay has an effect.
constexpr std::array<std::string_view, 10> waiting = {
    "inbox.take",        "sink.take",         "sink.prepare",    "sink.commit",    "source.read",
    "checkpoint.decide", "checkpoint.commit", "checkpoint.drop", "restore.commit", "restore.abort"};

/// A step of a recovery that a fault-free run does not come by.
constexpr std::string_view only_in_recovery = "restore.commit";

class Drawing {
 public:
  Drawing(std::uint64_t seed, const std::map<std::string, SiteHits, std::less<>>& sites,
          Duration length)
      : seed_(seed), rng_(seed ^ 0xFA017), length_(length) {
    recovery_.emplace_back(only_in_recovery);
    for (const auto& [site, hits] : sites) {
      const bool disk = site.starts_with("disk.");
      if (site.starts_with("restore.") || disk || site.starts_with("checkpoint.write_manifest"))
        recovery_.push_back(site);
      if (!site.starts_with("restore.")) running_.push_back(site);
      if (disk) disk_.push_back(site);
      if (std::ranges::count(waiting, site) != 0) waits_.push_back(site);
      if (site.ends_with(".read") || site.ends_with(".write") || site.ends_with(".prepare") ||
          site.ends_with(".commit"))
        if (!disk && std::ranges::count(waiting, site) == 0 && !site.starts_with("checkpoint."))
          endpoints_.push_back(site);
    }
  }

  void crashes(bool kills, bool power) {
    if (!kills && !power) return;
    const auto kind = [&] { return !power || (kills && coin(2)) ? Kind::kill : Kind::power; };
    const unsigned n = 3 + below(3);
    for (unsigned i = 0; i < n; ++i) {
      PlannedFault crash{.after = moment(), .kind = kind()};
      if (!running_.empty() && !coin(4)) crash.site = running_[(seed_ * 5 + i) % running_.size()];
      plan_.push_back(crash);
      if (i % 2 != 0 || recovery_.empty()) continue;
      PlannedFault again{.after = crash.after, .kind = kind()};
      again.site = recovery_[(seed_ * 3 + i / 2) % recovery_.size()];
      if (again.site.starts_with("disk.")) again.visit = 1 + below(10);
      plan_.push_back(std::move(again));
    }
  }
  void disk_errors() {
    for (unsigned i = 5 + below(4); i > 0 && !disk_.empty(); --i) {
      PlannedFault fault{.after = moment(), .kind = coin(3) ? Kind::full : Kind::io};
      fault.site = one_of(disk_);
      if (fault.site == "disk.write" && coin(3)) fault.kind = Kind::torn;
      fault.visit = 1 + below(20);
      if (coin(4)) fault.lasting = up_to(30ms);
      plan_.push_back(std::move(fault));
    }
  }
  void delays() {
    if (!coin(4)) plan_.push_back({.kind = Kind::delays, .by = 1ms + up_to(5ms)});
    for (unsigned i = 7 + below(4); i > 0 && !waits_.empty(); --i)
      plan_.push_back(
          {.after = moment(), .kind = Kind::wait, .site = one_of(waits_), .by = 5ms + up_to(40ms)});
    plan_.push_back(
        {.after = moment(), .kind = Kind::slow, .by = 1ms + up_to(15ms), .lasting = 100ms});
  }
  void clock_steps() {
    for (int i = 0; i < 2; ++i)
      plan_.push_back({.after = moment(), .kind = Kind::wall, .by = up_to(2h) - Duration(1h)});
  }
  void endpoints() {
    for (int i = 0; i < 2 && !endpoints_.empty(); ++i)
      plan_.push_back({.after = moment(), .kind = Kind::fail, .site = one_of(endpoints_)});
  }
  Plan plan() && {
    std::ranges::stable_sort(plan_, {}, &PlannedFault::after);
    return std::move(plan_);
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(rng_.below(n)); }
  bool coin(unsigned n) { return below(n) == 0; }
  Duration up_to(Duration d) {
    return Duration(
        static_cast<Duration::rep>(rng_.below(static_cast<std::uint64_t>(d.count()) + 1)));
  }
  /// In the middle of the run, so that what follows shows what it did.
  Duration moment() { return length_ / 20 + up_to(length_ * 3 / 4); }
  const std::string& one_of(const std::vector<std::string>& sites) {
    return sites[rng_.below(sites.size())];
  }

  std::uint64_t seed_;
  SeededRng rng_;
  Duration length_;
  std::vector<std::string> running_, recovery_, disk_, waits_, endpoints_;
  Plan plan_;
};

}  // namespace

Plan draw_plan(std::uint64_t seed, FaultKinds kinds,
               const std::map<std::string, SiteHits, std::less<>>& sites, Duration length) {
  Drawing drawing(seed, sites, length);
  drawing.crashes(has(kinds, FaultKinds::kills), has(kinds, FaultKinds::power));
  if (has(kinds, FaultKinds::disk_errors)) drawing.disk_errors();
  if (has(kinds, FaultKinds::delays)) drawing.delays();
  if (has(kinds, FaultKinds::clock)) drawing.clock_steps();
  if (has(kinds, FaultKinds::endpoints)) drawing.endpoints();
  return std::move(drawing).plan();
}

}  // namespace millrace::sim
