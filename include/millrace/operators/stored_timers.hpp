// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/state/byte_store.hpp"
#include "millrace/state/row_store.hpp"
#include "millrace/state/state_options.hpp"

namespace millrace::detail {

/// When timers are due whose rows lie in a store: entries of it beside the rows, by domain, time
/// and key. In memory is only the time that none of a domain is before.
class MILLRACE_EXPORT StoredTimers {
 public:
  explicit StoredTimers(RowStore& store) : store_(store) {}

  void add(TimeDomain domain, Timestamp t, std::string_view key);
  void remove(TimeDomain domain, Timestamp t, std::string_view key);

  /// Takes out the keys of the next time up to `until`, which it gives. Nothing when there is none:
  /// the round is over then. What is set during a round, for a time that it has passed, is left for
  /// the next one. Lifetime of the keys: of `bytes`. Errors: those of the store.
  std::optional<Timestamp> take(TimeDomain domain, Timestamp until, ByteStore& bytes,
                                std::vector<std::string_view>& keys);

 private:
  struct Domain {
    Timestamp first = end_of_time;  ///< none is before, but those of the round
    Timestamp from{};               ///< of the round: how far it has come
    bool in_round = false;
  };
  Domain domains_[2];
  RowStore& store_;
  std::string key_;
};

}  // namespace millrace::detail
