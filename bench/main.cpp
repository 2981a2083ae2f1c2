// SPDX-License-Identifier: BSL-1.0
// end_to_end [W1 W2 W2-100 P L1 D1 D2 I1 ...] [--quick] [--repetitions N] [--events N] [--rows N]
// [--cpu-time] [--files DIRECTORY [--write-inputs]]
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>
#include <thread>

#include "checkpoint.hpp"
#include "delivery.hpp"
#include "files.hpp"
#include "growth.hpp"
#include "harness.hpp"
#include "index.hpp"
#include "latency.hpp"
#include "rows.hpp"
#include "safety.hpp"
#include "w1.hpp"
#include "w2.hpp"
#include "w3.hpp"
#include "w4.hpp"
#include "workers.hpp"

namespace {

bool run_w1(const bench::Options& options) {
  using namespace bench::w1;
  if (!options.wanted("W1")) return true;
  const Input in = generate(options.rows);
  bench::Comparison c("W1", options.rows);
  c.loop("SIMD records, lazy columns", [&] { return loop(in); });
  c.library(
      "decode with where, map, encode", [&] { return library(in); }, 1.25);
  c.library("W1-strict: decode, filter, map, encode", [&] { return library_strict(in); });
  const bool good = c.run(options);
  const double begin = bench::now_ns();
  const bench::Check records = loop_records_only(in);
  std::printf("  floor    finding %llu records by SIMD                 ns %6.2f\n",
              static_cast<unsigned long long>(records.count),
              (bench::now_ns() - begin) / static_cast<double>(options.rows));
  return good;
}

bool run_w2(const bench::Options& options) {
  using namespace bench::w2;
  struct Size {
    const char* name;
    std::uint32_t keys;
    double goal;
  };
  bool good = true;
  for (const Size& size :
       {Size{"W2-100", 100, 1.5}, Size{"W2-100k", 100'000, 1.2}, Size{"W2-1M", 1'000'000, 1.15}}) {
    if (!options.wanted(size.name)) continue;
    const Input in = generate(size.keys, options.events);
    bench::Comparison c(size.name, options.events);
    if (size.keys <= 1000) {
      c.loop("two panes a slot", [&] { return loop_two_panes_a_slot(in); });
      c.loop("batch kernel, small tables", [&] { return loop_batch_kernel_small(in); });
    } else {
      c.loop("staged, two recycled tables", [&] { return loop_staged(in); });
      c.loop("batch kernel, two recycled tables", [&] { return loop_batch_kernel(in); });
      c.loop("batch kernel, looking far ahead", [&] { return loop_batch_kernel_far(in); });
    }
    c.library(
        "unordered()", [&] { return library(in, Order::table); }, size.goal);
    c.library("default order: (end, hash, key)", [&] { return library(in, Order::hash); });
    c.library("by_key()", [&] { return library(in, Order::key); });
    good &= c.run(options);
  }
  return good;
}

bool run_w3(const bench::Options& options) {
  using namespace bench::w3;
  if (!options.wanted("W3")) return true;
  const Input in = generate(options.rows * 2);
  bench::Comparison c("W3", options.rows * 2);
  c.loop("the layout compared, nothing checked", [&] { return loop_layout(in); });
  c.loop("all quotes, nothing checked", [&] { return loop_quotes(in); });
#if MILLRACE_HAS_SIMDJSON
  c.reference("simdjson On-Demand", [&] { return loop_simdjson(in); });
  c.library(
      "decode, filter, map, filter, window", [&] { return library(in); }, 1.0);
#else
  c.library("decode, filter, map, filter, window", [&] { return library(in); });
#endif
  return c.run(options);
}

/// Nexmark's queries.
bool run_w4(const bench::Options& options) {
  using namespace bench::w4;
  bool good = true;
  const auto compare = [&](const char* name, const auto& in, auto add) {
    if (!options.wanted(name)) return;
    bench::Comparison c(name, in.size());
    add(c);
    good &= c.run(options);
  };
  const auto some = [&](auto... names) { return (options.wanted(names) || ...); };
  if (some("W4-Q1", "W4-Q2", "W4-Q5", "W4-Q7")) {
    const Bids in = generate_bids(options.events);
    compare("W4-Q1", in, [&](bench::Comparison& c) {
      c.loop("a copy with another price", [&] { return loop_q1(in); });
      c.library(
          "map", [&] { return library_q1(in); }, 1.5);
    });
    compare("W4-Q2", in, [&](bench::Comparison& c) {
      c.loop("a condition", [&] { return loop_q2(in); });
      c.library(
          "filter, map", [&] { return library_q2(in); }, 1.4);
    });
    compare("W4-Q5", in, [&](bench::Comparison& c) {
      c.loop("panes, merged anew", [&] { return loop_q5_merged(in); });
      c.loop("panes, added and taken off", [&] { return loop_q5_subtracted(in); });
      c.library(
          "sliding window, window", [&] { return library_q5(in); }, 1.3);
    });
    compare("W4-Q7", in, [&](bench::Comparison& c) {
      c.loop("the highest so far", [&] { return loop_q7(in); });
      c.library(
          "window of one key", [&] { return library_q7(in); }, 1.4);
    });
  }
  if (some("W4-Q8")) {
    const Events in = generate_events(options.events / 4);
    compare("W4-Q8", in, [&](bench::Comparison& c) {
      c.loop("two tables", [&] { return loop_q8_two_tables(in); });
      c.loop("one table", [&] { return loop_q8_one_table(in); });
      c.library(
          "window of both, counted", [&] { return library_q8_counted(in); }, 1.0);
      c.library("join of two streams", [&] { return library_q8_join(in); });
    });
  }
  return good;
}

bool run_delivery(const bench::Options& options) {
  using namespace bench::delivery;
  bool good = true;
  if (options.wanted("D1")) {
    const std::string in = generate(options.rows * 4);
    bench::Comparison c("D1", options.rows * 4);
    c.loop("a copy of each record", [&] { return loop_copy(in); });
    c.library("delivery to a null destination", [&] { return library(in); });
    good &= c.run(options);
    const double rate = record_bytes / c.library_ns();
    std::printf("D1 GB/s %.2f goal 1.00%s\n", rate, rate < 1 ? "  (missed)" : "");
  }
  if (options.wanted("D2")) {
    const std::string in = generate(options.rows / 2);
    bench::Comparison c("D2", options.rows / 2);
    c.loop("zlib alone", [&] { return loop_zlib(in); });
    c.library(
        "delivery as gzip", [&] { return library_gzip(in); }, 1 / 0.9);
    good &= c.run(options);
  }
  return good;
}

bool run_index(const bench::Options& options) {
  using namespace bench::index;
  if (!options.wanted("I1")) return true;
  const auto rows = generate(options.rows / 10);
  bench::Comparison c("I1", rows.size());
  c.loop("prepared statements, same tables", [&] { return loop(rows); });
  // 0.7 of the statements' rate.
  c.library(
      "index::Store::bulk", [&] { return library(rows); }, 1 / 0.7);
  return c.run(options);
}

/// C1: throughput with a checkpoint each second; C2: latency; C3: restart.
bool run_checkpoints(const bench::Options& options) {
  using namespace bench::checkpoint;
  bool good = true;
  if (options.wanted("C1")) {
    const auto in = bench::w2::generate(100'000, options.events / 4);
    constexpr unsigned rounds = 120;
    bench::Comparison c("C1", in.events.size() * rounds);
    c.loop("W2 at 100 k keys", [&] { return windows(in, rounds, Checkpoints::never); });
    c.library(
        "with a checkpoint each second",
        [&] { return windows(in, rounds, Checkpoints::each_second); }, 1.05);
    good &= c.run(options);
  }
  if (options.wanted("C2")) {
    constexpr std::uint32_t keys = 1'000'000;
    std::array<double, 3> added{};
    for (double& ms : added) {
      const Latency without = latency(keys, keys, 8, Checkpoints::never);
      const Latency with = latency(keys, keys, 8, Checkpoints::each_second);
      ms = (with.p99 - without.p99) / 1000;
      std::printf(
          "  p99_us %.0f with a checkpoint of 1 M keys each second, %.0f without; p50_us %.0f and "
          "%.0f, longest %.0f and %.0f\n",
          with.p99, without.p99, with.p50, without.p50, with.longest, without.longest);
    }
    std::sort(added.begin(), added.end());
    std::printf("C2 added_to_p99_ms %.1f, of three runs the middle one; %.1f to %.1f goal 50%s\n",
                added[1], added[0], added[2], added[1] > 50 ? "  (missed)" : "");
  }
  if (options.wanted("C3")) {
    const double seconds = restore_seconds(1'000'000);
    std::printf("C3 restore of 1 M keys, seconds %.2f goal 1.00%s\n", seconds,
                seconds > 1 ? "  (missed)" : "");
  }
  return good;
}

/// Keyed state ten times as large as the memory that it is given.
bool run_rows(const bench::Options& options) {
  using namespace bench::rows;
  if (!options.wanted("S1")) return true;
#if MILLRACE_HAS_ROCKSDB
  const std::uint64_t keys = options.events / 10;
  const Input in{.keys = keys, .records = 3 * keys};
  bench::Comparison c("S1", in.records);
  c.loop("MultiGet and WriteBatch of 256 keys", [&] { return loop(in); });
  c.library(
      "process with a count in RocksDB", [&] { return library_rocksdb(in); }, 1.3);
  const bool good = c.run(options);
  const double begin = bench::now_ns();
  library_memory(in);
  const double memory_ns = (bench::now_ns() - begin) / static_cast<double>(in.records);
  std::printf("  keys/s   in RocksDB %.0f, in memory %.0f; rows of %.0f MB, given %.1f MB\n",
              1e9 / c.library_ns(), 1e9 / memory_ns,
              static_cast<double>(keys * Input::row_bytes) / 1e6,
              static_cast<double>(in.memory().bytes) / 1e6);
  return good;
#else
  std::printf("S1 skipped: this build has no component rocksdb; install librocksdb-dev\n");
  return true;
#endif
}

/// What the figures are of.
void print_machine(const bench::Options& options) {
  std::string name = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) {
      name = line.substr(line.find(':') + 2);
      break;
    }
  std::printf("machine %s, %u cores, compiler %s%s\n", name.c_str(),
              std::thread::hardware_concurrency(), __VERSION__,
              options.cpu_time ? ", processor time" : "");
}

struct Command : bench::Options {
  bool write_inputs = false;  // instead of measuring
};

Command parse(int argc, char** argv) {
  Command options;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const auto next = [&]() -> const char* {
      if (++i < argc) return argv[i];
      std::fprintf(stderr, "%s needs a value\n", arg.c_str());
      std::exit(2);
    };
    const auto number = [&] { return std::strtoul(next(), nullptr, 10); };
    if (arg == "--quick") {
      options.events = 2'000'000, options.rows = 50'000, options.repetitions = 2;
    } else if (arg == "--cpu-time") {
      options.cpu_time = true;
    } else if (arg == "--files") {
      options.files = next();
    } else if (arg == "--write-inputs") {
      options.write_inputs = true;
    } else if (arg == "--repetitions") {
      options.repetitions = static_cast<unsigned>(number());
    } else if (arg == "--events") {
      options.events = number();
    } else if (arg == "--rows") {
      options.rows = number();
    } else if (arg[0] != '-') {
      options.only.push_back(arg);
    } else {
      std::fprintf(
          stderr,
          "usage: end_to_end [W1 W2 W2-100k D1 ...] [--quick] [--repetitions N] [--events N] "
          "[--rows N] [--cpu-time] [--files DIRECTORY [--write-inputs]]\n");
      std::exit(2);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  const Command options = parse(argc, argv);
  if (options.write_inputs) return bench::files::write_inputs(options), 0;
  print_machine(options);
  const bool w1 = run_w1(options);
  const bool file = bench::files::run_w1(options);
  const bool w2 = run_w2(options);
  const bool w3 = run_w3(options);
  const bool w4 = run_w4(options);
  const bool workers = bench::workers::run(options);
  const bool latency = bench::latency::run(options);
  const bool delivery = run_delivery(options);
  const bool index = run_index(options);
  const bool checkpoints = run_checkpoints(options);
  const bool safety = bench::safety::run(options);
  const bool rows = run_rows(options);
  const bool growth = bench::growth::run(options);
  return w1 && file && w2 && w3 && w4 && workers && latency && delivery && index && checkpoints &&
                 safety && rows && growth
             ? 0
             : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "end_to_end: %s\n", e.what());
  return 1;
}
