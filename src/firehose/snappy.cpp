// SPDX-License-Identifier: BSL-1.0
#include <snappy.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "firehose/codec.hpp"

namespace millrace::firehose {
namespace {

using namespace std::string_view_literals;

void append_big_endian(std::size_t value, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

class Snappy final : public Compressor::Codec {
 public:
  Snappy(SnappyFrame frame, std::size_t block_bytes)
      : frame_(frame),
        block_bytes_(block_bytes),
        packed_(std::make_unique<char[]>(snappy::MaxCompressedLength(block_bytes))) {
    block_.reserve(block_bytes);
  }

  void begin(const Compressor::Entry& /*entry*/, std::string& out) override {
    block_.clear();
    // Magic bytes, version 1, readable by version 1.
    if (frame_ == SnappyFrame::xerial) out += "\x82SNAPPY\0\0\0\0\1\0\0\0\1"sv;
  }

  void append(std::string_view bytes, std::string& out) override {
    while (!bytes.empty()) {
      // A whole block is compressed where it lies.
      if (block_.empty() && bytes.size() >= block_bytes_) {
        write(bytes.substr(0, block_bytes_), out);
        bytes.remove_prefix(block_bytes_);
        continue;
      }
      const std::size_t size = std::min(bytes.size(), block_bytes_ - block_.size());
      block_ += bytes.substr(0, size);
      bytes.remove_prefix(size);
      if (block_.size() == block_bytes_) flush(out);
    }
  }

  void finish(std::string& out) override {
    if (!block_.empty()) flush(out);
  }

 private:
  void flush(std::string& out) {
    write(block_, out);
    block_.clear();
  }
  void write(std::string_view block, std::string& out) {
    std::size_t size = 0;
    snappy::RawCompress(block.data(), block.size(), packed_.get(), &size);
    if (frame_ == SnappyFrame::hadoop) append_big_endian(block.size(), out);
    append_big_endian(size, out);
    out.append(packed_.get(), size);
  }

  SnappyFrame frame_;
  std::size_t block_bytes_;
  std::string block_;
  std::unique_ptr<char[]> packed_;
};

}  // namespace

std::unique_ptr<Compressor::Codec> make_snappy(SnappyFrame frame, std::size_t block_bytes) {
  return std::make_unique<Snappy>(frame, block_bytes);
}

}  // namespace millrace::firehose
