// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/core/operator.hpp"
#include "millrace/operators/keyed_rows.hpp"
#include "millrace/operators/record_keys.hpp"
#include "millrace/operators/resumable_link.hpp"
#include "millrace/operators/window_order.hpp"

namespace millrace {

/// An operator that keeps something for each key, in handles which it declares:
///
///     struct Jumps {
///       using output_type = Jump;
///       ValueState<double> last{"last"};
///       Timers timers;
///       auto states() { return std::tie(last, timers); }
///       void on_record(const Tick& tick, Timestamp time, Emitter<Jump>& out);
///       void on_timer(const Key& key, Timestamp time, Emitter<Jump>& out);             // optional
///       void on_processing_timer(const Key& key, Timestamp time, Emitter<Jump>& out);  // optional
///     };
///
/// Contract: what is not in handles is nobody's: each subtask has its own copy of the operator, and
/// it is not saved. An exception from on_record is that record's error; its key's state and timers
/// are as before the record then, while what it has emitted stays emitted. An exception from a
/// timer function fails the pipeline. A key's type owns its bytes: a Text comes back as a
/// std::string.
template <class Op, class T>
concept KeyedOperatorOn =
    OperatorOn<Op, T> && requires(Op& op) { std::tuple_size<decltype(op.states())>::value; };

namespace detail {

/// Time of day that goes on with the steady clock.
class SteadyTime {
 public:
  explicit SteadyTime(Clock& clock)
      : clock_(clock), wall_(clock.wall()), monotonic_(clock.monotonic()) {}
  Timestamp now() const {
    return wall_ + std::chrono::duration_cast<Duration>(clock_.monotonic() - monotonic_);
  }

 private:
  Clock& clock_;
  Timestamp wall_;
  MonotonicTime monotonic_;
};

/// Runs an operator of the user's with keyed state.
template <class T, class KeyFn, class Op>
class KeyedProcessStep final : public ResumableLink<T, typename Op::output_type>, public Ticker {
  using U = typename Op::output_type;
  using Keys = RecordKeys<T, KeyFn>;
  using Key = typename Keys::Key;
  using Rows = KeyedRows<Keys, decltype(std::declval<Op&>().states())>;
  using Looked = typename Rows::Looked;
  using Wanted = typename Rows::Wanted;
  using Table = typename Rows::Table;
  using Node = typename Rows::Node;

 public:
  static constexpr bool has_timer_function =
      requires(Op& op, const Key& key, Timestamp t, Emitter<U>& out) { op.on_timer(key, t, out); };
  static constexpr bool has_processing_timer_function =
      requires(Op& op, const Key& key, Timestamp t, Emitter<U>& out) {
        op.on_processing_timer(key, t, out);
      };
  static_assert(!Rows::has_timers || has_timer_function || has_processing_timer_function,
                "millrace: process(name, op): op has Timers, but no 'void on_timer(const Key&, "
                "Timestamp, Emitter<U>&)' for the type that key_by's function gives");
  static_assert(Rows::has_timers || (!has_timer_function && !has_processing_timer_function),
                "millrace: process(name, op): op has a timer function, but its states() gives no "
                "Timers to set them by");

  KeyedProcessStep(const StepContext& context, KeyFn key, Op op, OnError policy)
      : ResumableLink<T, U>(context, policy),
        op_(std::move(op)),
        keys_(std::move(key)),
        clock_(context.lane.env().clock),
        rows_(op_.states(), context.lane.state(), {context.subtask, context.parallelism},
              store_of(context)) {
    rows_.timers().wanted[0] = has_timer_function;
    rows_.timers().wanted[1] = has_processing_timer_function;
    if (Rows::has_timers || rows_.expires()) context.lane.add_ticker(*this);
  }

  void tick(MonotonicTime) override { this->tell_tick(); }
  void save(Barrier& barrier) const override { barrier.save_later(*this, rows_.freeze()); }
  Result<void> load(const StateItem& item) override {
    rows_.context().processing_time = clock_.now();
    try {
      if (auto done = rows_.load(item.bytes); !done) return done;
    } catch (const Failure& failure) {
      return failure.error();
    }
    if (!rows_.charge())
      return keyed_state_limit(this->name(), rows_.charged(), this->lane().state());
    return {};
  }
  std::string state_schema() const override { return rows_.schema(); }
  bool regroups(const StateItem& item) const override { return Rows::regroups(item.bytes); }

 private:
  static constexpr std::uint32_t ahead = 16;        // records; for the index
  static constexpr std::uint32_t row_ahead = 6;     // and for the row
  static constexpr std::size_t swept_a_record = 4;  // so that few expired entries are left
  static constexpr std::size_t swept_a_tick = 16'384;
  static constexpr std::size_t fired_at_once = 256;  // whose rows are fetched together

  static std::unique_ptr<RowStore> store_of(const StepContext& context) {
    if (!context.state_backend) return nullptr;
    return context.state_backend->open(context.name, context.subtask, context.parallelism);
  }

  std::uint32_t work(Batch<T>& in, std::uint32_t first) override {
    rows_.context().processing_time = clock_.now();
    rows_.make_room();
    stage(in, first);
    rows_.fetch(staged_.data() + first, in.size() - first);
    const std::uint32_t next = this->each(in, first, [&](std::uint32_t i) {
      rows_.table().prefetch(staged_[i + ahead].hash);
      rows_.table().prefetch_row(staged_[i + row_ahead].hash);
      Wanted& at = staged_[i];
      // The function is asked again for the key that it did not give: now it may throw.
      if (!at.good) {
        at = Rows::wanted(keys_(in[i]));
        rows_.fetch(&at, 1);
      }
      rows_.with(at.hash, at.key, in.time(i),
                 [&] { op_.on_record(in[i], in.time(i), this->emitter()); });
    });
    rows_.sweep(swept_a_record * (next - first));
    settle();
    return next;
  }
  /// Notes the keys of the records that are left.
  void stage(const Batch<T>& in, std::uint32_t first) {
    keys_.reset();
    if (staged_.size() < in.size() + ahead) staged_.resize(in.size() + ahead);
    for (std::uint32_t i = first; i < in.size(); ++i) {
      try {
        staged_[i] = Rows::wanted(keys_(in[i]));
      } catch (const std::bad_alloc&) {
        throw;
      } catch (...) {
        staged_[i].good = false;
      }
    }
  }
  void settle() {
    rows_.clean_timers();
    if (!rows_.charge()) [[unlikely]]
      throw Failure(keyed_state_limit(this->name(), rows_.charged(), this->lane().state()));
  }

  bool before_watermark(Timestamp t) override {
    rows_.context().processing_time = clock_.now();
    if (t == end_of_time) rows_.context().ending = true;
    if (!fire(TimeDomain::event, t)) return false;
    advance(t);
    return true;
  }
  bool before_tick() override {
    rows_.context().processing_time = clock_.now();
    if (!fire(TimeDomain::processing, rows_.context().processing_time)) return false;
    rows_.sweep(swept_a_tick);
    settle();
    return true;
  }
  bool before_end() override {
    rows_.context().ending = true;
    return fire(TimeDomain::processing, end_of_time);
  }
  /// The end is no time: what expires in event time is still there for the last timers.
  void advance(Timestamp t) {
    if (t != end_of_time) rows_.context().watermark = std::max(rows_.context().watermark, t);
  }

  /// Calls the timers that are due. False when it stopped for want of credit.
  bool fire(TimeDomain domain, Timestamp until) {
    if constexpr (Rows::has_timers) {
      do {
        while (next_due_ < due_.size()) {
          if (rows_.stored() && next_due_ % fired_at_once == 0) fetch_due();
          call(domain, due_[next_due_++]);
          if (this->out_of_credit()) return false;
        }
      } while (take_due(domain, until));
      if (std::exchange(firing_, false)) {
        rows_.timers().fired();
        this->emitter().end();
        settle();
      }
    }
    return true;
  }
  struct Due {
    Looked looked;
    Node* node;  ///< null when the row has to be looked for
    auto key() const { return looked; }
    friend bool operator<(const Due& a, const Due& b) { return a.key() < b.key(); }
  };
  /// Takes out the timers that are due first, all of one time, and sorts them by key.
  bool take_due(TimeDomain domain, Timestamp until) {
    next_due_ = 0;
    due_.clear();
    if (rows_.stored() ? !take_stored(domain, until) : !take_queued(domain, until)) return false;
    sort_entries<Keys>(due_.data(), due_.size(), ResultOrder::key);
    std::size_t n = 1;
    for (std::size_t i = 1; i < due_.size(); ++i)
      if (due_[n - 1].looked != due_[i].looked) due_[n++] = due_[i];
    due_.resize(n);
    firing_ = true;
    rows_.timers().fire(domain, due_time_);
    if (domain == TimeDomain::event) advance(due_time_);
    return true;
  }
  bool take_queued(TimeDomain domain, Timestamp until) {
    TimerQueue& queue = rows_.timers().of(domain);
    while (due_.empty() && queue.due(until)) {
      due_time_ = queue.first();
      while (queue.due(due_time_)) {
        Node& node = rows_.table().node(queue.pop().row);
        if (Rows::timers_of(node).contains(domain, due_time_)) due_.push_back({node.key(), &node});
      }
    }
    return !due_.empty();
  }
  /// Whose timers those are, in a store, is all that is in memory of many of one time.
  bool take_stored(TimeDomain domain, Timestamp until) {
    due_bytes_.clear();
    due_keys_.clear();
    const auto time = rows_.stored()->timers().take(domain, until, due_bytes_, due_keys_);
    if (!time) return false;
    due_time_ = *time;
    for (const std::string_view key : due_keys_) due_.push_back({stored_key<Looked>(key), nullptr});
    return true;
  }
  void fetch_due() {
    const std::size_t n = std::min(fired_at_once, due_.size() - next_due_);
    if (staged_.size() < n) staged_.resize(n);
    for (std::size_t i = 0; i < n; ++i) staged_[i] = Rows::wanted(due_[next_due_ + i].looked);
    rows_.make_room();
    rows_.fetch(staged_.data(), n);
  }
  void call(TimeDomain domain, const Due& due) {
    Node* const found =
        due.node ? due.node : rows_.table().find(Table::hash(due.looked), due.looked);
    if (!found) return;
    Node& node = *found;
    Keys::restore(due.looked, key_);
    const Key& key = key_;
    const Timestamp t = due_time_;
    try {
      rows_.with_timer(node, domain, t, [&] {
        if constexpr (has_timer_function)
          if (domain == TimeDomain::event) op_.on_timer(key, t, this->emitter());
        if constexpr (has_processing_timer_function)
          if (domain == TimeDomain::processing) op_.on_processing_timer(key, t, this->emitter());
      });
    } catch (...) {
      throw DownstreamFailure{named_failure(*this, std::current_exception())};
    }
  }

  Op op_;
  Keys keys_;
  SteadyTime clock_;
  mutable Rows rows_;           // what is frozen may have to be written down first
  std::vector<Wanted> staged_;  // runs past the batch's end as far as is looked ahead
  std::vector<Due> due_;
  ByteStore due_bytes_;  // of keys in a store
  std::vector<std::string_view> due_keys_;
  std::size_t next_due_ = 0;
  bool firing_ = false;
  Timestamp due_time_{};
  Key key_{};
};

}  // namespace detail
}  // namespace millrace
