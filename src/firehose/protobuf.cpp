// SPDX-License-Identifier: BSL-1.0
#include "firehose/protobuf.hpp"

namespace millrace::firehose {

bool ProtobufReader::varint(std::uint64_t& out) {
  out = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    out |= std::uint64_t{byte & 0x7Fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool ProtobufReader::take(std::uint64_t size, std::string_view& out) {
  if (size > rest_.size()) return false;
  out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool ProtobufReader::next(Field& out) {
  constexpr std::uint64_t number_max = (1u << 29) - 1;
  std::uint64_t tag = 0;
  if (!varint(tag)) return false;
  out.number = tag >> 3;
  out.type = static_cast<WireType>(tag & 7);
  if (out.number == 0 || out.number > number_max) return false;
  std::uint64_t size = 0;
  switch (out.type) {
    case WireType::varint:
      return varint(out.value);
    case WireType::fixed64:
      return take(8, out.bytes);
    case WireType::fixed32:
      return take(4, out.bytes);
    case WireType::bytes:
      return varint(size) && take(size, out.bytes);
  }
  return false;
}

void append_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  out += static_cast<char>(value);
}

void append_varint_field(std::uint64_t number, std::uint64_t value, std::string& out) {
  append_varint(number << 3 | static_cast<std::uint64_t>(WireType::varint), out);
  append_varint(value, out);
}

void append_bytes_field(std::uint64_t number, std::string_view bytes, std::string& out) {
  append_varint(number << 3 | static_cast<std::uint64_t>(WireType::bytes), out);
  append_varint(bytes.size(), out);
  out += bytes;
}

}  // namespace millrace::firehose
