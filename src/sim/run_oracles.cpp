// SPDX-License-Identifier: BSL-1.0
// What has to hold in a checked run.
#include <algorithm>

#include "millrace/runtime/directory_checkpoint_store.hpp"
#include "run.hpp"
#include "runtime/checkpoints.hpp"
#include "runtime/manifest.hpp"

namespace millrace::sim {
namespace {

/// Whether a fault can be the cause of it: what the disk, the endpoints and slowness give.
bool explained(const Error& error) {
  return error.code() == Errc::io || error.code() == Errc::out_of_space ||
         error.code() == Errc::unavailable || error.code() == Errc::timeout;
}

std::string bytes_of(std::uint64_t n) { return std::to_string(n) + " bytes"; }
std::string text_of(Timestamp t) { return std::to_string(t.time_since_epoch().count()) + "us"; }

}  // namespace

void Run::on_state(const PipelineStatus& status) {
  state_ = status.state;
  if (state_ == PipelineState::restoring) watermarks_.clear();  // they come from the checkpoint
}

void Run::on_failure(const Error& error) {
  check_failure(error);
  ++world_->state().facts.starts;  // what it wrote may come again
}

void Run::check_failure(const Error& error) {
  if (sim_.halted() || death_) return;  // the last gasp of a process that is dead
  if (counts.faults == 0 || !explained(error))
    fail("the pipeline failed, and no fault can be the cause: " + error.message());
}

void Run::check_running() {
  if (!pipeline_ || death_) return;
  const PipelineMetrics metrics = pipeline_->metrics();
  for (const StepMetrics& step : metrics.steps) {
    const auto [at, fresh] = watermarks_.try_emplace(step.step, step.watermark);
    if (!fresh && step.watermark < at->second)
      fail("the watermark of step \"" + step.step + "\" went back from " + text_of(at->second) +
           " to " + text_of(step.watermark));
    at->second = step.watermark;
  }
  const std::uint64_t flow = options_of_start().flow_budget.bytes + options_.overshoot.bytes;
  if (metrics.flow_bytes_peak > flow)
    fail("queues held " + bytes_of(metrics.flow_bytes_peak) + ", " + bytes_of(flow) +
         " at most may be held");
  if (metrics.state_bytes > options_.pipeline.state_budget.bytes)
    fail("the state is " + bytes_of(metrics.state_bytes) + ", past its budget");
}

/// The checkpoint that was decided last, and as many before it as are kept.
void Run::check_restorable() {
  if (decided_ == 0) return;
  DirectoryCheckpointStore store(*outside_, "state");
  runtime::Checkpoints kept(store, onlooker_->clock, "checked");
  std::vector<std::string> warnings;
  const auto newest = kept.newest(warnings);
  const std::string decided = "checkpoint " + std::to_string(decided_) + " was decided, ";
  if (!newest)
    fail(decided + "and now: " + newest.error().message());
  else if (!*newest || (*newest)->id < decided_)
    fail(decided + "and the newest that can be restored is " +
         (*newest ? std::to_string((*newest)->id) : std::string("none")));
  const std::size_t wanted = std::min<std::size_t>(decisions_, options_.pipeline.checkpoints.keep);
  std::size_t restorable = 0;
  const auto names = store.list("chk-");
  if (!names) return fail(names.error().message());
  for (const std::string& name : *names)
    if (const auto file = runtime::parse_checkpoint_name(name); file && !file->number)
      restorable += kept.named(file->id).has_value();
  if (restorable < std::min<std::size_t>(wanted, 2))
    fail(decided + "and only " + std::to_string(restorable) + " can be restored, of " +
         std::to_string(wanted) + " that are kept");
}

void Run::check_outputs(detail::Ledger::After after) {
  World::State& world = world_->state();
  unwatched([&] {
    for (auto& [name, look] : world.looks) {
      std::vector<detail::Entry> entries;
      try {
        for (const std::string& record : look.look(*onlooker_))
          entries.push_back(detail::entry_of(record, look.options));
      } catch (const Failure& failure) {
        fail(name + ": can't be read: " + failure.error().message());
        continue;
      }
      world.ledgers[name]->look(std::move(entries), after);
    }
  });
}

void Run::check_end() {
  check_outputs(detail::Ledger::After::kill);
  const PipelineMetrics metrics = pipeline_->metrics();
  if (outcome_ != Outcome::finished) fail("the pipeline was stopped by itself");
  if (metrics.flow_bytes != 0)
    fail("a leak of the flow budget: " + bytes_of(metrics.flow_bytes) + " at the end");
  for (const StepMetrics& step : metrics.steps)
    if (step.kind == "source") counts.records += step.out;
  World::State& world = world_->state();
  for (const auto& [name, ledger] : world.ledgers) ledger->finish();
  for (const auto& [name, holds] : world.requirements)
    if (const std::string wrong = holds(*world_); !wrong.empty()) fail(name + ": " + wrong);
}

}  // namespace millrace::sim
