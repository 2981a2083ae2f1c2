// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/compression.hpp"

#include <array>

#include "firehose/codec.hpp"
#include "millrace/core/error.hpp"
#include "millrace/store/key_path.hpp"

namespace millrace::firehose {
namespace {

struct Format {
  std::string_view name;
  std::string_view extension;
  std::string_view content_encoding;
};
/// In the order of Compression.
constexpr std::array<Format, 5> formats = {{{"UNCOMPRESSED", "", ""},
                                            {"GZIP", ".gz", "gzip"},
                                            {"ZIP", ".zip", "zip"},
                                            {"Snappy", ".snappy", "snappy-java"},
                                            {"HADOOP_SNAPPY", ".snappy", "hadoop-snappy"}}};

const Format& format_of(Compression compression) {
  return formats[static_cast<std::size_t>(compression)];
}

class Plain final : public Compressor::Codec {
 public:
  void begin(const Compressor::Entry& /*entry*/, std::string& /*out*/) override {}
  void append(std::string_view bytes, std::string& out) override { out += bytes; }
  void finish(std::string& /*out*/) override {}
};

void check(const CompressOptions& options) {
  constexpr std::uint32_t block_min = 1u << 10;
  constexpr std::uint32_t block_max = 256u << 10;
  if (options.level < 1 || options.level > 9)
    throw Failure({Errc::invalid_input, "compression: level " + std::to_string(options.level) +
                                            " is not within 1 to 9"});
  if (options.block_bytes < block_min || options.block_bytes > block_max)
    throw Failure({Errc::invalid_input, "compression: blocks of " +
                                            std::to_string(options.block_bytes) +
                                            " bytes are not within 1024 to 262144"});
}

std::unique_ptr<Compressor::Codec> make_codec(Compression compression,
                                              const CompressOptions& options) {
  check(options);
  switch (compression) {
    case Compression::uncompressed:
      break;
    case Compression::gzip:
      return make_gzip(options.level);
    case Compression::zip:
      return make_zip(options.level);
    case Compression::snappy:
      return make_snappy(SnappyFrame::xerial, options.block_bytes);
    case Compression::hadoop_snappy:
      return make_snappy(SnappyFrame::hadoop, options.block_bytes);
  }
  return std::make_unique<Plain>();
}

}  // namespace

Result<Compression> parse_compression(std::string_view name) {
  for (std::size_t i = 0; i < formats.size(); ++i)
    if (formats[i].name == name) return static_cast<Compression>(i);
  return Error(Errc::invalid_input,
               "compression " + store::quoted(name) +
                   " is not one of UNCOMPRESSED, GZIP, ZIP, Snappy and HADOOP_SNAPPY");
}

std::string_view to_string(Compression compression) { return format_of(compression).name; }

std::string_view extension_of(Compression compression, HadoopExtension hadoop) {
  if (compression == Compression::hadoop_snappy && hadoop == HadoopExtension::hsnappy)
    return ".hsnappy";
  return format_of(compression).extension;
}

std::string_view content_encoding_of(Compression compression) {
  return format_of(compression).content_encoding;
}

Compressor::Compressor(Compression compression, CompressOptions options)
    : codec_(make_codec(compression, options)) {}
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;
Compressor::~Compressor() = default;

void Compressor::begin(const Entry& entry, std::string& out) { codec_->begin(entry, out); }
void Compressor::append(std::string_view bytes, std::string& out) { codec_->append(bytes, out); }
void Compressor::finish(std::string& out) { codec_->finish(out); }

std::string compress(Compression compression, std::string_view bytes,
                     const Compressor::Entry& entry, CompressOptions options) {
  Compressor compressor(compression, options);
  std::string out;
  compressor.begin(entry, out);
  compressor.append(bytes, out);
  compressor.finish(out);
  return out;
}

}  // namespace millrace::firehose
