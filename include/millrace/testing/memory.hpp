// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/sink.hpp"
#include "millrace/core/source.hpp"
#include "millrace/core/text.hpp"

namespace millrace::testing {

/// One record in a test: a value and its time.
template <class T>
struct Timed {
  T value{};
  Timestamp time{};
  bool operator==(const Timed&) const = default;
};

/// A source of one partition that gives out a vector, a batch at a time.
/// Lifetime: what Text fields view outlives the pipeline.
template <class T>
class From {
 public:
  using value_type = T;
  explicit From(std::vector<Timed<T>> records)
      : records_(std::make_shared<const std::vector<Timed<T>>>(std::move(records))) {}
  explicit From(std::vector<T> values) {
    std::vector<Timed<T>> records;
    records.reserve(values.size());
    for (T& value : values) records.push_back({std::move(value), {}});
    records_ = std::make_shared<const std::vector<Timed<T>>>(std::move(records));
  }

  ReadStatus read(Batch<T>& out, Context&) {
    for (; next_ < records_->size() && !out.full(); ++next_) {
      out.slot() = (*records_)[next_].value;
      out.commit((*records_)[next_].time);
    }
    return next_ == records_->size() ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {std::to_string(next_)}; }
  void resume(const Position& position) {
    const char* first = position.token.data();
    std::from_chars(first, first + position.token.size(), next_);
    next_ = std::min(next_, records_->size());
  }

 private:
  std::shared_ptr<const std::vector<Timed<T>>> records_;
  std::size_t next_ = 0;
};

/// A sink that keeps everything it gets; copies share what they keep.
/// Threads: records() while nothing is written, or on the pipeline's strand.
template <class T>
class Into {
  static_assert(!borrows<T>,
                "millrace: testing::Into<T>: T borrows bytes that end with their batch; map the "
                "stream to a type that owns them (Owned<T>: std::string for Text) first");

 public:
  Into() : kept_(std::make_shared<Kept>()) {}

  void write(const Batch<T>& batch, Context&) {
    std::lock_guard lock(kept_->mutex);
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      kept_->records.push_back({batch[i], batch.time(i)});
  }

  /// What was written since the last take().
  std::vector<Timed<T>> take() {
    std::lock_guard lock(kept_->mutex);
    return std::exchange(kept_->records, {});
  }
  std::vector<T> values() const {
    std::lock_guard lock(kept_->mutex);
    std::vector<T> values;
    for (const Timed<T>& record : kept_->records) values.push_back(record.value);
    return values;
  }

 private:
  struct Kept {
    std::mutex mutex;
    std::vector<Timed<T>> records;
  };
  std::shared_ptr<Kept> kept_;
};

}  // namespace millrace::testing
