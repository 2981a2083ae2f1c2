// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/time.hpp"

namespace millrace {

/// Which time something follows: that of the records and watermarks, or that of the clock.
enum class TimeDomain : unsigned char { event, processing };

/// From when on the time to live of an entry counts.
enum class TtlRefresh : unsigned char { on_write, on_read };

/// How one piece of keyed state is kept.
struct StateOptions {
  /// An entry is gone so long after it was written last; zero: it stays until it is cleared.
  /// A list's and a map's entries expire one by one.
  Duration ttl{};
  /// Event time is that of the record at hand, or the watermark where that has come farther: when
  /// one of them is `ttl` past what it was at the write, the entry is gone.
  TimeDomain time = TimeDomain::event;
  TtlRefresh refresh = TtlRefresh::on_write;
};

}  // namespace millrace
