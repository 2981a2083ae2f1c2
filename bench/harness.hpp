// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace bench {

struct Replay;

/// What a run came to: equal for every variant of one workload.
struct Check {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  bool operator==(const Check&) const = default;
};

struct Options {
  std::vector<std::string> only;  ///< workloads whose names begin with one of these; empty: all
  unsigned repetitions = 5;
  std::size_t events = 20'000'000;
  std::size_t rows = 500'000;
  /// Measures the process's CPU time: for a machine that others are using, too.
  bool cpu_time = false;
  /// Where workloads have their files.
  std::string files = std::filesystem::temp_directory_path().string();
  bool wanted(const std::string& workload) const;
};

/// Variants of one workload, run in turns in one process, so that what slows the machine slows them
/// all. The best time of each counts; the first turn warms up and does not.
class Comparison {
 public:
  /// `records`: what a time is divided by.
  Comparison(std::string name, std::size_t records) : name_(std::move(name)), records_(records) {}

  /// A hand-written loop; the fastest one is the reference.
  void loop(std::string what, std::function<Check()> run);
  /// What users would write or take otherwise, when the goal is to be as fast as that: the times
  /// are divided by its, not by the fastest loop's.
  void reference(std::string what, std::function<Check()> run);
  /// The library's way. Only those with a goal count as the workload's result.
  void library(std::string what, std::function<Check()> run, std::optional<double> goal = {});
  /// What is asked for after each run, off the clock, for variants that write to files.
  void checked_by(std::function<Check()> check) { check_ = std::move(check); }
  /// Runs and prints them. False when a variant came to something else than the others.
  bool run(const Options& options);
  /// The least time a record of the fastest library variant, once it has run.
  double library_ns() const;
  /// The least time a record of the variant of that name. Errors: std::out_of_range for another.
  double best_ns(const std::string& what) const;

 private:
  struct Variant {
    std::string what;
    std::function<Check()> run;
    enum Kind : unsigned char { loop, library, reference } kind;
    std::optional<double> goal;
    double best_ns = 1e300;
    Check check{};
  };
  std::string name_;
  std::size_t records_;
  std::vector<Variant> variants_;
  std::function<Check()> check_;
};

/// Units: nanoseconds.
double now_ns();
double cpu_ns();

/// What one thread reads from memory now, by that clock. Units: GB/s.
double memory_bandwidth(double (*now)());

}  // namespace bench
