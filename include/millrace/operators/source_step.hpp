// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/source.hpp"
#include "millrace/graph/head.hpp"
#include "millrace/graph/output.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/graph/step.hpp"
#include "millrace/operators/partition_state.hpp"

namespace millrace {

/// How a source step reads.
struct SourceOptions {
  /// Pause after a read that found nothing.
  Duration idle_poll = std::chrono::milliseconds(10);
  /// How often a partitioned source is asked for new partitions.
  Duration discover_interval = std::chrono::seconds(5);
  std::uint32_t batch_records = default_batch_records;
};

namespace detail {

/// A FeedSource seen as a source of one partition.
template <FeedSource S>
struct SinglePartition {
  using value_type = typename S::value_type;
  using OnlyOnePartition = void;
  S feed;
  Task<std::vector<Partition>> discover(Context&) {
    std::vector<Partition> one;
    one.push_back({.id = "0"});
    co_return one;
  }
  S open(const Partition&, const Position& position) {
    if (!position.empty()) feed.resume(position);
    return std::move(feed);
  }
};

/// Reads the partitions that fall to this subtask, each by a loop of its own, all on one strand,
/// and pushes what they read.
template <PartitionedSource S>
class SourceStep final : public Step, public SourceHead {
 public:
  using T = typename S::value_type;
  using R = std::remove_cvref_t<decltype(std::declval<S&>().open(std::declval<Partition>(),
                                                                 std::declval<Position>()))>;

  SourceStep(const StepContext& context, S source, SourceOptions options,
             std::shared_ptr<EndedPartitions> ended)
      : Step(context),
        source_(std::move(source)),
        options_(options),
        parallelism_(context.parallelism),
        ended_(std::move(ended)),
        context_(lane().env(), lane().strand(), lane().stop(), lane().arenas(), name(),
                 options.batch_records),
        changed_(lane().strand()),
        origin_{.source = name()} {
    lane().wake_on_abort(changed_);
  }

  Task<> run() override {
    try {
      co_await read_all();
    } catch (...) {
      fail(std::current_exception());
    }
    while (active_ != 0) co_await changed_.wait();  // their loops use this step
    if (error_) std::rethrow_exception(error_);
    if (context_.stopping() && mode_ != StopMode::finish) co_return;
    co_await lane().settle();
    if (!lane().aborted()) out_.watermark(end_of_time);
    co_await lane().settle();
    lane().rest();
  }

  void stop(StopMode mode) override {
    mode_ = mode;
    lane().stop().request();
    changed_.notify();
  }
  void inject(Barrier& barrier) override {
    save(barrier);
    out_.barrier(barrier);
  }
  void end() override { out_.end(); }

  SourceHead* as_source() override { return this; }
  void* input(unsigned) override { return nullptr; }
  void* output(unsigned) override { return &out_; }

  void save(Barrier& barrier) const override {
    for (PartitionState old : restored_) {
      old.carried = true;
      barrier.save(*this, old.to_item());
    }
    for (const auto& p : open_) barrier.save(*this, p->state().to_item());
  }
  Result<void> load(const StateItem& item) override {
    Result<PartitionState> state = PartitionState::from_item(item);
    if (!state) return state.take_error();
    if (state->ended) ended_->add(state->id);
    // Every subtask gets all items. One that had not looked for its partitions yet when it was
    // stopped carried them all over; what a partition's reader saved itself is newer.
    const auto known = find_restored(state->id);
    if (known == restored_.end())
      restored_.push_back(std::move(*state));
    else if (known->carried && !state->carried)
      *known = std::move(*state);
    return {};
  }

 private:
  struct Open {
    Partition partition;
    Origin origin;
    std::uint32_t index;
    R reader;
    Position pushed;  // of the last read whose records were pushed: what a barrier saves
    bool ended = false;
    Batch<T> batch;
    PartitionState state() const {
      return {.id = partition.id, .position = pushed, .ended = ended};
    }
  };

  /// Until every partition has been read, wherever it is read: to the last moment one that falls
  /// to this subtask may come up.
  Task<> read_all() {
    co_await open_new_partitions();
    bool idle = false;
    for (;;) {
      if (context_.stopping()) co_return;
      if (active_ != 0) {
        idle = false;
        co_await changed_.wait();
        if (std::exchange(rediscover_, false) && !context_.stopping())
          co_await open_new_partitions();
        continue;
      }
      // What ended before discover() was asked had its children made known by then.
      const std::size_t ended = ended_->count();
      co_await open_new_partitions();
      if (active_ != 0) continue;
      if (all_ended_) co_return;
      if (!std::exchange(idle, true)) out_.idle();
      while (!context_.stopping() && ended_->count() == ended &&
             lane().env().clock.monotonic() < next_discovery_)
        co_await context_.sleep_for(options_.idle_poll);
    }
  }
  /// Opens what discover() knows, falls to this subtask, is not open yet and has its parents read.
  Task<> open_new_partitions() {
    const std::vector<Partition> found = co_await source_.discover(context_);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (i % parallelism_ != subtask())
        forget(found[i].id);
      else if (!is_open(found[i].id) && ended_->all_ended(found[i].parents, found))
        open(found[i], static_cast<std::uint32_t>(i));
    }
    all_ended_ = single_partition || ended_->all(found);
    next_discovery_ = lane().env().clock.monotonic() + options_.discover_interval;
  }
  std::vector<PartitionState>::iterator find_restored(const std::string& id) {
    auto at = restored_.begin();
    while (at != restored_.end() && at->id != id) ++at;
    return at;
  }
  void open(Partition partition, std::uint32_t index) {
    Position position;
    bool was_ended = false;
    const auto old = find_restored(partition.id);
    if (old != restored_.end()) {
      position = std::move(old->position);
      was_ended = old->ended;
      restored_.erase(old);
    }
    R reader = source_.open(partition, position);
    Origin origin{.source = name(), .partition = partition.id, .whole = &origin_};
    open_.push_back(std::unique_ptr<Open>(new Open{std::move(partition), std::move(origin), index,
                                                   std::move(reader), position, was_ended,
                                                   Batch<T>(options_.batch_records)}));
    if (was_ended) return;
    out_.partition(index, PartitionEvent::opened);
    lane().env().scheduler.spawn(lane().shared_strand(), read_guarded(*open_.back()));
    ++active_;  // only now: what was not spawned for want of memory never ends
  }
  /// It is another subtask's after a change of parallelism, and that one saves it.
  void forget(const std::string& id) {
    std::erase_if(restored_, [&](const PartitionState& old) { return old.id == id; });
  }
  bool is_open(const std::string& id) const {
    for (const auto& p : open_)
      if (p->partition.id == id) return true;
    return false;
  }

  /// Now and then, from the reading loops: asks run() to look for new partitions.
  void rediscover_when_due() {
    const MonotonicTime now = lane().env().clock.monotonic();
    if (now < next_discovery_) return;
    next_discovery_ = now + options_.discover_interval;
    rediscover_ = true;
    changed_.notify();
  }

  Task<> read_guarded(Open& p) {
    try {
      co_await read_partition(p);
    } catch (...) {
      fail(std::current_exception());
    }
    --active_;
    changed_.notify();
  }
  void fail(std::exception_ptr error) {
    if (!error_) error_ = named_failure(*this, std::move(error));
    lane().stop().request();  // the other partitions' loops end, then run() throws
  }

  Task<> read_partition(Open& p) {
    bool caught_up = false;
    for (std::uint32_t turn = 1; !context_.stopping(); ++turn) {
      if (!lane().settled()) co_await lane().settle();
      if (context_.stopping()) break;
      // As a real source, which takes its time, so that not all is read at one moment.
      if (const Duration d = lane().env().faults.delay("source.read"); d > Duration::zero()) {
        lane().rest();
        co_await context_.sleep_for(d);
      }
      if (context_.stopping()) break;
      ReadStatus status = ReadStatus::more;
      if constexpr (std::is_same_v<decltype(p.reader.read(p.batch, context_)), ReadStatus>)
        status = p.reader.read(p.batch, context_);
      else {
        lane().rest();
        status = co_await p.reader.read(p.batch, context_);
      }
      if (!p.batch.empty()) {
        caught_up = false;
        if (!lane().settled()) co_await lane().settle();
        if (lane().aborted()) break;
        push(p);
      }
      if (status == ReadStatus::end && !context_.stopping()) {
        p.pushed = p.reader.position();
        p.ended = true;
        ended_->add(p.partition.id);
        out_.partition(p.index, PartitionEvent::ended);
        co_await lane().settle();  // a window that fired by this goes on to the end
        break;
      }
      if (status == ReadStatus::idle) {
        p.pushed = p.reader.position();
        if (!std::exchange(caught_up, true)) out_.partition(p.index, PartitionEvent::caught_up);
        rediscover_when_due();
        lane().rest();
        co_await context_.sleep_for(options_.idle_poll);
      } else if (turn % turns_between_yields == 0) {
        rediscover_when_due();
        co_await yield(lane().strand());
      }
    }
  }
  void push(Open& p) {
    p.batch.set_partition(p.index);
    p.pushed = p.reader.position();
    counters().out.add(p.batch.size());
    lane().set_origin(&p.origin, &p.pushed.token);
    lane().set_timing(++batches_ % Output<T>::timing_period == 0);
    try {
      out_.push(p.batch);
    } catch (const DownstreamFailure&) {
      throw;
    } catch (...) {
      throw DownstreamFailure{std::current_exception()};
    }
    lane().set_origin(nullptr);
    p.batch.clear();
  }
  static constexpr std::uint32_t turns_between_yields = 16;
  /// No partition will ever come up beside the first, so that other subtasks need not wait.
  static constexpr bool single_partition = requires { typename S::OnlyOnePartition; };
  S source_;
  SourceOptions options_;
  std::uint32_t parallelism_;
  std::shared_ptr<EndedPartitions> ended_;
  Context context_;
  Signal changed_;
  Origin origin_;  // of any partition
  Output<T> out_;
  std::vector<std::unique_ptr<Open>> open_;
  std::vector<PartitionState> restored_;
  std::size_t active_ = 0;
  bool all_ended_ = false;
  std::uint64_t batches_ = 0;
  std::exception_ptr error_;
  StopMode mode_ = StopMode::suspend;
  MonotonicTime next_discovery_{};
  bool rediscover_ = false;
};

}  // namespace detail
}  // namespace millrace
