// SPDX-License-Identifier: BSL-1.0
#include "catalog/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <memory>

namespace millrace::catalog {
namespace {

struct End {
  void operator()(z_stream* stream) const {
    inflateEnd(stream);
    delete stream;
  }
};

Error broken(std::string_view packed, const z_stream& stream, std::string_view reason) {
  return Error(Errc::corrupted, "broken gzip at byte " +
                                    std::to_string(packed.size() - stream.avail_in) + ": " +
                                    std::string(reason));
}

}  // namespace

Result<Unpacked> gunzip(std::string_view packed, std::size_t limit, bool cut) {
  constexpr int gzip_only = 16;
  std::unique_ptr<z_stream, End> stream(new z_stream{});
  if (inflateInit2(stream.get(), gzip_only + MAX_WBITS) != Z_OK)
    return Error(Errc::limit_exceeded, "zlib has no memory to unpack gzip");
  // zlib takes bytes that it does not change through a pointer to ones that it could.
  stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream->avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), 1u << 30));
  Unpacked out;
  constexpr std::size_t step = 64 * 1024;
  for (;;) {
    const std::size_t size = out.bytes.size();
    if (size >= limit) {
      out.more = true;
      return out;
    }
    out.bytes.resize(size + std::min(step, limit - size));
    stream->next_out = reinterpret_cast<Bytef*>(out.bytes.data() + size);
    stream->avail_out = static_cast<uInt>(out.bytes.size() - size);
    const int done = inflate(stream.get(), Z_NO_FLUSH);
    out.bytes.resize(out.bytes.size() - stream->avail_out);
    if (done == Z_STREAM_END) {
      if (stream->avail_in == 0) {
        out.more = cut;
        return out;
      }
      if (inflateReset(stream.get()) != Z_OK) return broken(packed, *stream, "no next member");
      continue;
    }
    if (done != Z_OK && done != Z_BUF_ERROR)
      return broken(packed, *stream, stream->msg ? stream->msg : "no gzip");
    if (stream->avail_in == 0 && stream->avail_out != 0) {
      if (!cut) return broken(packed, *stream, "it ends too early");
      out.more = true;
      return out;
    }
  }
}

}  // namespace millrace::catalog
