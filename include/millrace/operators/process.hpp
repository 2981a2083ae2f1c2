// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/operator.hpp"
#include "millrace/operators/resumable_link.hpp"

namespace millrace::detail {

/// Runs an operator of the user's.
template <class T, class Op>
class ProcessStep final : public ResumableLink<T, typename Op::output_type> {
 public:
  using U = typename Op::output_type;
  ProcessStep(const StepContext& context, Op op, OnError policy)
      : ResumableLink<T, U>(context, policy), op_(std::move(op)) {}

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
  /// What it saves only the operator knows.
  std::string state_schema() const override { return SavableOperator<Op> ? "custom<\"\">" : ""; }

 private:
  std::uint32_t work(Batch<T>& in, std::uint32_t first) override {
    return this->each(in, first,
                      [&](std::uint32_t i) { op_.on_record(in[i], in.time(i), this->emitter()); });
  }
  /// Errors: what on_watermark() throws fails the pipeline, since no record is to blame.
  bool before_watermark(Timestamp t) override {
    if constexpr (requires { op_.on_watermark(t, this->emitter()); }) {
      try {
        op_.on_watermark(t, this->emitter());
      } catch (...) {
        throw DownstreamFailure{named_failure(*this, std::current_exception())};
      }
      this->emitter().end();
    }
    return true;
  }

  Op op_;
};

}  // namespace millrace::detail
