// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/core/export.hpp"
#include "millrace/core/faults.hpp"
#include "millrace/core/rng.hpp"

namespace millrace::sim {

/// How often a fault site misbehaves.
struct SiteOptions {
  double fires = 0;     ///< probability of fires(), 0 to 1
  double delays = 0;    ///< probability that delay() is not zero
  Duration longest{0};  ///< bound of such a delay, inclusive
};

/// What shall happen at one visit of a site, instead of what chance says.
struct SiteFault {
  bool fires = false;
  Duration delay{};
};

/// Faults by seed, and a count of the sites that were reached.
/// Threads: one. Lifetime: the sim::Env's.
class MILLRACE_EXPORT Faults final : public millrace::Faults {
 public:
  Faults(std::uint64_t seed, SiteOptions everywhere) : rng_(seed), everywhere_(everywhere) {}

  bool fires(std::string_view site) override;
  Duration delay(std::string_view site) override;
  void reached(std::string_view site) override;

  /// Options of one site, instead of those given for all.
  void set(std::string_view site, SiteOptions options);
  /// Options of every site that was not set by name; a suite sets {} to let the run drain.
  void set_everywhere(SiteOptions options) { everywhere_ = options; }
  /// Asked at every visit of a site, which counts already; what it leaves at its default is left to
  /// chance. A delay is taken where the site can be delayed, fires where it can fire.
  void on_visit(std::function<SiteFault(std::string_view site)> ask) { ask_ = std::move(ask); }
  /// How often reached(site), fires(site) or delay(site) was called.
  std::uint64_t reached_count(std::string_view site) const;
  /// How often fires(site) said yes or delay(site) was not zero.
  std::uint64_t fault_count(std::string_view site) const;

 private:
  struct Site {
    SiteOptions options;
    bool has_options = false;
    std::uint64_t reached = 0;
    std::uint64_t faults = 0;
  };
  Site& at(std::string_view site);
  SiteFault visit(Site& site, std::string_view name);
  const SiteOptions& options(const Site& site) const;

  SeededRng rng_;
  SiteOptions everywhere_;
  std::function<SiteFault(std::string_view)> ask_;
  std::map<std::string, Site, std::less<>> sites_;
};

}  // namespace millrace::sim
