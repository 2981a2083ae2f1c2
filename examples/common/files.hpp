// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "millrace/core/env.hpp"
#include "millrace/core/result.hpp"

namespace examples {

/// A whole file; empty when it is not there. Errors: io.
millrace::Result<std::string> read_file(millrace::Env& env, const std::string& path);

/// Makes or replaces a file. Errors: io, out_of_space.
millrace::Result<void> write_file(millrace::Env& env, const std::string& path,
                                  std::string_view bytes);

}  // namespace examples
