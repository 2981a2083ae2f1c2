// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::firehose {

/// Firehose's CompressionFormat.
enum class Compression : unsigned char {
  uncompressed,   ///< UNCOMPRESSED
  gzip,           ///< GZIP
  zip,            ///< ZIP: one deflated entry
  snappy,         ///< Snappy: the stream of xerial's snappy-java, not Snappy's framing format
  hadoop_snappy,  ///< HADOOP_SNAPPY
};

/// HADOOP_SNAPPY's extension, about which the sources differ.
enum class HadoopExtension : unsigned char {
  snappy,   ///< `.snappy`, as delivered objects have it
  hsnappy,  ///< `.hsnappy`, as the developer guide has it
};

/// From the API's spelling, upper and lower case to the letter. Errors: invalid_input.
MILLRACE_EXPORT Result<Compression> parse_compression(std::string_view name);
/// The API's spelling. Lifetime: static.
MILLRACE_EXPORT std::string_view to_string(Compression compression);
/// With its dot: ".gz"; empty for uncompressed. Lifetime: static.
MILLRACE_EXPORT std::string_view extension_of(Compression compression,
                                              HadoopExtension hadoop = HadoopExtension::snappy);
/// The object's Content-Encoding; empty for uncompressed. Lifetime: static.
MILLRACE_EXPORT std::string_view content_encoding_of(Compression compression);

struct CompressOptions {
  int level = 6;                      ///< zlib's, 1 (fast) to 9 (small); gzip and zip
  std::uint32_t block_bytes = 32768;  ///< Snappy's blocks, 1 KiB to 256 KiB
};

/// Compresses one object after the other, as bytes come. Each method appends to `out` what is
/// ready.
///
///     compressor.begin({.name = uuid, .time = arrival}, out);
///     compressor.append(bytes, out);  // as often as there are bytes
///     compressor.finish(out);         // `out` holds an object; begin() starts the next one
///
/// The same input gives the same output, however it was cut into pieces.
/// Threads: one at a time. Errors: Failure (invalid_input) from the constructor for options out of
/// range; Failure (limit_exceeded) from append() past 4290772992 bytes of a zip entry. Cost: the
/// codec's state, made once; about 256 KiB for gzip and zip, two blocks for Snappy. Source: RFC
/// 1951, 1952; APPNOTE 6.3.10 (zip); snappy-java's SnappyOutputStream.
class MILLRACE_EXPORT Compressor {
 public:
  explicit Compressor(Compression compression, CompressOptions options = {});
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;
  ~Compressor();

  /// What a zip says about its entry; the others ignore it.
  struct Entry {
    std::string_view name = "data";
    Timestamp time{};  ///< to two seconds, UTC, 1980 to 2107
  };
  void begin(const Entry& entry, std::string& out);
  void append(std::string_view bytes, std::string& out);
  void finish(std::string& out);

  class Codec;

 private:
  std::unique_ptr<Codec> codec_;
};

/// The whole object of `bytes` at once.
MILLRACE_EXPORT std::string compress(Compression compression, std::string_view bytes,
                                     const Compressor::Entry& entry = {},
                                     CompressOptions options = {});

}  // namespace millrace::firehose
