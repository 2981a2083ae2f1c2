// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>

#include "catch.hpp"
#include "millrace/sim/disk.hpp"

namespace millrace::sim {

struct StoppedClock final : Clock {
  MonotonicTime monotonic() const override { return {}; }
  Timestamp wall() const override { return now; }
  Timestamp now = Timestamp(std::chrono::hours(24));
};

/// A disk with one file system on it, and short ways to say things.
struct DiskFixture {
  explicit DiskFixture(std::uint64_t seed = 1, DiskOptions options = {}) : disk(seed, options) {}

  std::unique_ptr<File> open(const std::string& path, OpenMode mode = OpenMode::create) {
    auto file = fs->open(path, mode);
    if (!file) FAIL(file.error().message());
    return std::move(*file);
  }
  /// A file with synced contents and a synced name.
  void put(const std::string& path, const std::string& bytes) {
    auto file = open(path);
    REQUIRE(file->write_at(0, bytes));
    REQUIRE(file->sync());
    REQUIRE(fs->sync_directory(directory_of(path)));
  }
  static std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
  }

  StoppedClock clock;
  Disk disk;
  std::unique_ptr<Fs> fs = disk.mount(clock);
};

}  // namespace millrace::sim
