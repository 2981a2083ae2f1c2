// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "config.hpp"
#include "millrace/core/env.hpp"

/// What has to be there before the job can run. Errors of all: Failure.
namespace accidents {

/// Writes generated rows to `path`; a file that is there is kept.
void generate_file(millrace::Env& env, const std::string& path, const GenerateOptions& options);

/// Removes what an earlier run has left in `directory`, and nothing else.
void remove_results(const std::string& directory);

}  // namespace accidents
