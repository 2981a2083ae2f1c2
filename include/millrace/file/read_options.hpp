// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/units.hpp"

namespace millrace::file {

/// How a file is read.
struct ReadOptions {
  /// A record that is longer fails the source instead of being waited for.
  ByteSize max_record{1u << 20};
};

}  // namespace millrace::file
