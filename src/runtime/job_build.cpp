// SPDX-License-Identifier: BSL-1.0
// How a job is put together: lanes, steps, the ways between them.
#include <algorithm>

#include "millrace/state/hash.hpp"
#include "runtime/job.hpp"

namespace millrace::runtime {

Job::Job(Env& env, std::shared_ptr<Strand> strand, const Plan& plan, const PipelineOptions& options,
         Checkpoints* checkpoints)
    : env_(env),
      strand_(std::move(strand)),
      plan_(plan),
      options_(options),
      checkpoints_(checkpoints),
      flow_(options.flow_budget),
      state_(options.state_budget),
      changed_(*strand_) {
  make_lanes();
  make_steps();
  connect();
}

Job::~Job() = default;

// Regions that each have subtasks for every thread share a strand for each subtask: what one sends
// to the next then stays in one processor's caches, but for what goes to other subtasks.
void Job::make_lanes() {
  const unsigned threads = env_.scheduler.threads();
  std::vector<std::shared_ptr<Strand>> shared;
  for (const unsigned subtasks : plan_.region_parallelism) {
    const bool shares = threads > 1 && subtasks >= threads;
    while (shares && shared.size() < subtasks) shared.push_back(env_.scheduler.make_strand());
    auto& region = lanes_.emplace_back();
    for (unsigned i = 0; i < subtasks; ++i) {
      auto& state = region.emplace_back(std::make_unique<LaneState>());
      state->lane = std::make_unique<Lane>(env_, shares ? shared[i] : env_.scheduler.make_strand(),
                                           flow_, state_);
    }
  }
}

void Job::make_steps() {
  for (const PlannedNode& planned : plan_.nodes) {
    auto& subtasks = steps_.emplace_back();
    for (unsigned i = 0; i < planned.parallelism; ++i) {
      const StepContext context{.lane = *lanes_[planned.region][i]->lane,
                                .name = planned.node->name().text,
                                .subtask = i,
                                .parallelism = planned.parallelism,
                                .state_backend = options_.state_backend.get()};
      subtasks.push_back(options_.divert_directory.empty()
                             ? planned.node->make(context)
                             : planned.node->make_diverted(context, options_.divert_directory));
      Step& step = *subtasks.back();
      if (SourceHead* source = step.as_source()) {
        sources_.push_back(source);
        source_steps_.push_back(&step);
      }
      if (step.as_sink()) sink_steps_.push_back(&step);
    }
  }
}

std::vector<std::unique_ptr<Step>>& Job::steps_of(const Node* node) {
  const auto at =
      std::ranges::find_if(plan_.nodes, [&](const PlannedNode& n) { return n.node == node; });
  return steps_[static_cast<std::size_t>(at - plan_.nodes.begin())];
}

void Job::connect() {
  for (const PlannedNode& planned : plan_.nodes) {
    if (planned.has_inbox) {
      auto& steps = steps_of(planned.node);
      const Edge& edge = *planned.node->inputs().front().edge;
      for (unsigned i = 0; i < planned.parallelism; ++i) {
        LaneState& state = *lanes_[planned.region][i];
        state.inbox = edge.make_inbox(*state.lane, *steps[i], 0);
      }
    }
    for (const NodeInput& input : planned.node->inputs()) connect_input(planned, input);
  }
}

void Job::connect_input(const PlannedNode& planned, const NodeInput& input) {
  auto& from = steps_of(input.from);
  auto& to = steps_of(planned.node);
  if (!planned.has_inbox) {
    for (unsigned i = 0; i < planned.parallelism; ++i)
      input.edge->connect(*from[i], input.output, *to[i], input.port);
    return;
  }
  const bool pairwise = from.size() == to.size() && !input.edge->keyed();
  std::vector<Head*> all;
  for (auto& lane : lanes_[planned.region]) all.push_back(lane->inbox.get());
  for (std::size_t i = 0; i < from.size(); ++i)
    exchanges_.push_back(
        input.edge->scatter(*from[i], input.output, pairwise ? std::vector<Head*>{all[i]} : all));
}

PipelineMetrics Job::metrics() const {
  PipelineMetrics metrics;
  metrics.flow_bytes = flow_.used();
  metrics.flow_bytes_peak = flow_.peak();
  metrics.state_bytes = state_.used();
  {
    std::lock_guard lock(mutex_);
    metrics.checkpoints = metrics_;
  }
  for (std::size_t n = 0; n < plan_.nodes.size(); ++n) {
    StepMetrics total{.step = plan_.nodes[n].node->name().text,
                      .kind = std::string(plan_.nodes[n].node->kind()),
                      .subtasks = plan_.nodes[n].parallelism,
                      .watermark = end_of_time};
    for (const auto& step : steps_[n]) {
      const StepCounters& c = step->counters();
      total.in += c.in.get();
      total.out += c.out.get();
      total.errors += c.errors.get();
      total.late += c.late.get();
      total.queued += c.queued.get();
      total.busy +=
          std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(c.busy_nanoseconds.get()));
      total.watermark = std::min(total.watermark,
                                 Timestamp(Duration(c.watermark.load(std::memory_order_relaxed))));
    }
    metrics.steps.push_back(std::move(total));
  }
  return metrics;
}

}  // namespace millrace::runtime
