// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/sink.hpp"
#include "millrace/testing/memory.hpp"

namespace millrace::testing::detail {

/// What has come out of a Bench and was not taken yet; it outlives the processes that crash.
template <class T>
struct Results {
  std::vector<Timed<T>> records;
  std::uint64_t first = 0;  ///< the number of the first of them, among all that came out

  std::uint64_t count() const { return first + records.size(); }
  std::vector<Timed<T>> take() {
    first = count();
    return std::exchange(records, {});
  }
  /// What came out behind the first `count` will come again.
  void rewind(std::uint64_t count) {
    if (count < first) first = count;
    records.resize(static_cast<std::size_t>(std::min(count, this->count()) - first));
  }
};

/// The sink of a Bench: what comes out can be looked at at once, and a start drops what the
/// checkpoint that it begins with does not have.
template <class T>
class BenchSink {
  static_assert(!borrows<T>,
                "millrace: testing::Bench: what comes out borrows bytes that end with their batch; "
                "map the stream to a type that owns them (Owned<T>: std::string for Text) first");

 public:
  explicit BenchSink(std::shared_ptr<Results<T>> results) : results_(std::move(results)) {}

  void write(const Batch<T>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      results_->records.push_back({batch[i], batch.time(i)});
  }
  Task<Committable> prepare(CheckpointId, Context&) {
    Committable prepared{std::to_string(results_->count())};
    co_return prepared;
  }
  Task<> commit(const Committable& committable, Context&) {
    kept_ = std::stoull(committable.bytes);
    co_return;
  }
  Task<> abort(Context&) {
    results_->rewind(kept_);
    co_return;
  }

 private:
  std::shared_ptr<Results<T>> results_;
  std::uint64_t kept_ = 0;  // of a start without a checkpoint nothing
};

}  // namespace millrace::testing::detail
