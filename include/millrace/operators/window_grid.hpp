// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <numeric>

#include "millrace/core/time.hpp"
#include "millrace/operators/window_options.hpp"

namespace millrace::detail {

/// Where windows begin, and the panes that they are made of: the longest ones that fit both size
/// and slide, so that a record is in one pane and a pane is in whole windows. All three begin at
/// multiples of their lengths. Of tumbling windows a pane is a window.
struct WindowGrid {
  Duration size;
  Duration slide;
  Duration pane;

  explicit WindowGrid(const WindowOptions& options)
      : WindowGrid(options.size, options.slide > Duration::zero() ? options.slide : options.size) {}
  WindowGrid(Duration whole, Duration step)
      : size(whole), slide(step), pane(std::gcd(whole.count(), step.count())) {}

  static Timestamp floor(Timestamp t, Duration step) {
    Duration into = t.time_since_epoch() % step;
    if (into < Duration::zero()) into += step;
    return t - into;
  }
  /// The start of the pane that t lies in. Contract: fits(t).
  Timestamp pane_of(Timestamp t) const { return floor(t, pane); }
  /// The starts of the first and the last window that a pane is part of.
  Timestamp first_with(Timestamp pane_start) const {
    return floor(pane_start + slide - size, slide);
  }
  Timestamp last_with(Timestamp pane_start) const { return floor(pane_start, slide); }
  /// The start of the first window that ends after t. Contract: t is not before start_of_time +
  /// size.
  Timestamp first_ending_after(Timestamp t) const { return floor(t - size, slide) + slide; }
  /// False for the times at the ends of what a Timestamp can hold, which are in no whole window.
  bool fits(Timestamp t, Duration lateness) const {
    return t >= start_of_time + size + pane && t < end_of_time - size - lateness;
  }
  /// Is this the start of a pane of such times?
  bool fits_pane(Timestamp start, Duration lateness) const {
    return start >= start_of_time + size && start < end_of_time - size - lateness;
  }
};

}  // namespace millrace::detail
