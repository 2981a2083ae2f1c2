// SPDX-License-Identifier: BSL-1.0
#include "harness.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <stdexcept>

namespace bench {

double now_ns() {
  using namespace std::chrono;
  return duration<double, std::nano>(steady_clock::now().time_since_epoch()).count();
}

double cpu_ns() { return static_cast<double>(std::clock()) * (1e9 / CLOCKS_PER_SEC); }

bool Options::wanted(const std::string& workload) const {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& name) {
           return workload == name || workload.rfind(name + "-", 0) == 0;
         });
}

void Comparison::loop(std::string what, std::function<Check()> run) {
  variants_.push_back({std::move(what), std::move(run), Variant::loop, {}});
}
void Comparison::reference(std::string what, std::function<Check()> run) {
  variants_.push_back({std::move(what), std::move(run), Variant::reference, {}});
}
void Comparison::library(std::string what, std::function<Check()> run, std::optional<double> goal) {
  variants_.push_back({std::move(what), std::move(run), Variant::library, goal});
}

bool Comparison::run(const Options& options) {
  if (variants_.empty()) return true;
  const unsigned repetitions = options.repetitions;
  const auto now = options.cpu_time ? cpu_ns : now_ns;
  for (unsigned turn = 0; turn <= repetitions; ++turn) {
    for (Variant& v : variants_) {
      const double begin = now();
      v.check = v.run();
      const double took = (now() - begin) / static_cast<double>(records_);
      if (check_) v.check = check_();
      if (turn > 0 || repetitions == 0) v.best_ns = std::min(v.best_ns, took);
    }
  }
  double loop_ns = 1e300;
  for (const Variant& v : variants_)
    if (v.kind == Variant::loop) loop_ns = std::min(loop_ns, v.best_ns);
  for (const Variant& v : variants_)
    if (v.kind == Variant::reference) loop_ns = v.best_ns;
  const double bandwidth = memory_bandwidth(now);
  static constexpr const char* kinds[] = {"loop", "library", "peer"};
  bool equal = true;
  for (const Variant& v : variants_) {
    const double ratio = v.best_ns / loop_ns;
    if (v.goal)
      std::printf("%s library_ns %.2f loop_ns %.2f ratio %.2f goal %.2f memory_GB/s %.1f%s\n",
                  name_.c_str(), v.best_ns, loop_ns, ratio, *v.goal, bandwidth,
                  ratio > *v.goal ? "  (missed)" : "");
    else if (loop_ns == 1e300)  // nothing to compare with
      std::printf("%s ns %.2f\n", v.what.c_str(), v.best_ns);
    else
      std::printf("  %-8s %-44s ns %6.2f ratio %.2f\n", kinds[v.kind], v.what.c_str(), v.best_ns,
                  ratio);
    if (v.check == variants_.front().check) continue;
    equal = false;
    std::printf("  %s: \"%s\" came to %llu/%016llx, \"%s\" to %llu/%016llx: one of them is wrong\n",
                name_.c_str(), v.what.c_str(), static_cast<unsigned long long>(v.check.count),
                static_cast<unsigned long long>(v.check.sum), variants_.front().what.c_str(),
                static_cast<unsigned long long>(variants_.front().check.count),
                static_cast<unsigned long long>(variants_.front().check.sum));
  }
  std::fflush(stdout);
  return equal;
}

double Comparison::library_ns() const {
  double least = 1e300;
  for (const Variant& v : variants_)
    if (v.kind == Variant::library) least = std::min(least, v.best_ns);
  return least;
}

double Comparison::best_ns(const std::string& what) const {
  for (const Variant& v : variants_)
    if (v.what == what) return v.best_ns;
  throw std::out_of_range("no variant \"" + what + "\" of " + name_);
}

double memory_bandwidth(double (*now)()) {
  constexpr std::size_t words = std::size_t{16} << 20;  // far more than a core's caches hold
  const std::vector<std::uint64_t> memory(words, 1);
  double best = 1e300;
  for (int turn = 0; turn < 5; ++turn) {
    const double begin = now();
    std::array<std::uint64_t, 8> lanes{};
    for (std::size_t i = 0; i < words; i += lanes.size())
      for (std::size_t k = 0; k < lanes.size(); ++k) lanes[k] += memory[i + k];
    for (const std::uint64_t& lane : lanes) asm volatile("" : : "r"(lane));
    best = std::min(best, now() - begin);
  }
  return static_cast<double>(words * sizeof(std::uint64_t)) / best;
}

}  // namespace bench
