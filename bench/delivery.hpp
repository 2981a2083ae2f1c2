// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "harness.hpp"

/// D1: records of 100 bytes → objects of 5 MiB → nowhere. D2: the same, as gzip.
namespace bench::delivery {

inline constexpr std::size_t record_bytes = 100;
inline constexpr std::size_t object_bytes = 5u << 20;

/// JSON rows of 100 bytes, one after the other.
std::string generate(std::size_t records);

/// One copy of each record into a buffer that is taken when it has 5 MiB.
Check loop_copy(const std::string& input);
/// The same, and zlib's deflate over the buffer.
Check loop_zlib(const std::string& input);

Check library(const std::string& input);
Check library_gzip(const std::string& input);

}  // namespace bench::delivery
