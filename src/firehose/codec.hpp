// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>

#include "millrace/firehose/compression.hpp"

namespace millrace::firehose {

/// How one format is written. Calls come in the order begin, append..., finish, begin...
class Compressor::Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual ~Codec() = default;
  virtual void begin(const Entry& entry, std::string& out) = 0;
  virtual void append(std::string_view bytes, std::string& out) = 0;
  virtual void finish(std::string& out) = 0;
};

std::unique_ptr<Compressor::Codec> make_gzip(int level);
std::unique_ptr<Compressor::Codec> make_zip(int level);

/// What stands around Snappy's blocks.
enum class SnappyFrame : unsigned char { xerial, hadoop };
std::unique_ptr<Compressor::Codec> make_snappy(SnappyFrame frame, std::size_t block_bytes);

}  // namespace millrace::firehose
