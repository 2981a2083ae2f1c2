// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/operator.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/emitter.hpp"
#include "millrace/graph/rejects.hpp"

namespace millrace::detail {

/// Runs an operator of the user's.
template <class T, class Op>
class ProcessStep final : public GuardedLink<T, typename Op::output_type> {
 public:
  using U = typename Op::output_type;
  ProcessStep(const StepContext& context, Op op, OnError policy)
      : GuardedLink<T, U>(context, policy), op_(std::move(op)), emitter_(*this, this->out_) {}

  void push(Batch<T>& in) override {
    this->counters().in.add(in.size());
    emitter_.begin(in);
    this->guarded(
        0, in.size(), [&](std::uint32_t i) { op_.on_record(in[i], in.time(i), emitter_); },
        [&](std::uint32_t i) { return bytes_for_dead_letter(in[i]); });
    emitter_.end();
    this->rejects_.flush();
  }
  /// Errors: what on_watermark() throws fails the pipeline, since no record is to blame.
  void watermark(Timestamp t) override {
    if constexpr (requires { op_.on_watermark(t, emitter_); }) {
      try {
        op_.on_watermark(t, emitter_);
      } catch (...) {
        throw DownstreamFailure{named_failure(*this, std::current_exception())};
      }
      emitter_.end();
    }
    GuardedLink<T, U>::watermark(t);
  }
  void save(Barrier& barrier) const override {
    if constexpr (SavableOperator<Op>) {
      StateItem item{.group = StateItem::every_subtask, .bytes = {}};
      op_.save(item.bytes);
      barrier.save(*this, std::move(item));
    }
  }
  Result<void> load(const StateItem& item) override {
    if constexpr (SavableOperator<Op>)
      return op_.load(item.bytes);
    else
      return Step::load(item);
  }

 private:
  Op op_;
  Emitter<U> emitter_;
};

}  // namespace millrace::detail
