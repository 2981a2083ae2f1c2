// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/source.hpp"
#include "millrace/graph/barrier.hpp"
#include "millrace/graph/lane.hpp"
#include "millrace/graph/metrics.hpp"

namespace millrace {

class SourceHead;
class SinkHead;
class StateBackend;

/// What a step is told when it is made.
struct StepContext {
  Lane& lane;
  const std::string& name;
  std::uint32_t subtask = 0;
  std::uint32_t parallelism = 1;
  /// Where keyed state lies; null: in memory.
  StateBackend* state_backend = nullptr;
};

/// One subtask of a node of the graph, at work on one lane.
/// Threads: its lane's strand; counters() may be read from anywhere.
class MILLRACE_EXPORT Step {
 public:
  explicit Step(const StepContext& context);
  virtual ~Step();
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  const std::string& name() const { return name_; }
  std::uint32_t subtask() const { return subtask_; }
  /// Its place in its lane's order; see Lane::next_rank().
  std::uint32_t rank() const { return rank_; }
  Lane& lane() const { return lane_; }
  StepCounters& counters() const { return counters_; }

  /// The typed Output or Port with this number, as the Edge that made it expects.
  virtual void* output(unsigned index) = 0;
  virtual void* input(unsigned index) = 0;

  /// Itself, when it is one of the two ends of a pipeline.
  virtual SourceHead* as_source() { return nullptr; }
  virtual SinkHead* as_sink() { return nullptr; }

  /// Hands its state to the barrier, in pieces. Called as the barrier passes.
  virtual void save(Barrier& barrier) const;
  /// Takes back one piece, before any record. Errors: corrupted, unsupported.
  virtual Result<void> load(const StateItem& item);
  /// The form of its state as schema_of() writes it; empty when it keeps nothing typed.
  virtual std::string state_schema() const { return {}; }
  /// Do keys of this piece lie in other groups now, since their type has changed? Then each subtask
  /// is given the piece, and load() takes what is its own.
  virtual bool regroups(const StateItem&) const { return false; }

 private:
  Lane& lane_;
  std::string name_;
  std::uint32_t subtask_;
  std::uint32_t rank_;
  mutable StepCounters counters_;
};

/// A failure on its way up to the head, which ends the pipeline: not an error of the record at
/// hand.
struct DownstreamFailure {
  std::exception_ptr cause;
};

/// The error with the step's name in front, unless it is there.
MILLRACE_EXPORT Error named_error(const Step& step, const Error& error);
/// What was thrown by the user's part of a step, with the step's name in the message.
MILLRACE_EXPORT std::exception_ptr named_failure(const Step& step, std::exception_ptr thrown);

}  // namespace millrace
