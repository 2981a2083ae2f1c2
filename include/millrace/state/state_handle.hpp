// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/core/export.hpp"
#include "millrace/state/state_options.hpp"

namespace millrace {
namespace detail {

class TimerQueues;

/// What the handles of one operator know of the record, or timer, at hand.
struct StateContext {
  Timestamp time = start_of_time;       ///< of the record or timer at hand
  Timestamp watermark = start_of_time;  ///< how far event time has come
  Timestamp processing_time = start_of_time;
  TimerQueues* timers = nullptr;
  /// By how much what cells own outside of their rows has grown since the record began.
  std::int64_t heap_bytes = 0;
  /// The input has ended: what fires now fires for the last time.
  bool ending = false;

  Timestamp now(TimeDomain domain) const {
    if (domain == TimeDomain::processing) return processing_time;
    return time > watermark ? time : watermark;
  }
};

/// When an entry was written: microseconds since 1970, or that there is none.
using Stamp = std::int64_t;
inline constexpr Stamp no_entry = std::numeric_limits<Stamp>::min();
/// The older of two, of which the first may be none.
constexpr Stamp older(Stamp a, Stamp b) { return a == no_entry || b < a ? b : a; }

/// The kinds of keyed state, as they are saved: fixed for ever.
enum class StateKind : unsigned char {
  timers = 0,
  value = 1,
  list = 2,
  map = 3,
  reducing = 4,
  aggregating = 5,
};
MILLRACE_EXPORT std::string_view to_string(StateKind kind);

[[noreturn]] MILLRACE_EXPORT void throw_no_key(const std::string& state);

}  // namespace detail

/// What all kinds of keyed state have in common: a name, options, and the key at hand.
/// Contract: an operator's states() gives every handle that it uses. Errors: Failure (conflict)
/// when a handle is used that states() does not give, or where no key is at hand.
class StateHandle {
 public:
  const std::string& name() const { return name_; }
  const StateOptions& options() const { return options_; }
  bool expires() const { return options_.ttl > Duration::zero(); }

 protected:
  StateHandle(std::string name, StateOptions options) : name_(std::move(name)), options_(options) {}

  // An older record does not make an entry older.
  detail::Stamp stamp(detail::Stamp before) const {
    if (!expires()) return 0;  // nobody looks at it
    const detail::Stamp now = context_->now(options_.time).time_since_epoch().count();
    return before > now ? before : now;
  }
  bool expired(detail::Stamp written) const {
    if (!expires()) return false;
    const detail::Stamp now = context_->now(options_.time).time_since_epoch().count();
    return now > written && static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(written) >=
                                static_cast<std::uint64_t>(options_.ttl.count());
  }

  detail::StateContext* context_ = nullptr;

 private:
  std::string name_;
  StateOptions options_;
};

}  // namespace millrace
