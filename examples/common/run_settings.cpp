// SPDX-License-Identifier: BSL-1.0
#include "run_settings.hpp"

namespace examples {

void add_flags(Flags& flags, RunSettings& settings) {
  flags.add("checkpoint-interval", settings.checkpoint_interval, "TIME",
            "between two checkpoints, 1s; 0s: none until it stops");
  flags.add("parallelism", positive_into(settings.parallelism), "N",
            "subtasks of a step; each start may say another number");
}

}  // namespace examples
