// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <filesystem>
#include <system_error>

namespace bench {

/// A directory for checkpoints that is empty at first and gone at last.
struct Scratch {
  std::filesystem::path path;
  Scratch() : path(std::filesystem::temp_directory_path() / "millrace-bench-checkpoint") {
    std::filesystem::remove_all(path);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace bench
