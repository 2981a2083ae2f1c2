// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <charconv>
#include <cstdint>

#include "millrace/core/error.hpp"
#include "millrace/core/position.hpp"

namespace millrace::file {

inline Position to_position(std::uint64_t offset) { return {std::to_string(offset)}; }

/// Errors: Failure (invalid_input) for a position that is no byte offset.
inline std::uint64_t to_offset(const Position& position, const std::string& path) {
  std::uint64_t offset = 0;
  const char* const begin = position.token.data();
  const char* const end = begin + position.token.size();
  const auto [stop, error] = std::from_chars(begin, end, offset);
  if (error != std::errc() || stop != end)
    throw Failure({Errc::invalid_input, path + ": the position \"" + position.token +
                                            "\" is not a byte offset; it is another source's"});
  return offset;
}

}  // namespace millrace::file
