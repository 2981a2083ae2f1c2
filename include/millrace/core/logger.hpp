// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>

namespace millrace {

enum class LogLevel : unsigned char { debug, info, warning, error };

/// Where the library reports what no return value can carry (a torn tail cut, a retry). It prints
/// nothing by itself. Threads: any.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void log(LogLevel level, std::string_view message) = 0;
};

}  // namespace millrace
