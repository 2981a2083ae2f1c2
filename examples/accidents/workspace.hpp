// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "config.hpp"
#include "millrace/core/env.hpp"

/// What has to be there before the job can run. Errors of all: Failure.
namespace accidents {

/// Writes generated rows to `path`; a file that is there is kept.
void generate_file(millrace::Env& env, const std::string& path, const GenerateOptions& options);

/// Makes the two streams when they are not there, so that a consumer may come first.
void make_streams(millrace::Env& env, const Config& config);

/// Says so when the producer begins again although rows are in stream 1: it was killed, and they
/// will come twice.
void warn_of_doubles(millrace::Env& env, const Config& config);

/// Removes what an earlier run has left in `directory`, and nothing else.
void remove_results(const std::string& directory);

}  // namespace accidents
