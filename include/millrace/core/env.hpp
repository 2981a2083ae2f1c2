// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/clock.hpp"
#include "millrace/core/faults.hpp"
#include "millrace/core/file.hpp"
#include "millrace/core/logger.hpp"
#include "millrace/core/net.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/core/scheduler.hpp"

namespace millrace {

/// Everything outside the process, passed by reference to whatever needs it: the real one is
/// Asio and the operating system (runtime/real_env.hpp), the simulated one is one thread, a seed
/// and virtual time (sim/env.hpp).
/// Lifetime: the parts outlive whoever holds the Env.
struct Env {
  Clock& clock;
  Scheduler& scheduler;
  Rng& rng;
  Fs& fs;
  Net& net;
  Faults& faults;
  Logger& logger;
};

}  // namespace millrace
