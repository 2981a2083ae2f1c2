// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "millrace/core/signal.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/graph/head.hpp"
#include "millrace/graph/input_clocks.hpp"
#include "millrace/graph/output.hpp"
#include "millrace/graph/ring_queue.hpp"
#include "millrace/graph/step.hpp"

namespace millrace {

/// The only place where records of several strands meet: a queue for each upstream subtask, the
/// smallest watermark over them, alignment of barriers, the end when all have ended.
/// Threads: channels are pushed from their upstream's strand, run() is the lane's. Cost: a mutex a
/// batch on each side; batches are recycled.
template <class T>
class Inbox final : public Head {
 public:
  explicit Inbox(Lane& lane) : lane_(lane), arrived_(lane.strand()) {
    lane_.wake_on_abort(arrived_);
  }

  /// A channel for one upstream subtask. Called while the pipeline is built.
  Port<T>& add_channel(Lane& upstream) {
    clocks_.add();
    channels_.push_back(std::make_unique<Channel>(*this, upstream));
    return *channels_.back();
  }
  Output<T>& output() { return out_; }

  Task<> run() override {
    for (std::uint32_t i = 0; i < channels_.size(); ++i) out_.partition(i, PartitionEvent::opened);
    for (std::uint32_t turn = 1; !ended_ && !lane_.aborted(); ++turn) {
      co_await lane_.settle();
      if (lane_.aborted()) break;
      // Without this virtual time would drain every queue at once and never exercise alignment.
      if (const Duration d = lane_.env().faults.delay("inbox.take"); d > Duration::zero()) {
        Sleep nap(lane_.strand(), lane_.abort_flag(), lane_.env().clock.monotonic() + d);
        co_await nap;
      }
      if (!take_one()) {
        if (!ended_) co_await arrived_.wait();
      } else if (turn % turns_between_yields == 0) {
        co_await yield(lane_.strand());
      }
    }
  }

 private:
  static constexpr std::uint32_t turns_between_yields = 16;
  enum class Kind : unsigned char { batch, watermark, idle, caught_up, barrier, end };
  struct Item {
    Kind kind = Kind::end;
    std::unique_ptr<Batch<T>> batch = nullptr;
    std::uint64_t bytes = 0;
    const Origin* origin = nullptr;
    Timestamp time{};
    Barrier* barrier = nullptr;
  };

  struct Channel final : Port<T> {
    Channel(Inbox& box, Lane& from) : inbox(box), upstream(from) {}
    void push(Batch<T>& batch) override {
      std::unique_ptr<Batch<T>> mine;
      {
        std::lock_guard lock(inbox.mutex_);
        if (!recycled.empty()) {
          mine = std::move(recycled.back());
          recycled.pop_back();
        }
      }
      if (!mine || mine->capacity() < batch.size())
        mine = std::make_unique<Batch<T>>(std::max(batch.capacity(), batch.size()));
      batch.move_to(*mine);
      if (upstream.crowded()) upstream.keeper().compact(*mine);
      const std::uint64_t bytes = mine->held_bytes();
      upstream.enqueued(bytes);
      put({.kind = Kind::batch,
           .batch = std::move(mine),
           .bytes = bytes,
           .origin = upstream.origin()});
    }
    void watermark(Timestamp t) override { put({.kind = Kind::watermark, .time = t}); }
    void idle() override { put({.kind = Kind::idle}); }
    void partition(std::uint32_t, PartitionEvent event) override {
      if (event == PartitionEvent::caught_up) put({.kind = Kind::caught_up});
    }
    void barrier(Barrier& b) override { put({.kind = Kind::barrier, .barrier = &b}); }
    void end() override { put({.kind = Kind::end}); }

    void put(Item item) {
      {
        std::lock_guard lock(inbox.mutex_);
        if (item.kind == Kind::watermark && !queue.empty() && queue.back().kind == Kind::watermark)
          queue.back().time = item.time;
        else
          queue.push_back(std::move(item));
      }
      inbox.arrived_.notify();
    }

    Inbox& inbox;
    Lane& upstream;
    RingQueue<Item> queue;                            // under the inbox's mutex
    std::vector<std::unique_ptr<Batch<T>>> recycled;  // under the inbox's mutex
    bool blocked = false, ended = false;
  };

  /// Takes one item from the unblocked channel that is farthest behind; false when none has one.
  bool take_one() {
    Channel* chosen = nullptr;
    Item item;
    std::size_t index = 0;
    {
      std::lock_guard lock(mutex_);
      for (std::size_t k = 0; k < channels_.size(); ++k) {
        const std::size_t i = (turn_ + k) % channels_.size();
        Channel& c = *channels_[i];
        if (c.blocked || c.queue.empty()) continue;
        if (!chosen || clocks_.watermark(i) < clocks_.watermark(index)) chosen = &c, index = i;
      }
      if (!chosen) return false;
      item = chosen->queue.pop_front();
    }
    turn_ = index + 1;
    handle(*chosen, static_cast<std::uint32_t>(index), std::move(item));
    return true;
  }

  void handle(Channel& channel, std::uint32_t index, Item item) {
    switch (item.kind) {
      case Kind::batch: {
        clocks_.active(index);
        channel.upstream.dequeued(item.bytes);
        item.batch->set_partition(index);
        lane_.set_timing(++batches_ % Output<T>::timing_period == 0);
        lane_.set_origin(item.origin);
        out_.push(*item.batch);
        lane_.set_origin(nullptr);
        item.batch->clear();
        std::lock_guard lock(mutex_);
        channel.recycled.push_back(std::move(item.batch));
        break;
      }
      case Kind::watermark:
        forward(clocks_.advance(index, item.time));
        break;
      case Kind::idle:
        forward(clocks_.idle(index));
        break;
      case Kind::caught_up:
        out_.partition(index, PartitionEvent::caught_up);
        break;
      case Kind::barrier:
        channel.blocked = true;
        lane_.env().faults.reached("inbox.blocked");
        barrier_ = item.barrier;
        align();
        break;
      case Kind::end:
        channel.ended = true;
        out_.partition(index, PartitionEvent::ended);
        align();
        finish();
        break;
    }
  }
  void forward(InputClocks::News news) {
    if (news.watermark) out_.watermark(clocks_.watermark());
    if (news.idle) out_.idle();
  }
  void align() {
    if (!barrier_) return;
    for (auto& c : channels_)
      if (!c->blocked && !c->ended) return;
    for (auto& c : channels_) c->blocked = false;
    lane_.env().faults.reached("inbox.aligned");
    Barrier& barrier = *std::exchange(barrier_, nullptr);
    out_.barrier(barrier);
    barrier.lane_done();
  }
  void finish() {
    for (auto& c : channels_)
      if (!c->ended) return;
    ended_ = true;
    out_.end();
  }

  Lane& lane_;
  std::mutex mutex_;
  Signal arrived_;
  std::vector<std::unique_ptr<Channel>> channels_;
  Output<T> out_;
  InputClocks clocks_;
  Barrier* barrier_ = nullptr;
  std::size_t turn_ = 0;
  std::uint64_t batches_ = 0;
  bool ended_ = false;
};

}  // namespace millrace
