// SPDX-License-Identifier: BSL-1.0
// sim_seeds FROM TO [JOB]: each job under sim::check() with these seeds. Of each seed that fails it
// says why; then how often each step of the protocol was visited; the last line counts.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "seeds/jobs.hpp"
#include "sim/jobs.hpp"

namespace {

bool number(std::string_view text, std::uint64_t& n) {
  const auto [end, e] = std::from_chars(text.data(), text.data() + text.size(), n);
  return e == std::errc{} && end == text.data() + text.size();
}

unsigned long long number_of(std::uint64_t n) { return n; }

/// What a torn file gave may have bytes that end a C string.
std::string printable(std::string text) {
  std::ranges::replace(text, '\0', '?');
  return text;
}

/// Goes on behind a seed that fails.
millrace::sim::CheckResult check(const std::string& name, const millrace::sim::CheckedPipeline& job,
                                 std::uint64_t from, std::uint64_t to) {
  millrace::sim::CheckResult sum;
  while (from <= to) {
    const auto part = millrace::sim::check(
        job, {.seed = from, .seeds = to - from + 1, .at_least = millrace::sim::telling});
    if (!part.ok()) std::printf("%s: %s\n", name.c_str(), printable(part.failure).c_str());
    from += part.seeds;
    sum += part;
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, millrace::sim::CheckedPipeline, std::less<>> jobs = {
      {"windows", sim_jobs::windows}, {"sliding", sim_jobs::sliding_windows},
      {"copy", sim_jobs::copy},       {"log", sim_jobs::to_log},
      {"late", sim_jobs::late},       {"joins", sim_jobs::joins},
      {"files", sim_jobs::files}};
#ifdef SIM_SEEDS_EXAMPLES
  jobs.emplace("accidents", sim_jobs::accidents_analysis);
  jobs.emplace("bank", sim_jobs::bank_deliveries);
#endif
  std::uint64_t from = 0, to = 0;
  if (argc < 3 || argc > 4 || !number(argv[1], from) || !number(argv[2], to) || to < from ||
      (argc == 4 && !jobs.contains(argv[3]))) {
    std::fprintf(stderr, "sim_seeds FROM TO [JOB], a job of:");
    for (const auto& [name, job] : jobs) std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  millrace::sim::CheckResult sum;
  for (const auto& [name, job] : jobs)
    if (argc == 3 || name == argv[3]) sum += check(name, job, from, to);
  for (const auto& [site, hits] : sum.sites)
    std::printf("%s: %llu visits, %llu faults, %llu crashes\n", site.c_str(),
                number_of(hits.visits), number_of(hits.faults), number_of(hits.crashes));
  std::printf("%s\n", sum.counts().c_str());
  return sum.failures == 0 ? 0 : 1;
}
