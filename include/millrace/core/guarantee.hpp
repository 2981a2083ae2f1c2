// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace millrace {

/// What a sink promises of each record when the pipeline is restarted from a checkpoint.
enum class Guarantee : unsigned char {
  /// Visible at once; what was written since the last checkpoint comes again.
  at_least_once,
  /// Visible when a checkpoint is decided, and once: costs up to the checkpoints' interval.
  exactly_once,
};

}  // namespace millrace
