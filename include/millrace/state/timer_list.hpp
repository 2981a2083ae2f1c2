// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <set>
#include <utility>

#include "millrace/state/codec.hpp"
#include "millrace/state/state_options.hpp"

namespace millrace::detail {

/// The timers of one key: each time once in each domain. Most keys have one.
class TimerList {
 public:
  bool empty() const {
    return first_[0] == none && first_[1] == none && (!more_ || more_->empty());
  }
  bool contains(TimeDomain domain, Timestamp t) const {
    return first(domain) == t || (more_ && more_->contains({domain, t}));
  }
  /// False when it was there.
  bool add(TimeDomain domain, Timestamp t) {
    if (first(domain) == none) {
      if (more_ && more_->contains({domain, t})) return false;
      first(domain) = t;
      return true;
    }
    if (first(domain) == t) return false;
    if (!more_) more_ = std::make_unique<std::set<Timer>>();
    return more_->insert({domain, t}).second;
  }
  /// False when it was not there.
  bool remove(TimeDomain domain, Timestamp t) {
    if (first(domain) == t) {
      first(domain) = none;
      return true;
    }
    return more_ && more_->erase({domain, t}) != 0;
  }
  template <class F>
  void each(F&& f) const {
    for (const TimeDomain domain : {TimeDomain::event, TimeDomain::processing})
      if (first(domain) != none) f(domain, first(domain));
    if (more_)
      for (const auto& [domain, t] : *more_) f(domain, t);
  }
  std::size_t heap_bytes() const {
    constexpr std::size_t links = 4 * sizeof(void*);  // of a red-black tree's node
    return more_ ? sizeof(std::set<Timer>) + more_->size() * (links + sizeof(Timer)) : 0;
  }

  void write(std::string& out, bool) const {
    std::uint32_t n = 0;
    each([&](TimeDomain, Timestamp) { ++n; });
    Codec<std::uint32_t>::write(out, n);
    each([&](TimeDomain domain, Timestamp t) {
      Codec<TimeDomain>::write(out, domain);
      Codec<std::int64_t>::write(out, t.time_since_epoch().count());
    });
  }
  Result<void> read(StateReader& in) {
    std::uint32_t n = 0;
    if (auto done = Codec<std::uint32_t>::read(in, n); !done) return done;
    for (std::uint32_t i = 0; i < n; ++i) {
      TimeDomain domain{};
      std::int64_t t = 0;
      if (auto done = Codec<bool>::read_each(in, domain, t); !done) return done;
      if (domain > TimeDomain::processing || Timestamp(Duration(t)) == none)
        return in.corrupted("a timer has no time");
      add(domain, Timestamp(Duration(t)));
    }
    return {};
  }

 private:
  using Timer = std::pair<TimeDomain, Timestamp>;
  static constexpr Timestamp none = start_of_time;
  Timestamp& first(TimeDomain domain) { return first_[static_cast<unsigned>(domain)]; }
  Timestamp first(TimeDomain domain) const { return first_[static_cast<unsigned>(domain)]; }

  Timestamp first_[2] = {none, none};
  std::unique_ptr<std::set<Timer>> more_;
};

}  // namespace millrace::detail
