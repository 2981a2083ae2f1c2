// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/check.hpp"

#include <algorithm>
#include <array>

#include "draw_plan.hpp"
#include "run.hpp"

namespace millrace::sim {
namespace {

constexpr unsigned most_tries = 300;  // of finding a smaller plan

constexpr std::array each_count = {&CheckCounts::records,  &CheckCounts::checkpoints,
                                   &CheckCounts::crashes,  &CheckCounts::recovery_crashes,
                                   &CheckCounts::rescaled, &CheckCounts::faults};

constexpr std::array<std::string_view, each_count.size()> count_names = {
    "records", "checkpoints", "crashes", "crashes in recovery", "restarts at another parallelism",
    "faults"};

/// Takes faults away, halves first and ever smaller parts, as long as the rest still fails.
template <class Fails>
Plan smallest(Plan plan, Fails&& fails) {
  unsigned tries = 0;
  for (std::size_t part = std::max<std::size_t>(plan.size() / 2, 1); !plan.empty(); part /= 2) {
    for (std::size_t at = 0; at < plan.size() && tries < most_tries; ++tries) {
      Plan less = plan;
      const auto first = less.begin() + static_cast<std::ptrdiff_t>(at);
      less.erase(first, first + static_cast<std::ptrdiff_t>(std::min(part, plan.size() - at)));
      if (fails(less))
        plan = std::move(less);
      else
        at += part;
    }
    if (part == 1) break;
  }
  return plan;
}

class Checking {
 public:
  Checking(const CheckedPipeline& pipeline, const CheckOptions& options)
      : pipeline_(pipeline), options_(options) {}

  CheckResult run() {
    for (std::uint64_t i = 0; i < options_.seeds; ++i) {
      check_seed(options_.seed + i);
      if (result_.failures != 0) return result_;
    }
    check_sites();
    return result_;
  }

 private:
  void check_seed(std::uint64_t seed) {
    Run faultless(pipeline_, options_, seed, {}, nullptr);
    if (const std::string& wrong = faultless.run(); !wrong.empty()) {
      ++result_.seeds;
      return failed(seed, "without any fault: " + wrong, {});
    }
    for (const auto& [site, hits] : faultless.sites()) result_.sites[site].always = true;
    const Plan plan = options_.plan.empty()
                          ? draw_plan(seed, options_.faults, faultless.sites(), faultless.length())
                          : parse_plan(options_.plan).value();
    Run run(pipeline_, options_, seed, plan, &faultless);
    const std::string& wrong = run.run();
    add(run, faultless.counts.records);
    if (!wrong.empty()) {
      const Plan small = smallest(plan, [&](const Plan& less) {
        Run again(pipeline_, options_, seed, less, &faultless);
        return !again.run().empty();
      });
      Run last(pipeline_, options_, seed, small, &faultless);
      return failed(seed, last.run(), small);
    }
    if (const std::string few = too_few(run, faultless.counts.records); !few.empty())
      return failed(seed, few, plan);
    if (options_.repeat_every == 0 || seed % options_.repeat_every != 0) return;
    Run again(pipeline_, options_, seed, plan, &faultless);
    again.run();
    if (again.hash() != run.hash())
      failed(seed, "the same seed took another course the second time", plan);
  }

  /// Of what the seed has fewer than it shall have.
  std::string too_few(const Run& run, std::uint64_t records) const {
    CheckCounts counts = run.counts;
    counts.records = records;
    for (std::size_t i = 0; i < each_count.size(); ++i) {
      const std::uint64_t has = counts.*each_count[i], shall = options_.at_least.*each_count[i];
      if (has < shall)
        return "it says too little: of " + std::string(count_names[i]) + " there are " +
               std::to_string(has) + ", " + std::to_string(shall) + " are wanted";
    }
    return {};
  }

  void add(const Run& run, std::uint64_t records) {
    CheckResult one{.seeds = 1, .all = run.counts};
    one.all.records = records;
    one.least = one.all;
    one.sites = run.sites();
    result_ += one;
  }

  void failed(std::uint64_t seed, const std::string& wrong, const Plan& plan) {
    ++result_.failures;
    const std::string text = to_text(plan);
    result_.failure = "seed " + std::to_string(seed);
    if (!options_.commit.empty()) result_.failure += ", commit " + options_.commit;
    result_.failure +=
        ": " + wrong +
        "\nthe smallest list of faults that still fails: " + (text.empty() ? "none" : text) +
        "\nagain: sim::check(pipeline, {.seed = " + std::to_string(seed) + ", .seeds = 1" +
        (text.empty() ? "" : ", .plan = \"" + text + "\"") + "})";
  }

  /// A check that never came by a step of the protocol says nothing of it.
  void check_sites() {
    for (const auto& [site, hits] : result_.sites) {
      if (!hits.always || hits.crashes >= options_.crashes_a_site) continue;
      result_.failure += (result_.failure.empty() ? "" : "\n") + ("site " + site) + ": of its " +
                         std::to_string(hits.visits) + " visits " + std::to_string(hits.crashes) +
                         " ended in a crash; " + std::to_string(options_.crashes_a_site) +
                         " are wanted; run more seeds";
    }
  }

  const CheckedPipeline& pipeline_;
  const CheckOptions& options_;
  CheckResult result_;
};

}  // namespace

CheckResult& CheckResult::operator+=(const CheckResult& other) {
  for (const auto each : each_count) {
    all.*each += other.all.*each;
    least.*each = seeds == 0 ? other.least.*each : std::min(least.*each, other.least.*each);
  }
  seeds += other.seeds;
  failures += other.failures;
  for (const auto& [site, hits] : other.sites) {
    SiteHits& mine = sites[site];
    mine.visits += hits.visits;
    mine.faults += hits.faults;
    mine.crashes += hits.crashes;
    mine.always |= hits.always;
  }
  if (failure.empty()) failure = other.failure;
  return *this;
}

std::string CheckResult::counts() const {
  const auto part = [](std::uint64_t n, std::string_view what) {
    return std::to_string(n) + ' ' + std::string(what);
  };
  return part(seeds, "seeds, ") + part(all.records, "records, ") +
         part(all.checkpoints, "checkpoints, ") + part(all.crashes, "crashes (") +
         part(all.recovery_crashes, "in recovery), ") +
         part(all.rescaled, "restarts at another parallelism, ") + part(all.faults, "faults, ") +
         part(failures, "failures");
}

CheckResult check(const CheckedPipeline& pipeline, const CheckOptions& options) {
  return Checking(pipeline, options).run();
}

}  // namespace millrace::sim
