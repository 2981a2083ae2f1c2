// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "damage_tears.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/log/inspect.hpp"
#include "millrace/log/log.hpp"
#include "millrace/log/transactional_sink.hpp"
#include "millrace/stream/keyed_process.hpp"
#include "paced.hpp"

/// A job in a simulated process whose files get damaged: a log of two shards, from there totals by
/// windows and a history by keyed state, each into a log of its own, exactly once.
namespace damage {

using namespace paced;

constexpr std::uint64_t numbers = 240;
constexpr std::uint64_t between_checkpoints = 30;  // of a shard
constexpr std::uint32_t batch = 10;
inline const log::Options small_log{
    .shards = 1, .segment_size = 2_KiB, .group_size = 512_B, .reserve = 256_B};

struct Number {
  std::uint64_t id = 0;
  std::uint32_t key = 0;
};
constexpr auto describe(type<Number>) { return fields("id", &Number::id, "key", &Number::key); }
struct Total {
  Timestamp second{};
  std::uint32_t key = 0;
  std::uint64_t sum = 0;
};
constexpr auto describe(type<Total>) {
  return fields("second", &Total::second, "key", &Total::key, "sum", &Total::sum);
}
struct Seen {
  std::uint64_t id = 0;
  std::uint64_t before = 0;  ///< made of all numbers of its key that came before it
};
constexpr auto describe(type<Seen>) { return fields("id", &Seen::id, "before", &Seen::before); }

struct History {
  using output_type = Seen;
  ListState<std::uint64_t> ids{"ids"};
  auto states() { return std::tie(ids); }
  void on_record(const Number& n, Timestamp time, Emitter<Seen>& out) {
    std::uint64_t before = 0;
    for (const std::uint64_t id : ids) before = before * 31 + id;
    out.emit({n.id, before}, time);
    ids.add(n.id);
  }
};

/// What a source makes of damage: bugs that the checks have to find.
enum class Bug : unsigned char { none, skips, mute, waits, dies };

class Source : public Log {
 public:
  Source(Pace& pace, Bug bug)
      : Log(log::Source("in", {.stop = log::Stop::end_as_found()}), pace), bug_(bug) {}

  Task<std::vector<Partition>> discover(Context& cx) {
    std::vector<Partition> found;
    bool failed = false;
    try {
      found = co_await Log::discover(cx);
    } catch (const Failure&) {
      if (bug_ == Bug::none) throw;
      failed = true;
    }
    if (failed && bug_ == Bug::mute) throw Failure({Errc::corrupted, "something is damaged"});
    if (failed && bug_ == Bug::dies) std::abort();
    while (failed && bug_ == Bug::waits && !cx.stopping()) co_await cx.sleep_for(1s);
    co_return found;
  }

 private:
  Bug bug_;
};

inline Topology topology(Pace& pace, Bug bug) {
  Topology t("damaged");
  auto all = t.source("in", Source(pace, bug), {.batch_records = batch})
                 .decode("number", json::as<Number>())
                 .event_time(
                     "time", [](const Number& n) { return Timestamp(n.id * 100ms); },
                     watermark::bounded_out_of_orderness(0s));
  all.key_by(&Number::key)
      .window(tumbling(1s))
      .aggregate("per-second", agg::sum(&Number::id))
      .map("total",
           [](const auto& w) {
             return Total{w.window.start, w.key, w.value};
           })
      .encode("total-line", json::lines())
      .to("totals", log::TransactionalSink("totals", {.log = small_log}));
  all.key_by(&Number::key)
      .process("remember", History{})
      .encode("history-line", json::lines())
      .to("history", log::TransactionalSink("history", {.log = small_log}));
  return t;
}

/// One life of the job on a disk.
class Life final : public Pace {
 public:
  Life(sim::Disk& disk, Bug bug = Bug::none)
      : Pace(between_checkpoints), sim_(env_options(), disk), bug_(bug) {}
  ~Life() override { sim_.kill(); }  // the frames use the pipeline

  sim::Env& sim() { return sim_; }
  /// Ends when the job does, or the process is halted. The error, if it ended by one.
  std::optional<std::string> run() {
    try {
      pipeline_.emplace(topology(*this, bug_),
                        PipelineOptions{.state_directory = "state", .observer = this});
      attach(*pipeline_);
      auto strand = sim_.env().scheduler.make_strand();
      sim_.env().scheduler.spawn(strand, execute(strand));
      ended_ = sim_.run_for(1h);
    } catch (const Failure& failure) {
      error_ = failure.error().message();
    }
    return error_;
  }
  bool finished() const { return finished_; }
  sim::Ended ended() const { return ended_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  static sim::Options env_options() {
    return {.longest_block = Duration::zero(), .most_turns_at_once = 1'000'000};
  }
  Task<> execute(std::shared_ptr<Strand> strand) {
    try {
      finished_ = co_await pipeline_->execute(sim_.env(), strand) == Outcome::finished;
    } catch (const Failure& failure) {
      error_ = failure.error().message();
    }
  }
  void on_warning(std::string_view message) override { warnings_.emplace_back(message); }

  sim::Env sim_;
  Bug bug_;
  std::optional<Pipeline> pipeline_;
  std::optional<std::string> error_;
  std::vector<std::string> warnings_;
  sim::Ended ended_ = sim::Ended::halted;
  bool finished_ = false;
};

inline void fill(Env& env) {
  auto options = small_log;
  options.shards = 2;
  log::Log log = log::Log::open(env, "in", options).value();
  for (std::uint64_t id = 0; id < numbers; ++id) {
    const std::string line =
        "{\"id\":" + std::to_string(id) + ",\"key\":" + std::to_string(id % 3) + "}";
    const char* const keys[] = {"6", "1", "9"};  // of both shards
    log.append({.data = line, .key = keys[id % 3]}).value();
  }
}

}  // namespace damage
