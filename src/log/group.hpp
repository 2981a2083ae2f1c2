// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/error.hpp"
#include "millrace/core/time.hpp"
#include "millrace/log/format.hpp"

namespace millrace::log {

/// Records that are written together: frames, whole but for what only the commit knows.
struct Group {
  struct Frame {
    std::uint64_t begin = 0;  // in bytes
    std::uint64_t end = 0;
    std::uint32_t count = 0;
    Timestamp first{};
    Timestamp last{};
  };

  std::string bytes;
  std::vector<Frame> frames;
  std::uint32_t count = 0;
  std::string transaction;  // id; frames are parts of it when it is not empty

  bool done = false;  // the rest is what commit() found
  std::uint64_t base = 0;
  std::optional<Error> error;

  void clear();
  void add(Timestamp arrival, std::string_view key, std::string_view data);
  bool empty() const { return count == 0; }
};

}  // namespace millrace::log
