// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/faults.hpp"

#include "chance.hpp"

namespace millrace::sim {

bool Faults::fires(std::string_view name) {
  Site& site = at(name);
  const bool asked = visit(site, name).fires;
  const bool yes = chance(rng_, options(site).fires) || asked;
  site.faults += yes;
  return yes;
}

Duration Faults::delay(std::string_view name) {
  Site& site = at(name);
  Duration d = visit(site, name).delay;
  const SiteOptions& o = options(site);
  if (d == Duration::zero() && chance(rng_, o.delays))
    d = Duration(
        static_cast<Duration::rep>(rng_.below(static_cast<std::uint64_t>(o.longest.count()) + 1)));
  site.faults += d.count() != 0;
  return d;
}

void Faults::reached(std::string_view name) { visit(at(name), name); }

SiteFault Faults::visit(Site& site, std::string_view name) {
  ++site.reached;
  return ask_ ? ask_(name) : SiteFault{};
}

void Faults::set(std::string_view name, SiteOptions options) {
  Site& site = at(name);
  site.options = options;
  site.has_options = true;
}

std::uint64_t Faults::reached_count(std::string_view name) const {
  const auto it = sites_.find(name);
  return it == sites_.end() ? 0 : it->second.reached;
}

std::uint64_t Faults::fault_count(std::string_view name) const {
  const auto it = sites_.find(name);
  return it == sites_.end() ? 0 : it->second.faults;
}

Faults::Site& Faults::at(std::string_view name) {
  const auto it = sites_.find(name);
  return it != sites_.end() ? it->second : sites_.emplace(name, Site{}).first->second;
}

const SiteOptions& Faults::options(const Site& site) const {
  return site.has_options ? site.options : everywhere_;
}

}  // namespace millrace::sim
