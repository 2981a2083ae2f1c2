// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string_view>

#include "millrace/core/export.hpp"

namespace millrace {

/// CRC-32C (Castagnoli) of `bytes`, going on from `crc`, which is 0 at the start.
/// Threads: any. Cost: about 8 GB/s where the processor has SSE4.2, asked once a process; else by
/// table, about 1.5 GB/s. Source: RFC 3720 B.4 (polynomial, test vectors).
MILLRACE_EXPORT std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes);

/// The same by table, for processors without the instruction and to compare with.
MILLRACE_EXPORT std::uint32_t crc32c_by_table(std::uint32_t crc, std::string_view bytes);

/// The form in which a CRC is stored: zeros never hold a valid one, and the CRC of bytes that hold
/// CRCs stays meaningful. Source: LevelDB's log format.
constexpr std::uint32_t mask_crc(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

}  // namespace millrace
