// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/sim/record_id.hpp"

namespace millrace::sim {

/// What is checked of one output, and what tells its records apart.
template <class T>
struct OutputOptions {
  /// Two-phase: no id twice. Otherwise each record at once, and again after a restart.
  bool exactly_once = true;
  /// With the fault-free run's. False for what depends on timing, such as late records: a
  /// World::require() says then what holds of it.
  bool compared = true;
  /// Default: the whole value; see record_id().
  std::function<std::string(const T&)> id = {};
  /// Given: the records of one key come in the fault-free run's order.
  std::function<std::string(const T&)> key = {};
  /// Given: a later record of a slot corrects those before it, as a window that fires again does.
  /// Each slot's last record is compared, by value(record).
  std::function<std::string(const T&)> slot = {};
  std::function<std::string(const T&)> value = {};
};

namespace detail {

struct Entry {
  std::string id, key = {}, slot = {}, value = {};
};

/// What the run and its outputs have in common.
struct Facts {
  std::function<bool()> halted;
  std::function<Duration()> now;
  std::string wrong;  ///< the first thing that was
  std::uint64_t starts = 0;
  std::uint64_t commits = 0;  ///< that all sinks have done, of a decided checkpoint
  std::uint64_t hash = 0;
  void fail(std::string what);
};

/// One output: what has become visible, what is staged; it outlives the processes that write it, as
/// a service outside does. It compares each record with those of the fault-free run.
class MILLRACE_EXPORT Ledger {
 public:
  struct Shape {
    bool exactly_once = true, compared = true, keyed = false, slotted = false;
  };
  Ledger(std::string name, Shape shape, Facts& facts, const Ledger* faultless)
      : name_(std::move(name)), shape_(shape), facts_(facts), faultless_(faultless) {}

  bool exactly_once() const { return shape_.exactly_once; }
  /// The record is visible from now on.
  void see(Entry entry);
  /// All that is visible now, for an output that is looked at. What is first seen behind a kill is
  /// not known to be durable before a commit is done: until then power loss may take it.
  enum class After : unsigned char { kill, power };
  void look(std::vector<Entry> entries, After after);
  std::string stage(std::vector<Entry> entries);
  void commit(const std::string& token);
  void drop_staged();
  /// Errors: Failure (unavailable) when the sink shall fail at this call.
  void may_fail(millrace::Env& env, std::string_view call) const;
  /// Tells of what is missing or another value at the end.
  void finish() const;
  /// Ids in the order in which they became visible.
  const std::vector<std::string>& ids() const { return seen_.ids; }

 private:
  /// What is visible.
  struct Seen {
    std::vector<std::string> ids;
    std::unordered_map<std::string, std::uint64_t> times;
    std::unordered_map<std::string, std::vector<std::string>> by_key;
    std::map<std::string, std::string> slots;
  };
  bool count(const Entry& entry);
  void check_order(const Entry& entry);
  bool expected(const Entry& entry) const;

  std::string name_;
  Shape shape_;
  Facts& facts_;
  const Ledger* faultless_;
  Seen seen_;
  std::optional<Seen> firm_;    ///< without what was first seen behind a kill
  std::uint64_t firm_for_ = 0;  ///< so many commits
  std::map<std::string, std::vector<Entry>> staged_;
  std::set<std::string> committed_;
  std::uint64_t next_token_ = 0;
};

template <class T>
std::string id_of(const T& value, const OutputOptions<T>& options) {
  if (options.id) return options.id(value);
  if constexpr (Identified<T>)
    return record_id(value);
  else
    throw Failure({Errc::invalid_input,
                   "nothing tells one of these records from another; give the sink's options an "
                   "id(value), or the struct a describe()"});
}
template <class T>
Entry entry_of(const T& value, const OutputOptions<T>& options) {
  Entry entry{.id = id_of(value, options)};
  if (options.key) entry.key = options.key(value);
  if (options.slot) {
    entry.slot = options.slot(value);
    entry.value = options.value ? options.value(value) : entry.id;
  }
  return entry;
}
template <class T>
Ledger::Shape shape_of(const OutputOptions<T>& options) {
  return {options.exactly_once, options.compared, options.key != nullptr, options.slot != nullptr};
}

}  // namespace detail

/// A World's sink. Lifetime: the World's.
template <class T>
class WorldSink {
 public:
  WorldSink(std::shared_ptr<detail::Ledger> ledger, OutputOptions<T> options)
      : ledger_(std::move(ledger)), options_(std::move(options)) {}

  void write(const Batch<T>& batch, Context& cx) {
    ledger_->may_fail(cx.env(), "write");
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      detail::Entry entry = detail::entry_of(batch[i], options_);
      if (ledger_->exactly_once())
        open_.push_back(std::move(entry));
      else
        ledger_->see(std::move(entry));
    }
  }
  Task<Committable> prepare(CheckpointId, Context& cx) {
    ledger_->may_fail(cx.env(), "prepare");
    Committable prepared{ledger_->stage(std::exchange(open_, {}))};
    co_return prepared;
  }
  Task<> commit(const Committable& committable, Context& cx) {
    ledger_->may_fail(cx.env(), "commit");
    ledger_->commit(committable.bytes);
    co_return;
  }
  Task<> abort(Context&) {
    open_.clear();
    ledger_->drop_staged();
    co_return;
  }
  bool two_phase() const { return ledger_->exactly_once(); }

 private:
  std::shared_ptr<detail::Ledger> ledger_;
  OutputOptions<T> options_;
  std::vector<detail::Entry> open_;
};

}  // namespace millrace::sim
