// SPDX-License-Identifier: BSL-1.0
#include "firehose/deflate.hpp"

#include <algorithm>
#include <new>

#include "firehose/codec.hpp"

namespace millrace::firehose {
namespace {

class Gzip final : public Compressor::Codec {
 public:
  explicit Gzip(int level) : deflate_(DeflateFrame::gzip, level) {}
  void begin(const Compressor::Entry& /*entry*/, std::string& /*out*/) override {
    deflate_.begin();
  }
  void append(std::string_view bytes, std::string& out) override { deflate_.append(bytes, out); }
  void finish(std::string& out) override { deflate_.finish(out); }

 private:
  Deflate deflate_;
};

}  // namespace

Deflate::Deflate(DeflateFrame frame, int level) : buffer_(std::make_unique<char[]>(buffer_size)) {
  constexpr int window_bits = 15;
  constexpr int with_gzip = 16;
  constexpr int memory_level = 8;
  const int bits = frame == DeflateFrame::gzip ? window_bits + with_gzip : -window_bits;
  if (deflateInit2(&stream_, level, Z_DEFLATED, bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  gathered_.reserve(gathered_max);
}
Deflate::~Deflate() { deflateEnd(&stream_); }

void Deflate::begin() {
  gathered_.clear();
  deflateReset(&stream_);
}

void Deflate::append(std::string_view bytes, std::string& out) {
  if (gathered_.size() + bytes.size() > gathered_max) {
    put(gathered_, out);
    gathered_.clear();
  }
  if (bytes.size() > gathered_max)
    put(bytes, out);
  else
    gathered_ += bytes;
}

void Deflate::put(std::string_view bytes, std::string& out) {
  // zlib counts its input in 32 bits.
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1u << 30);
    // zlib's interface has no const here, and does not write.
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(size);
    run(Z_NO_FLUSH, out);
    bytes.remove_prefix(size);
  }
}

void Deflate::finish(std::string& out) {
  put(gathered_, out);
  gathered_.clear();
  stream_.next_in = nullptr;
  stream_.avail_in = 0;
  run(Z_FINISH, out);
}

// Output comes in runs of a buffer; a run that leaves room in it was the last one.
void Deflate::run(int flush, std::string& out) {
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.get());
    stream_.avail_out = static_cast<uInt>(buffer_size);
    deflate(&stream_, flush);
    out.append(buffer_.get(), buffer_size - stream_.avail_out);
  } while (stream_.avail_out == 0);
}

std::unique_ptr<Compressor::Codec> make_gzip(int level) { return std::make_unique<Gzip>(level); }

}  // namespace millrace::firehose
