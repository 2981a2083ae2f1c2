// SPDX-License-Identifier: BSL-1.0
// What a user's first program needs of an installation: headers, symbols of a compiled component,
// an exception that crosses a library's border.
#include <cstdio>
#include <string>

#include "millrace/core/arena.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/version.hpp"

namespace {

std::string caught() {
  millrace::Result<int> missing = millrace::Error{millrace::Errc::not_found, "no such thing"};
  try {
    return std::to_string(missing.value());
  } catch (const millrace::Failure& failure) {
    return failure.error().message();
  }
}

}  // namespace

int main() {
  millrace::ArenaPool pool;
  millrace::TextWriter writer(pool);
  const std::string text = writer.copy("text").str();
  std::printf("millrace %s: %s, %s\n", MILLRACE_VERSION_STRING, text.c_str(), caught().c_str());
}
