// SPDX-License-Identifier: BSL-1.0
// What one component alone offers.
#include <millrace/core/text_writer.hpp>
#include <millrace/version.hpp>

#include <cstdio>

int main() {
  millrace::ArenaPool pool;
  millrace::TextWriter writer(pool);
  std::printf("millrace %s: %s\n", MILLRACE_VERSION_STRING, writer.copy("core").str().c_str());
}
