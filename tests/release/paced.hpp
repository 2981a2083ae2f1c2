// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "millrace/log/source.hpp"
#include "millrace/millrace.hpp"

/// Jobs whose checkpoints come by count, not by time, so that every run takes the same course.
namespace paced {

using namespace millrace;
using namespace std::chrono_literals;

/// Asks for a checkpoint each so many records and holds the source until it is there.
class Pace : public Observer {
 public:
  explicit Pace(std::uint64_t between) : between_(between) {}
  void on_checkpoint(CheckpointId) override { ++done_; }

  /// `since` counts the source's records from the last time on.
  Task<> wait(std::uint64_t& since, Context& cx) {
    if (since < between_ || !pipeline_) co_return;
    since = 0;
    const std::uint64_t wanted = done_ + 1;
    pipeline_->checkpoint();
    while (done_ < wanted && !cx.stopping()) co_await cx.sleep_for(100us);
  }
  void attach(Pipeline& pipeline) { pipeline_ = &pipeline; }

 private:
  const std::uint64_t between_;
  Pipeline* pipeline_ = nullptr;
  std::uint64_t done_ = 0;
};

/// log::Source at that pace. Records that a checkpoint holds are not read again.
class Log {
 public:
  using value_type = Message;
  Log(log::Source source, Pace& pace) : source_(std::move(source)), pace_(&pace) {}

  class Reader {
   public:
    using value_type = Message;
    Reader(log::ShardSource shard, Pace& pace) : shard_(std::move(shard)), pace_(&pace) {}
    Task<ReadStatus> read(Batch<Message>& out, Context& cx) {
      co_await pace_->wait(since_, cx);
      const ReadStatus status = co_await shard_.read(out, cx);
      since_ += out.size();
      co_return status;
    }
    Position position() const { return shard_.position(); }

   private:
    log::ShardSource shard_;
    Pace* pace_;
    std::uint64_t since_ = 0;
  };

  Task<std::vector<Partition>> discover(Context& cx) { return source_.discover(cx); }
  Reader open(const Partition& partition, const Position& position) {
    return {source_.open(partition, position), *pace_};
  }

 private:
  log::Source source_;
  Pace* pace_;
};

}  // namespace paced
