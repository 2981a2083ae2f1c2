// SPDX-License-Identifier: BSL-1.0
// A pipeline over a state directory that is run by signals_test.py: it counts to a number that it
// is given, slowly, and appends what it saw to a file.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "millrace/millrace.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Numbers {
  using value_type = int;
  int end;
  int next = 0;
  Task<ReadStatus> read(Batch<int>& out, Context& cx) {
    co_await cx.sleep_for(1ms);
    if (next == end) co_return ReadStatus::end;
    out.push_back(next++, cx.env().clock.wall());
    co_return ReadStatus::more;
  }
  Position position() const { return {std::to_string(next)}; }
  void resume(const Position& p) { next = std::stoi(p.token); }
};

/// A sum that lives in the snapshot, and is said once all numbers are there.
struct Total {
  using output_type = long;
  int end;
  long sum = 0;
  void on_record(int value, Timestamp time, Emitter<long>& out) {
    sum += value;
    if (value == end - 1) out.emit(sum, time);
  }
  void save(std::string& bytes) const { bytes = std::to_string(sum); }
  Result<void> load(std::string_view bytes) {
    sum = std::stol(std::string(bytes));
    return {};
  }
};

struct Print {
  Task<> write(const Batch<long>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) std::printf("total %ld\n", batch[i]);
    co_return;
  }
};

/// Holds a suspension up, as a sink does whose peer is gone.
struct Stuck {
  Task<> write(const Batch<int>&, Context& cx) {
    while (!cx.stopping()) co_await cx.sleep_for(10ms);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string directory = argv[1];
  const int end = std::atoi(argv[2]);
  const bool stuck = argc > 3;
  Topology t("terminated");
  auto in = t.source("numbers", Numbers{end});
  in.process("total", Total{end}).to("print", Print{});
  if (stuck) in.to("stuck", Stuck{});
  try {
    Pipeline pipeline(std::move(t), {.state_directory = directory});
    std::puts("started");
    std::fflush(stdout);
    const Outcome outcome =
        pipeline.run({.signals = Signals::handle, .progress = Progress::show, .threads = 2});
    std::puts(outcome == Outcome::finished    ? "finished"
              : outcome == Outcome::suspended ? "suspended"
                                              : "aborted");
    return outcome == Outcome::aborted ? 3 : 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
