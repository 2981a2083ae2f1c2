// SPDX-License-Identifier: BSL-1.0
#include "runtime/env/terminal.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace millrace::runtime {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;  // progress is a courtesy: nobody to show it to is no error
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

Terminal::Terminal()
    : interactive_(::isatty(STDERR_FILENO) == 1 && !variable("TERM").empty() &&
                   variable("TERM") != "dumb" && variable("CI").empty()),
      colour_(interactive_ && variable("NO_COLOR").empty()) {}

void Terminal::redraw(std::string_view text) {
  std::string line = "\r\x1b[K";
  if (colour_) line += "\x1b[36m";
  line += text;
  if (colour_) line += "\x1b[0m";
  write_all(line);
}
void Terminal::keep() { write_all("\n"); }
void Terminal::print(std::string_view text) { write_all(std::string(text) + "\n"); }

}  // namespace millrace::runtime
