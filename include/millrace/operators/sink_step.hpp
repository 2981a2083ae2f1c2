// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/signal.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/graph/head.hpp"
#include "millrace/graph/port.hpp"
#include "millrace/graph/ring_queue.hpp"
#include "millrace/graph/step.hpp"

namespace millrace::detail {

/// Queues records and barriers in order; one loop drains the queue into the user's sink: writes up
/// to max_in_flight() at once, and before a flush or prepare waits for all of them. A sink that
/// never waits gets records as they come while nothing is queued: they are still in the caches.
template <class T, class S>
class SinkStep final : public Step, public Port<T>, public SinkHead, private Ticker {
 public:
  SinkStep(const StepContext& context, S sink)
      : Step(context),
        sink_(std::move(sink)),
        context_(lane().env(), lane().strand(), lane().abort_flag(), lane().arenas(), name()),
        arrived_(lane().strand()) {
    lane().wake_on_abort(arrived_);
    if constexpr (TickedSink<S>) lane().add_ticker(*this);
  }

  void push(Batch<T>& batch) override {
    counters().in.add(batch.size());
    const Duration delay = delay_of_take();
    if constexpr (writes_at_once)
      if (delay == Duration::zero() && may_write_now()) return write_at_once(batch);
    std::unique_ptr<Batch<T>> mine;
    if (!recycled_.empty()) {
      mine = std::move(recycled_.back());
      recycled_.pop_back();
    }
    if (!mine || mine->capacity() < batch.size())
      mine = std::make_unique<Batch<T>>(std::max(batch.capacity(), batch.size()));
    batch.move_to(*mine);
    if (lane().crowded()) lane().keeper().compact(*mine);
    const std::uint64_t bytes = mine->held_bytes();
    lane().enqueued(bytes);
    queued_records_ += mine->size();
    counters().queued.set(queued_records_);
    enqueue({.kind = Kind::batch, .batch = std::move(mine), .bytes = bytes, .delay = delay});
  }
  void watermark(Timestamp t) override { counters().set_watermark(t); }
  void idle() override {}
  void partition(std::uint32_t, PartitionEvent) override {}
  void barrier(Barrier& barrier) override {
    enqueue({.kind = Kind::barrier, .delay = delay_of_take(), .barrier = &barrier});
  }
  void end() override { enqueue({.kind = Kind::end, .delay = delay_of_take()}); }

  Task<> run() override {
    try {
      co_await drain();
    } catch (...) {
      if (!error_) error_ = std::current_exception();
    }
    while (in_flight_ != 0) co_await arrived_.wait();
    if (error_) std::rethrow_exception(named_failure(*this, error_));
  }

  bool two_phase() const override {
    if constexpr (!TwoPhaseSink<S>)
      return false;
    else if constexpr (requires { sink_.two_phase(); })
      return sink_.two_phase();
    else
      return true;
  }
  bool commits() const override { return TwoPhaseSink<S>; }
  Result<void> load(const StateItem& item) override {
    if constexpr (StatefulSink<S>)
      return sink_.load(item.bytes);
    else
      return Step::load(item);
  }
  void restore(std::vector<Committable> listed) override { listed_ = std::move(listed); }
  Task<> commit_restored() override {
    if constexpr (TwoPhaseSink<S>) {
      try {
        for (const Committable& committable : listed_) {
          co_await delay("restore.commit");
          co_await sink_.commit(committable, context_);
        }
      } catch (...) {
        error_ = std::current_exception();
      }
      if (error_) std::rethrow_exception(named_failure(*this, error_));
      listed_.clear();
    }
    co_return;
  }
  Task<> abort_unlisted() override {
    if constexpr (TwoPhaseSink<S>) {
      try {
        co_await delay("restore.abort");
        co_await sink_.abort(context_);
      } catch (...) {
        error_ = std::current_exception();
      }
      if (error_) std::rethrow_exception(named_failure(*this, error_));
    }
    co_return;
  }
  void commit(std::vector<Committable> decided, Barrier& barrier) override {
    // Ahead of records that already wait: it belongs to what is before them.
    queue_.push_front({.kind = Kind::commit, .barrier = &barrier, .decided = std::move(decided)});
    arrived_.notify();
  }

  SinkHead* as_sink() override { return this; }
  void* input(unsigned) override { return static_cast<Port<T>*>(this); }
  void* output(unsigned) override { return nullptr; }

 private:
  enum class Kind : unsigned char { batch, tick, barrier, commit, end };
  struct Item {
    Kind kind = Kind::end;
    std::unique_ptr<Batch<T>> batch = nullptr;
    std::uint64_t bytes = 0;
    Duration delay{};  ///< after which it is taken
    Barrier* barrier = nullptr;
    std::vector<Committable> decided = {};
  };

  void tick(MonotonicTime) override {
    if (queue_.empty() && in_flight_ == 0 && !std::exchange(ticking_, true))
      enqueue({.kind = Kind::tick});
  }
  Duration delay_of_take() const { return lane().env().faults.delay("sink.take"); }
  /// Is there nothing before what comes now, and the loop between two items?
  bool may_write_now() const { return resting_ && queue_.empty() && !error_ && !lane().aborted(); }
  void enqueue(Item item) {
    queue_.push_back(std::move(item));
    arrived_.notify();
  }
  std::uint32_t max_in_flight() const {
    if constexpr (requires { sink_.max_in_flight(); })
      return std::max<std::uint32_t>(1, sink_.max_in_flight());
    else
      return 1;
  }
  bool may_start(const Item& item) const {
    return item.kind == Kind::batch ? in_flight_ < max_in_flight() : in_flight_ == 0;
  }

  Task<> drain() {
    while (!ended_ && !error_ && !lane().aborted()) {
      if (queue_.empty() || !may_start(queue_.front())) {
        resting_ = true;
        co_await arrived_.wait();
        resting_ = false;
        continue;
      }
      if (const Duration d = queue_.front().delay; d > Duration::zero())
        co_await context_.sleep_for(d);
      if (lane().aborted()) break;
      if constexpr (writes_at_once) {
        if (queue_.front().kind == Kind::batch) {
          Item item = queue_.pop_front();
          write_at_once(*item.batch);
          written(std::move(item));
          continue;
        }
      }
      co_await handle(queue_.pop_front());
    }
  }

  Task<> handle(Item item) {
    switch (item.kind) {
      case Kind::batch:
        if constexpr (!writes_at_once) {
          Task<> writing = write(std::move(item));
          if (max_in_flight() > 1) {
            lane().env().scheduler.spawn(lane().shared_strand(), std::move(writing));
            ++in_flight_;  // only now: what was not spawned for want of memory never ends
          } else {
            ++in_flight_;
            co_await writing;
          }
        }
        break;
      case Kind::tick:
        if constexpr (TickedSink<S>) co_await sink_.tick(context_);
        ticking_ = false;
        break;
      case Kind::barrier:
        co_await finish_epoch(*item.barrier);
        break;
      case Kind::commit:
        co_await commit_decided(item.decided);
        item.barrier->committed(*this);
        break;
      case Kind::end:
        co_await flush();
        ended_ = true;
        break;
    }
  }
  Task<> write(Item item) {
    try {
      co_await sink_.write(*item.batch, context_);
      counters().out.add(item.batch->size());
    } catch (...) {
      failed(*item.batch);
    }
    --in_flight_;
    written(std::move(item));
    co_return;
  }
  /// A sink that never waits needs no coroutine.
  void write_at_once(const Batch<T>& batch) {
    try {
      sink_.write(batch, context_);
      counters().out.add(batch.size());
    } catch (...) {
      failed(batch);
      arrived_.notify();
    }
  }
  void failed(const Batch<T>& batch) {
    if (!error_) error_ = std::current_exception();
    counters().errors.add(batch.size());
  }
  void written(Item item) {
    queued_records_ -= item.batch->size();
    counters().queued.set(queued_records_);
    item.batch->clear();
    lane().dequeued(item.bytes);
    arrived_.notify();
    try {
      recycled_.push_back(std::move(item.batch));
    } catch (const std::bad_alloc&) {  // then it is not used again
    }
  }
  Task<> finish_epoch(Barrier& barrier) {
    co_await delay("sink.prepare");
    std::optional<Committable> prepared;
    if constexpr (TwoPhaseSink<S>)
      if (two_phase()) {
        co_await finish(barrier);
        prepared = co_await sink_.prepare(barrier.id(), context_);
      }
    if (!prepared) co_await flush();
    if constexpr (StatefulSink<S>) {
      StateItem state;
      sink_.save(state.bytes);
      barrier.save(*this, std::move(state));
    }
    lane().env().faults.reached("sink.prepared");
    if (prepared)
      barrier.sink_done(*this, std::move(*prepared));
    else
      barrier.sink_done(*this);
  }
  Task<> commit_decided(const std::vector<Committable>& decided) {
    co_await delay("sink.commit");
    if constexpr (TwoPhaseSink<S>)
      for (const Committable& committable : decided) co_await sink_.commit(committable, context_);
    lane().env().faults.reached("sink.committed");
  }
  Task<> delay(std::string_view site) {
    if (const Duration d = lane().env().faults.delay(site); d > Duration::zero())
      co_await context_.sleep_for(d);
  }
  Task<> finish(Barrier& barrier) {
    if constexpr (FinishableSink<S>)
      if (barrier.finishes()) {
        const bool more = co_await sink_.finish(context_);
        if (more) barrier.unfinished();
      }
    co_return;
  }
  Task<> flush() {
    if constexpr (FlushableSink<S>) co_await sink_.flush(context_);
    co_return;
  }

  static constexpr bool writes_at_once = std::is_void_v<decltype(std::declval<S&>().write(
      std::declval<Batch<T>&>(), std::declval<Context&>()))>;

  S sink_;
  Context context_;
  Signal arrived_;
  RingQueue<Item> queue_;
  std::vector<std::unique_ptr<Batch<T>>> recycled_;
  std::vector<Committable> listed_;
  std::exception_ptr error_;
  std::uint64_t queued_records_ = 0;
  std::uint32_t in_flight_ = 0;
  bool resting_ = false;  ///< does the loop wait for something to do?
  bool ticking_ = false;
  bool ended_ = false;
};

}  // namespace millrace::detail
