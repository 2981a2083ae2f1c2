// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace millrace {

/// What a sink promises of each record when the pipeline is restarted from a checkpoint. Options of
/// sinks take at_least_once or exactly_once.
enum class Guarantee : unsigned char {
  /// It depends on where the source begins what is lost and what comes again.
  none,
  /// Visible at once; what was written since the last checkpoint comes again.
  at_least_once,
  /// The same, but what comes again replaces itself: it has a deterministic id.
  effectively_once,
  /// Visible when a checkpoint is decided, and once: costs up to the checkpoints' interval.
  exactly_once,
};

}  // namespace millrace
