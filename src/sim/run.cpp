// SPDX-License-Identifier: BSL-1.0
// How a checked pipeline lives, dies and lives again.
#include "run.hpp"

#include <algorithm>

#include "millrace/runtime/directory_checkpoint_store.hpp"

namespace millrace::sim {
namespace {

using namespace std::chrono_literals;
using namespace millrace::literals;

constexpr Duration slice = 5ms;
constexpr Duration restart_takes = 2ms;
const std::string state_directory = "state";

Options env_options(std::uint64_t seed) {
  Options options;
  options.seed = seed;
  options.longest_block = 500us;
  options.most_turns_at_once = 2'000'000;
  return options;
}

std::vector<Duration> ends_of(const Plan& plan) {
  std::vector<Duration> ends{Duration::zero()};
  for (const PlannedFault& fault : plan) ends.push_back(fault.after + fault.lasting + 500ms);
  return ends;
}

}  // namespace

Run::Run(const CheckedPipeline& pipeline, const CheckOptions& options, std::uint64_t seed,
         Plan plan, const Run* faultless)
    : build_(pipeline),
      options_(options),
      seed_(seed),
      faultless_(faultless),
      rng_(seed ^ 0x5EED),
      disk_(seed, {.model = seed % 2 == 0 ? DiskModel::strict : DiskModel::ext4}),
      sim_(env_options(seed), disk_),
      outside_(disk_.mount(sim_.env().clock)) {
  millrace::Env& env = sim_.env();
  onlooker_ = std::make_unique<millrace::Env>(
      millrace::Env{env.clock, env.scheduler, env.rng, *outside_, env.net, env.faults, env.logger});
  faults_end_ = std::ranges::max(ends_of(plan));
  for (PlannedFault& fault : plan) {
    const unsigned visit = fault.visit;
    plan_.push_back({.fault = std::move(fault), .visits_left = visit});
  }
  auto state = std::make_unique<World::State>();
  state->seed = seed;
  state->env = &env;
  state->faultless = faultless ? faultless->world_.get() : nullptr;
  state->facts.halted = [this] { return sim_.halted(); };
  state->facts.now = [this] { return now(); };
  state->watch = [this](bool on) { watching_ = on; };
  world_ = std::make_unique<World>(std::move(state));
  sim_.faults().on_visit([this](std::string_view site) { return visit(site); });
  disk_.on_call([this](FileCall c, std::string_view path) { return call(c, path); });
}

Run::~Run() {
  watching_ = false;
  sim_.kill();  // the frames use the pipeline
}

std::uint64_t Run::hash() const { return sim_.trace_hash() ^ world_->state().facts.hash; }

Duration Run::now() const {
  return std::chrono::floor<Duration>(
      const_cast<Env&>(sim_).env().clock.monotonic().time_since_epoch());
}

const std::string& Run::run() {
  for (;;) {
    start();
    const Ended ended = live();
    length_ = now();
    if (ended == Ended::finished) check_end();
    if (ended == Ended::finished || ended == Ended::stuck || !wrong().empty()) return wrong();
    if (ended == Ended::failed) check_failure(*error_);
    bury();
  }
}

PipelineOptions Run::options_of_start() const {
  PipelineOptions options = options_.pipeline;
  const PipelineOptions defaults;
  const auto& widths = options_.parallelism;
  options.parallelism = widths[(seed_ + world_->state().facts.starts) % widths.size()];
  options.checkpoint_store = store_;
  options.observer = const_cast<Run*>(this);
  SeededRng rng(seed_);
  CheckpointOptions& when = options.checkpoints;
  if (when.interval == Duration::zero())
    when.interval = 10ms + Duration(static_cast<Duration::rep>(rng.below(15'000)));
  if (when.tolerated_failures == 0)
    when.tolerated_failures = static_cast<std::uint32_t>(rng.below(3));
  if (options.flow_budget.bytes == defaults.flow_budget.bytes && rng.below(2) == 0)
    options.flow_budget = 128_KiB;
  if (options.restart.attempts == 0 && faultless_ && rng.below(2) == 0)
    options.restart = Restart::fixed_delay(2, restart_takes);
  return options;
}

bool Run::start() {
  World::State& world = world_->state();
  outcome_.reset();
  error_.reset();
  death_.reset();
  watermarks_.clear();
  state_ = PipelineState::idle;
  world.fills_asked = 0;
  watching_ = true;
  store_ = std::make_shared<WatchedStore>(
      std::make_unique<DirectoryCheckpointStore>(sim_.env().fs, state_directory),
      sim_.env().faults);
  const PipelineOptions options = options_of_start();
  counts.rescaled += parallelism_ != 0 && options.parallelism != parallelism_;
  parallelism_ = options.parallelism;
  ++world.facts.starts;
  try {
    Topology topology("checked");
    build_(topology, *world_);
    pipeline_ = std::make_unique<Pipeline>(std::move(topology), options);
  } catch (const Failure& failure) {
    error_ = failure.error();
    return false;
  }
  auto strand = sim_.env().scheduler.make_strand();
  sim_.env().scheduler.spawn(strand, execute(strand));
  return true;
}

Task<> Run::execute(std::shared_ptr<Strand> strand) {
  try {
    outcome_ = co_await pipeline_->execute(sim_.env(), strand);
  } catch (const Failure& failure) {
    error_ = failure.error();
  }
}

Run::Ended Run::live() {
  const Duration limit = faults_end_ + options_.drain_within;
  for (;;) {
    strike_due();
    if (!death_ && !error_) {
      const sim::Ended ended = sim_.run_for(slice);
      check_running();
      if (ended == sim::Ended::livelock)
        fail("livelock: tasks go on and on while no time passes");
      else if (ended == sim::Ended::deadlock && !death_)
        fail("deadlock: every task waits, and nothing can wake one");
      else if (!death_ && now() > limit)
        fail("liveness: " + std::to_string(options_.drain_within.count()) +
             "us after the last fault the pipeline is " + std::string(to_string(state_)) +
             (error_ ? ", for " + error_->message() : std::string()));
    }
    if (!wrong().empty()) return Ended::stuck;
    if (death_) return Ended::died;
    if (error_) return Ended::failed;
    if (outcome_) return Ended::finished;
  }
}

/// The process dies here; what it does in this turn has no effect any more.
void Run::die(Kind kind) {
  if (death_) return;
  death_ = kind;
  sim_.halt();
  ++counts.crashes;
  counts.recovery_crashes += state_ == PipelineState::idle || state_ == PipelineState::restoring;
}

void Run::bury() {
  watching_ = false;
  const bool power = death_ == Kind::power;
  // A process that has ended by itself leaves what one that is killed does.
  power ? sim_.crash() : sim_.kill();
  pipeline_.reset();
  store_.reset();
  check_restorable();
  check_outputs(power ? detail::Ledger::After::power : detail::Ledger::After::kill);
  sim_.run_for(restart_takes);
}

}  // namespace millrace::sim
