// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "millrace/sim/env.hpp"

/// Files of a simulated disk, and what may happen to one of them.
namespace damage {

using namespace millrace;
using namespace millrace::literals;

using Files = std::map<std::string, std::string>;

inline Files files_of(const sim::Disk& disk) {
  Files files;
  for (const std::string& path : disk.paths())
    if (!path.ends_with('/')) files.emplace(path, *disk.contents(path));
  return files;
}

/// Writes them, one of them with other bytes.
inline void put_files(Env& env, const Files& files, const std::string& damaged,
                      std::string_view instead) {
  std::string made;
  for (const auto& [path, bytes] : files) {
    const std::string parent = path.substr(0, path.rfind('/'));
    if (parent != std::exchange(made, parent)) env.fs.make_directories(parent).value();
    auto file = env.fs.open(path, OpenMode::create).value();
    file->truncate(0).value();
    file->write_at(0, path == damaged ? instead : std::string_view(bytes)).value();
  }
}

enum class Tear : unsigned char { cut, zeros, garbage };
inline constexpr Tear tears[] = {Tear::cut, Tear::zeros, Tear::garbage};
inline const char* to_text(Tear tear) {
  return tear == Tear::cut ? "cut" : tear == Tear::zeros ? "zeros" : "garbage";
}

/// From `offset` on nothing, zeros, or something else of another length.
inline std::string torn(std::string bytes, std::uint64_t offset, Tear tear, Rng& rng) {
  const std::uint64_t size = bytes.size();
  bytes.resize(offset);
  if (tear == Tear::zeros) bytes.resize(size);
  if (tear == Tear::garbage)
    for (std::uint64_t n = 1 + rng.below(200); n != 0; --n) bytes += static_cast<char>(rng.next());
  return bytes;
}

}  // namespace damage
