// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/sink.hpp"
#include "millrace/file/spool.hpp"
#include "millrace/firehose/compression.hpp"

namespace millrace::firehose {

/// A buffer that was closed and waits for its checkpoint's decision: all that its delivery needs,
/// so that it comes out the same whenever it is made.
struct StagedObject {
  std::uint64_t lane = 0;
  std::string error_type = {};
  std::string name = {};  ///< empty when it goes to a destination of records
  std::string uuid = {};
  Compression compression = Compression::uncompressed;
  file::SpoolMark spool = {};
};

/// What prepare() hands in.
struct StagedObjects {
  CheckpointId checkpoint = 0;
  std::vector<StagedObject> objects = {};

  std::string encode() const;
  /// Errors: invalid_input for bytes of another sink.
  static Result<StagedObjects> decode(std::string_view bytes);
};

}  // namespace millrace::firehose
