// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/emitter.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/operators/group.hpp"
#include "millrace/operators/window_emitter.hpp"
#include "millrace/operators/window_options.hpp"
#include "millrace/operators/window_order.hpp"

namespace millrace::detail {

/// The key at work, as a join's function sees it; see join_function.hpp.
template <class Types>
class JoinWork {
 public:
  JoinWork(Step& step, Emitter<typename Types::Out>& emitter, Rejects& rejects)
      : out(emitter), step_(step), emitter_(emitter), rejects_(rejects) {}

  Group<typename Types::Left> left;
  Group<typename Types::Right> right;
  typename Group<typename Types::Left>::Iterator at_left;
  typename Group<typename Types::Right>::Iterator at_right;
  WindowEmitter<typename Types::Key, typename Types::Function::output_type> out;

  template <class Call, class Reject>
  void guarded(Call&& call, Reject&& reject) {
    try {
      call();
    } catch (const DownstreamFailure&) {
      throw;
    } catch (...) {
      thrown_ = std::current_exception();
      reject();
      rejected_ = true;
      thrown_ = nullptr;
    }
  }
  template <class T>
  void reject(const T& record) {
    rejects_.reject(thrown_, bytes_for_dead_letter(record));
  }
  /// Has a batch left, and may no other follow now?
  bool out_of_credit() {
    const bool left_now = emitter_.take_flushed();
    return (left_now || std::exchange(rejected_, false)) && !at_once && !step_.lane().has_credit();
  }
  bool at_once = false;  ///< credit or not

 private:
  Step& step_;
  Emitter<typename Types::Out>& emitter_;
  Rejects& rejects_;
  std::exception_ptr thrown_;
  bool rejected_ = false;
};

/// The results of the windows that are due: a cursor over panes, stretches of a pane's table, keys
/// of a stretch, and pairs of a key. It stops when the lane is out of credit, and goes on later.
template <class Types>
class JoinEmission {
  using Panes = typename Types::Panes;
  using Table = typename Types::Table;
  using Out = typename Types::Out;

 public:
  JoinEmission(Step& step, Output<Out>& output, Rejects& rejects, Panes& panes,
               typename Types::Function function, const WindowOptions& options)
      : lane_(step.lane()),
        rejects_(rejects),
        panes_(panes),
        function_(std::move(function)),
        lateness_(options.allowed_lateness),
        order_(options.order),
        emitter_(step, output),
        work_(step, emitter_, rejects) {}

  /// Is there anything to emit or close at this watermark?
  bool due(Timestamp watermark) const {
    return reading_ || !corrected_.empty() || panes_.some_due(watermark) ||
           panes_.oldest_over(watermark, lateness_);
  }
  /// A key of a window that has fired has other records: its results leave next.
  void correct(Timestamp start, typename Types::Pane& pane, const typename Table::Entry& entry) {
    if (std::exchange(entry.value().due, 1) != 0) return;
    if (pane.due.empty()) corrected_.push_back(start);
    pane.due.push_back(entry);
  }

  /// Emits everything due, credit or not when it has to be at once. False when it stopped early:
  /// call it again.
  bool run(Timestamp watermark, bool at_once) {
    // A key's records came from anywhere, not from where the one at hand did.
    const Origin* const origin = lane_.origin();
    const std::string* const position = lane_.position();
    lane_.set_origin(nullptr);
    work_.at_once = at_once;
    const bool done = go_on(watermark);
    if (done) emitter_.end();
    rejects_.flush();
    lane_.set_origin(origin, position);
    return done;
  }

 private:
  bool go_on(Timestamp watermark) {
    do {
      while (at_ < count_) {
        if (!begun_) begin(entries_[at_]);
        if (!function_.run(work_)) return false;
        begun_ = false;
        ++at_;
        if (work_.out_of_credit()) return false;
      }
    } while (next_stretch(watermark));
    return true;
  }
  void begin(const typename Table::Entry& entry) {
    auto& pane = pane_->second;
    auto& matches = entry.value();
    matches.due = 0;
    Types::Keys::restore(entry.key(), work_.out.next_key());
    work_.out.begin({pane_->first, pane_->first + panes_.grid().size}, ++matches.fires);
    work_.left = {pane.left, matches.left};
    work_.right = {pane.right, matches.right};
    work_.at_left = work_.left.begin();
    work_.at_right = work_.right.begin();
    begun_ = true;
  }

  /// Goes to the next entries that are due; false when there are none.
  bool next_stretch(Timestamp watermark) {
    at_ = count_ = 0;
    if (reading_) {
      if (!correcting_ && !cursor_.ended) return read();
      finish();
    }
    if (!corrected_.empty()) return start_correction();
    if (panes_.some_due(watermark)) {
      pane_ = panes_.open().find(panes_.first_due());
      reading_ = true;
      cursor_ = {};
      panes_.learn(pane_->second.table.size());
      return read();
    }
    panes_.set_fired(watermark);
    while (panes_.oldest_over(watermark, lateness_)) close(panes_.open().begin());
    return false;
  }
  bool read() {
    do {
      count_ += pane_->second.table.read(cursor_, entries_, count_);
    } while (order_ == ResultOrder::key && !cursor_.ended);
    sort_entries<typename Types::Keys>(entries_.data(), count_, order_);
    return true;
  }
  bool start_correction() {
    const auto first = std::min_element(corrected_.begin(), corrected_.end());
    pane_ = panes_.open().find(*first);
    corrected_.erase(first);
    reading_ = correcting_ = true;
    Table& table = pane_->second.table;
    // They were noted before the table may have grown.
    for (auto& entry : pane_->second.due) entry = table.entry(table.hash(entry.key()), entry.key());
    count_ = pane_->second.due.size();
    if (entries_.size() < count_) entries_.resize(count_);
    std::copy_n(pane_->second.due.begin(), count_, entries_.begin());
    sort_entries<typename Types::Keys>(entries_.data(), count_, order_);
    return true;
  }
  void finish() {
    reading_ = false;
    if (std::exchange(correcting_, false)) {
      pane_->second.due.clear();
    } else {
      panes_.set_fired(pane_->first + panes_.grid().size);
      if (lateness_ == Duration::zero()) close(pane_);
    }
  }
  void close(typename Panes::iterator pane) {
    pane->second.table.erase_all();
    panes_.close(pane);
  }

  Lane& lane_;
  Rejects& rejects_;
  Panes& panes_;
  typename Types::Function function_;
  Duration lateness_;
  ResultOrder order_;
  Emitter<Out> emitter_;
  JoinWork<Types> work_;
  typename Panes::iterator pane_{};
  typename Table::Cursor cursor_;
  std::vector<typename Table::Entry> entries_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  bool begun_ = false;
  bool reading_ = false;
  bool correcting_ = false;
  std::vector<Timestamp> corrected_;
};

}  // namespace millrace::detail
