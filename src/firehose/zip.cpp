// SPDX-License-Identifier: BSL-1.0
#include <cstdint>

#include "firehose/civil.hpp"
#include "firehose/codec.hpp"
#include "firehose/deflate.hpp"
#include "millrace/core/error.hpp"

namespace millrace::firehose {
namespace {

// What does not shrink grows by less than a thousandth; both sizes have 32 bits.
constexpr std::uint64_t size_max = 0xFFFFFFFF - (0xFFFFFFFF >> 10);

void append_16(std::uint32_t value, std::string& out) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>(value >> 8 & 0xFF);
}
void append_32(std::uint64_t value, std::string& out) {
  append_16(static_cast<std::uint32_t>(value & 0xFFFF), out);
  append_16(static_cast<std::uint32_t>(value >> 16 & 0xFFFF), out);
}

/// A time in two halves, as MS-DOS had it: to two seconds, 1980 to 2107.
struct DosTime {
  std::uint32_t time = 0;
  std::uint32_t date = 1u << 5 | 1;
};

DosTime dos_time(Timestamp point) {
  const Civil civil = to_civil(point, std::chrono::seconds(0));
  if (civil.year < 1980 || civil.year > 2107) return {};
  const auto part = [](long long value) { return static_cast<std::uint32_t>(value); };
  return {part(civil.hour()) << 11 | part(civil.minute()) << 5 | part(civil.second() / 2),
          part(civil.year - 1980) << 9 | part(civil.month) << 5 | part(civil.day)};
}

/// One deflated entry. Its sizes and sum follow it, since they are not known when it begins.
class Zip final : public Compressor::Codec {
 public:
  explicit Zip(int level) : deflate_(DeflateFrame::none, level) {}

  void begin(const Compressor::Entry& entry, std::string& out) override {
    deflate_.begin();
    name_ = entry.name.substr(0, 0xFFFF);
    time_ = dos_time(entry.time);
    sum_ = crc32(0, nullptr, 0);
    size_ = packed_ = 0;
    const std::size_t start = out.size();
    append_32(0x04034B50, out);
    append_common(out);
    append_16(0, out);  // no extra field
    out += name_;
    header_ = out.size() - start;
  }

  void append(std::string_view bytes, std::string& out) override {
    if (bytes.size() > size_max - size_)
      throw Failure({Errc::limit_exceeded,
                     "zip: an entry has at most 4290772992 bytes; deliver smaller objects"});
    size_ += bytes.size();
    sum_ = crc32_z(sum_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    const std::size_t start = out.size();
    deflate_.append(bytes, out);
    packed_ += out.size() - start;
  }

  void finish(std::string& out) override {
    std::size_t start = out.size();
    deflate_.finish(out);
    packed_ += out.size() - start;
    append_32(0x08074B50, out);
    append_sums(out);
    start = out.size();
    append_directory(out);
    const std::size_t directory = out.size() - start;
    append_end(directory, out);
  }

 private:
  static constexpr std::uint32_t version = 20;    // deflate
  static constexpr std::uint32_t flags = 0x0808;  // sums follow; the name is UTF-8
  static constexpr std::uint32_t method_deflate = 8;
  static constexpr std::size_t descriptor_size = 16;

  void append_sums(std::string& out) const {
    append_32(sum_, out);
    append_32(packed_, out);
    append_32(size_, out);
  }
  // What the entry's header and the directory share; sums are still zero in the first.
  void append_common(std::string& out) const {
    append_16(version, out);
    append_16(flags, out);
    append_16(method_deflate, out);
    append_16(time_.time, out);
    append_16(time_.date, out);
    append_sums(out);
    append_16(static_cast<std::uint32_t>(name_.size()), out);
  }
  void append_directory(std::string& out) const {
    append_32(0x02014B50, out);
    append_16(version, out);  // made by
    append_common(out);
    out.append(2 + 2 + 2 + 2 + 4, '\0');  // extra field, comment, disk, attributes
    append_32(0, out);                    // where the entry begins
    out += name_;
  }
  void append_end(std::size_t directory, std::string& out) const {
    append_32(0x06054B50, out);
    append_32(0, out);  // disks
    append_16(1, out);
    append_16(1, out);
    append_32(directory, out);
    append_32(header_ + packed_ + descriptor_size, out);
    append_16(0, out);  // no comment
  }

  Deflate deflate_;
  std::string name_;
  DosTime time_;
  uLong sum_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t packed_ = 0;
  std::uint64_t header_ = 0;
};

}  // namespace

std::unique_ptr<Compressor::Codec> make_zip(int level) { return std::make_unique<Zip>(level); }

}  // namespace millrace::firehose
