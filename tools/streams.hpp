// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "millrace/core/env.hpp"

namespace millrace::tool {

/// All of a file, or of stdin for "-". Errors: Failure.
std::string read_input(Env& env, const std::string& path);

/// Reads stdin line by line. The last one counts also without a line break.
class InputLines {
 public:
  /// False at the end. Errors: Failure.
  bool next(std::string& line);

 private:
  bool ended_ = false;
};

/// Writes to stdout. Errors: Failure, when nobody takes it.
void print(std::string_view bytes);
/// The same and a line break.
void print_line(std::string_view line);
/// Hands on what print() has gathered.
void flush();

/// A line on stderr.
void complain(std::string_view message);

/// Control bytes as \xNN, so that a record stays on its line and no terminal obeys it.
std::string visible(std::string_view bytes);

}  // namespace millrace::tool
