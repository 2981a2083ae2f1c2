// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <zlib.h>

#include <memory>
#include <string>
#include <string_view>

namespace millrace::firehose {

/// What zlib puts around the deflated bytes.
enum class DeflateFrame : unsigned char { none, gzip };

/// A running deflate stream that is reset for each object.
/// Errors: std::bad_alloc from the constructor when zlib gets no memory.
class Deflate {
 public:
  Deflate(DeflateFrame frame, int level);
  ~Deflate();
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;

  void begin();
  void append(std::string_view bytes, std::string& out);
  void finish(std::string& out);

 private:
  void put(std::string_view bytes, std::string& out);
  void run(int flush, std::string& out);
  static constexpr std::size_t buffer_size = 64u << 10;
  static constexpr std::size_t gathered_max = 16u << 10;
  z_stream stream_{};
  std::string gathered_;  ///< small pieces, each of which would cost zlib a call
  std::unique_ptr<char[]> buffer_;
};

}  // namespace millrace::firehose
