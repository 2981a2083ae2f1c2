// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "config.hpp"
#include "millrace/core/env.hpp"
#include "millrace/core/result.hpp"
#include "report.hpp"

namespace accidents {

/// Reads back what is in the job's directory, whoever wrote it: the totals, the metric, the alerts,
/// the dead letters. What is not there counts as empty.
/// Errors: io, corrupted; invalid_input with file and line for a line that is not what it should
/// be.
millrace::Result<Report> read_results(millrace::Env& env, const Config& config);

/// Writes report.html. Errors: those of read_results(); io, out_of_space.
millrace::Result<Report> write_report(millrace::Env& env, const Config& config);

}  // namespace accidents
