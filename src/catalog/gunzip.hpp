// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

namespace millrace::catalog {

inline bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

/// What gunzip() gives.
struct Unpacked {
  std::string bytes;
  bool more = false;  ///< there is more than `limit`, or the input ended early where it may
};

/// Unpacks gzip members up to `limit` bytes. `cut`: the input is a beginning and may end anywhere.
/// Errors: corrupted with zlib's reason and the place.
Result<Unpacked> gunzip(std::string_view packed, std::size_t limit, bool cut);

}  // namespace millrace::catalog
