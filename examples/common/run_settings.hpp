// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include "flags.hpp"
#include "millrace/core/time.hpp"

namespace examples {

/// How every stage of a job runs.
struct RunSettings {
  millrace::Duration checkpoint_interval = std::chrono::seconds(1);
  std::uint32_t parallelism = 1;
};

/// The flags --checkpoint-interval and --parallelism. Lifetime: the settings outlive them.
void add_flags(Flags& flags, RunSettings& settings);

}  // namespace examples
