// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <utility>

#include "millrace/core/source.hpp"

namespace examples {

/// A source slowed down to a number of records a second, so that a file comes in as the world would
/// send it. Pair it with SourceOptions::batch_records, the records that come at once.
template <millrace::FeedSource S>
class Paced {
 public:
  using value_type = typename S::value_type;
  /// `rate` 0: as fast as it goes.
  Paced(S source, std::uint64_t rate) : source_(std::move(source)), rate_(rate) {}

  millrace::Task<millrace::ReadStatus> read(millrace::Batch<value_type>& out,
                                            millrace::Context& cx) {
    if (rate_ > 0) {
      if (sent_ == 0) started_ = cx.env().clock.monotonic();
      const millrace::MonotonicTime due =
          started_ + std::chrono::nanoseconds(sent_ * 1'000'000'000 / rate_);
      if (due > cx.env().clock.monotonic() && !co_await cx.sleep_until(due))
        co_return millrace::ReadStatus::more;  // stopping
    }
    const millrace::ReadStatus status = co_await source_.read(out, cx);
    sent_ += out.size();
    co_return status;
  }
  millrace::Position position() const { return source_.position(); }
  void resume(const millrace::Position& position) { source_.resume(position); }

  /// Records that come at once: ten times a second a few, but full batches when there is no rate.
  static std::uint32_t batch_records(std::uint64_t rate) {
    return rate == 0 || rate > 2560 ? 256 : static_cast<std::uint32_t>(rate / 10 + 1);
  }

 private:
  S source_;
  std::uint64_t rate_;
  std::uint64_t sent_ = 0;
  millrace::MonotonicTime started_{};
};

}  // namespace examples
