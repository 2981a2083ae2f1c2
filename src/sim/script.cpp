// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/script.hpp"

#include <algorithm>
#include <numeric>

#include "millrace/core/rng.hpp"
#include "millrace/state/hash.hpp"

namespace millrace::sim::detail {
namespace {

Duration below(Rng& rng, Duration bound) {
  return Duration(
      static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(bound.count()) + 1)));
}

/// The order in which they appear: by time, each up to the disorder late.
std::vector<std::size_t> order_of(const Script::Shape& shape, Rng& rng) {
  std::vector<std::size_t> order(shape.records);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (shape.times.empty()) return order;
  std::vector<Timestamp> turns;
  turns.reserve(shape.records);
  for (const Timestamp t : shape.times) turns.push_back(t + below(rng, shape.disorder));
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return turns[i]; });
  return order;
}

/// Nothing of this partition appears from `from` to `to`: what would have comes at its end.
void silence(std::vector<Script::Slot>& slots, Duration from, Duration to) {
  for (Script::Slot& slot : slots)
    if (slot.arrival >= from && slot.arrival < to) slot.arrival = to;
}

}  // namespace

Script Script::arrange(const Shape& shape, std::uint64_t seed) {
  SeededRng rng(seed);
  Script script;
  const std::size_t n = std::max(shape.partitions, 1u);
  script.partitions.resize(n);
  const std::vector<std::size_t> order = order_of(shape, rng);
  for (std::size_t i = 0; i < order.size(); ++i) {
    auto& slots = script.partitions[shape.keys.empty() ? rng.below(n) : shape.keys[order[i]] % n];
    const Duration turn =
        shape.span * static_cast<Duration::rep>(i) / static_cast<Duration::rep>(order.size());
    const Duration arrival = turn + below(rng, shape.span / 50);
    slots.push_back({order[i], slots.empty() ? arrival : std::max(arrival, slots.back().arrival)});
  }
  if (n > 1) {
    const std::size_t late = rng.below(n);
    silence(script.partitions[late], {}, shape.span / 5);
    const Duration from = shape.span / 3 + below(rng, shape.span / 6);
    silence(script.partitions[(late + 1) % n], from, from + shape.span / 3);
  }
  return script;
}

void Script::may_fail(millrace::Env& env, const std::string& site) {
  if (env.faults.fires(site))
    throw Failure({Errc::unavailable, "the simulated source does not answer (" + site + ")"});
}

std::uint64_t hash_of(const std::string& key) { return xxh64(key); }

}  // namespace millrace::sim::detail
