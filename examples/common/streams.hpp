// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "millrace/core/env.hpp"

namespace examples {

/// Says so when a producer without a snapshot begins again although records are in its stream: it
/// was killed, and they will come twice. Errors: Failure.
void warn_of_doubles(millrace::Env& env, const std::string& job, const std::string& directory,
                     const std::string& snapshot);

}  // namespace examples
