// SPDX-License-Identifier: BSL-1.0
// sim_seeds FROM TO [JOB]: each job under sim::check() with these seeds. The last line counts.
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

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, millrace::sim::CheckedPipeline, std::less<>> jobs = {
      {"windows", sim_jobs::windows}, {"copy", sim_jobs::copy}, {"log", sim_jobs::to_log}};
#ifdef SIM_SEEDS_EXAMPLES
  jobs.emplace("accidents", sim_jobs::accidents_analysis);
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
  for (const auto& [name, job] : jobs) {
    if (argc == 4 && name != argv[3]) continue;
    millrace::sim::CheckOptions options{.seed = from, .seeds = to - from + 1};
    // Enough seeds come by every site that a job has.
    if (options.seeds >= 1000) options.crashes_a_site = 1;
    const auto result = millrace::sim::check(job, options);
    if (!result.ok()) std::printf("%s: %s\n", name.c_str(), result.failure.c_str());
    sum += result;
  }
  std::printf("%s\n", sum.counts().c_str());
  return sum.failures == 0 && sum.ok() ? 0 : 1;
}
