// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "w2.hpp"

namespace bench::checkpoint {

enum class Checkpoints { never, each_second };

/// W2, the input `rounds` times one after the other, with and without checkpoints to a directory.
/// Errors: those of the pipeline.
Check windows(const w2::Input& input, unsigned rounds, Checkpoints checkpoints);

/// What checkpoints do to records on their way, in microseconds.
struct Latency {
  double p50 = 0, p99 = 0, longest = 0;
};
/// From the moment that a record was due to the sink, beside windows of so many keys on the same
/// lane, at `rate` records a second for `seconds`.
Latency latency(std::uint32_t keys, std::uint32_t rate, unsigned seconds, Checkpoints checkpoints);

/// How long a start takes that has windows of so many keys to restore: until the first record is
/// read, in seconds.
double restore_seconds(std::uint32_t keys);

}  // namespace bench::checkpoint
