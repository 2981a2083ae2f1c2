// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/core/signal.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/graph/head.hpp"
#include "millrace/graph/input_clocks.hpp"
#include "millrace/graph/output.hpp"
#include "millrace/graph/parcel.hpp"
#include "millrace/graph/ring_queue.hpp"
#include "millrace/graph/step.hpp"

namespace millrace {

/// The only place where records of several strands meet: a queue for each upstream subtask, the
/// smallest watermark over them, alignment of barriers, the end when all have ended. Channels of
/// several types have an output for each type, and what is no record of theirs goes to all of them.
/// Of a parcel's watermarks one channel alone gives each in its place; of several channels, whose
/// watermarks come in no order anyway, each gives its last one, behind all of the parcel's records.
/// Threads: channels are pushed from their upstream's strand, run() is the lane's. Cost: a mutex a
/// parcel on each side; parcels are recycled.
template <class... T>
class Inbox final : public Head {
 public:
  explicit Inbox(Lane& lane) : lane_(lane), arrived_(lane.strand()) {
    lane_.wake_on_abort(arrived_);
  }

  /// A channel for one upstream subtask, of the type with that number. Called while the pipeline is
  /// built.
  template <std::size_t type = 0>
  auto& add_channel(Lane& upstream) {
    using U = std::tuple_element_t<type, std::tuple<T...>>;
    auto channel = std::make_unique<ChannelOf<U>>(*this, upstream, std::get<type>(outputs_));
    ParcelPort<U>& port = *channel;
    clocks_.add();
    channels_.push_back(std::move(channel));
    return port;
  }
  template <std::size_t type = 0>
  auto& output() {
    return std::get<type>(outputs_);
  }

  Task<> run() override {
    for (std::uint32_t i = 0; i < channels_.size(); ++i)
      channels_[i]->tell(i, PartitionEvent::opened);
    for (std::uint32_t turn = 1; !ended_ && !lane_.aborted(); ++turn) {
      co_await lane_.settle();
      if (lane_.aborted()) break;
      // Without this virtual time would drain every queue at once and never exercise alignment.
      if (const Duration d = lane_.env().faults.delay("inbox.take"); d > Duration::zero()) {
        Sleep nap(lane_.strand(), lane_.abort_flag(), lane_.env().clock.monotonic() + d);
        co_await nap;
      }
      if (!advance()) {
        if (ended_) break;
        lane_.rest();
        co_await arrived_.wait();
      } else if (turn % turns_between_yields == 0) {
        co_await yield(lane_.strand());
      }
    }
  }

 private:
  static constexpr std::uint32_t turns_between_yields = 16;
  static constexpr std::uint64_t timing_period =
      std::tuple_element_t<0, std::tuple<Output<T>...>>::timing_period;
  enum class Kind : unsigned char { parcel, watermark, idle, caught_up, barrier, end };
  struct Event {
    Kind kind = Kind::end;
    Timestamp time{};
    Barrier* barrier = nullptr;
  };
  /// A queue, whatever is in it.
  struct Channel {
    Channel(Inbox& box, Lane& from) : inbox(box), upstream(from) {}
    virtual ~Channel() = default;
    // Under the inbox's mutex.
    virtual bool empty() const = 0;
    /// The first one; a parcel stays at hand, for pass_on().
    virtual Event take() = 0;
    // On the inbox's strand.
    /// The parcel at hand is no more in the queue.
    virtual void begin() = 0;
    /// Goes on with the parcel at hand, by one push or one watermark; true when that was the last.
    virtual bool pass_on(std::uint32_t index) = 0;
    virtual void tell(std::uint32_t index, PartitionEvent event) = 0;

    Inbox& inbox;
    Lane& upstream;
    bool blocked = false, ended = false;
  };

  /// Records that are pushed at a time: steps have batches of their own, as large as the largest.
  static constexpr std::uint32_t most_at_once = 2 * default_batch_records;
  template <class U>
  struct ChannelOf final : Channel, ParcelPort<U> {
    struct Item {
      Event event;
      std::unique_ptr<Parcel<U>> parcel = nullptr;
      std::uint64_t bytes = 0;
    };
    ChannelOf(Inbox& box, Lane& from, Output<U>& to) : Channel(box, from), out(to) {}

    // From the upstream's strand.
    void push(Batch<U>& batch) override {
      if (!spare || spare->batch.capacity() < batch.size())
        spare = std::make_unique<Parcel<U>>(std::max(batch.capacity(), batch.size()));
      batch.move_to(spare->batch);
      spare->origin = this->upstream.origin();
      put_parcel();
    }
    void send(std::unique_ptr<Parcel<U>>& parcel) override {
      if (parcel->batch.empty()) {
        watermark(parcel->marks.back().watermark);
        return parcel->clear();
      }
      // One that has come back may have another, smaller batch: a step kept the records.
      if (!spare || spare->batch.capacity() < parcel->batch.capacity())
        spare = std::make_unique<Parcel<U>>(parcel->batch.capacity());
      parcel.swap(spare);
      put_parcel();
    }
    void watermark(Timestamp t) override { put({.event = {.kind = Kind::watermark, .time = t}}); }
    void idle() override { put({.event = {.kind = Kind::idle}}); }
    void partition(std::uint32_t, PartitionEvent event) override {
      if (event == PartitionEvent::caught_up) put({.event = {.kind = Kind::caught_up}});
    }
    void barrier(Barrier& b) override { put({.event = {.kind = Kind::barrier, .barrier = &b}}); }
    void end() override { put({.event = {.kind = Kind::end}}); }

    void put_parcel() {
      Lane& from = this->upstream;
      Batch<U>& batch = spare->batch;
      if (from.crowded()) from.keeper().compact(batch);
      const std::uint64_t bytes = batch.held_bytes();
      from.enqueued(bytes);
      put({.event = {.kind = Kind::parcel}, .parcel = std::move(spare), .bytes = bytes});
    }
    void put(Item item) {
      {
        std::lock_guard lock(this->inbox.mutex_);
        if (item.event.kind == Kind::watermark && !queue.empty() &&
            queue.back().event.kind == Kind::watermark)
          queue.back().event.time = item.event.time;
        else
          queue.push_back(std::move(item));
        if (!spare && !recycled.empty()) {
          spare = std::move(recycled.back());
          recycled.pop_back();
        }
      }
      this->inbox.arrived_.notify();
    }

    bool empty() const override { return queue.empty(); }
    Event take() override {
      if (at_hand.parcel) recycled.push_back(std::move(at_hand.parcel));
      at_hand = queue.pop_front();
      return at_hand.event;
    }
    void begin() override {
      next_record = next_mark = until = 0;
      records = at_hand.parcel->batch.size();
      this->upstream.dequeued(at_hand.bytes);
    }
    bool pass_on(std::uint32_t index) override {
      if (next_record == until && news == InputClocks::News{}) until = read_marks(index);
      if (next_record < until)
        push_records(index, std::min(until, next_record + most_at_once));
      else
        this->inbox.forward(std::exchange(news, {}));
      if (news != InputClocks::News{} || next_record < records ||
          next_mark < at_hand.parcel->marks.size())
        return false;
      at_hand.parcel->clear();
      return true;
    }
    /// Up to the first watermark that says something new. How many records come before it?
    std::uint32_t read_marks(std::uint32_t index) {
      const auto& marks = at_hand.parcel->marks;
      const bool alone = this->inbox.channels_.size() == 1;
      if (!alone && !marks.empty()) next_mark = static_cast<std::uint32_t>(marks.size()) - 1;
      while (next_mark < marks.size()) {
        const auto& mark = marks[next_mark++];
        news = this->inbox.clocks_.advance(index, mark.watermark);
        if (alone && news != InputClocks::News{}) return mark.after;
      }
      return records;
    }
    void push_records(std::uint32_t index, std::uint32_t end) {
      Lane& lane = this->inbox.lane_;
      lane.set_timing(++this->inbox.batches_ % timing_period == 0);
      Batch<U>& batch = at_hand.parcel->batch;
      lane.set_origin(at_hand.parcel->origin);
      if (end - next_record == records) {
        batch.set_partition(index);
        out.push(batch);
      } else {
        if (!some || some->capacity() < batch.capacity())
          some = std::make_unique<Batch<U>>(batch.capacity());
        some->borrow(batch, next_record, end);
        some->set_partition(index);
        out.push(*some);
        some->clear();
      }
      lane.set_origin(nullptr);
      next_record = end;
    }
    void tell(std::uint32_t index, PartitionEvent event) override { out.partition(index, event); }

    Output<U>& out;
    std::unique_ptr<Parcel<U>> spare;                  // the upstream's
    RingQueue<Item> queue;                             // under the inbox's mutex
    std::vector<std::unique_ptr<Parcel<U>>> recycled;  // under the inbox's mutex
    // The inbox's strand's.
    Item at_hand;
    // Of the parcel at hand; `until`: the records before the watermark that was read last.
    std::uint32_t records = 0, next_record = 0, next_mark = 0, until = 0;
    InputClocks::News news;          // to pass on behind the records before it
    std::unique_ptr<Batch<U>> some;  // a view of some of its records
  };

  /// Goes on with the parcel at hand, else takes one item from the unblocked channel that is
  /// farthest behind; false when none has one.
  bool advance() {
    if (at_hand_) {
      pass_on();
      return true;
    }
    Channel* chosen = nullptr;
    Event event;
    std::size_t index = 0;
    {
      std::lock_guard lock(mutex_);
      for (std::size_t k = 0; k < channels_.size(); ++k) {
        const std::size_t i = (turn_ + k) % channels_.size();
        Channel& c = *channels_[i];
        if (c.blocked || c.empty()) continue;
        if (!chosen || clocks_.watermark(i) < clocks_.watermark(index)) chosen = &c, index = i;
      }
      if (!chosen) return false;
      event = chosen->take();
    }
    turn_ = index + 1;
    handle(*chosen, static_cast<std::uint32_t>(index), event);
    return true;
  }

  void pass_on() {
    if (at_hand_->pass_on(index_at_hand_)) at_hand_ = nullptr;
  }
  void handle(Channel& channel, std::uint32_t index, const Event& event) {
    switch (event.kind) {
      case Kind::parcel:
        channel.begin();
        clocks_.active(index);
        at_hand_ = &channel;
        index_at_hand_ = index;
        pass_on();
        break;
      case Kind::watermark:
        forward(clocks_.advance(index, event.time));
        break;
      case Kind::idle:
        forward(clocks_.idle(index));
        break;
      case Kind::caught_up:
        channel.tell(index, PartitionEvent::caught_up);
        break;
      case Kind::barrier:
        channel.blocked = true;
        lane_.env().faults.reached("inbox.blocked");
        barrier_ = event.barrier;
        align();
        break;
      case Kind::end:
        channel.ended = true;
        channel.tell(index, PartitionEvent::ended);
        align();
        finish();
        break;
    }
  }
  void forward(InputClocks::News news) {
    if (news.watermark) each_output([&](auto& out) { out.watermark(clocks_.watermark()); });
    if (news.idle) each_output([](auto& out) { out.idle(); });
  }
  void align() {
    if (!barrier_) return;
    for (auto& c : channels_)
      if (!c->blocked && !c->ended) return;
    for (auto& c : channels_) c->blocked = false;
    lane_.env().faults.reached("inbox.aligned");
    Barrier& barrier = *std::exchange(barrier_, nullptr);
    each_output([&](auto& out) { out.barrier(barrier); });
    barrier.lane_done();
  }
  void finish() {
    for (auto& c : channels_)
      if (!c->ended) return;
    ended_ = true;
    each_output([](auto& out) { out.end(); });
  }
  template <class F>
  void each_output(F&& f) {
    std::apply([&](auto&... out) { (f(out), ...); }, outputs_);
  }

  Lane& lane_;
  std::mutex mutex_;
  Signal arrived_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::tuple<Output<T>...> outputs_;
  InputClocks clocks_;
  Barrier* barrier_ = nullptr;
  Channel* at_hand_ = nullptr;  // whose parcel is not passed on whole
  std::uint32_t index_at_hand_ = 0;
  std::size_t turn_ = 0;
  std::uint64_t batches_ = 0;
  bool ended_ = false;
};

}  // namespace millrace
