// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::firehose {

/// How a field's value is written.
enum class WireType : unsigned char { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// Reads a protobuf message field by field; every length is checked against what is left.
/// Source: protobuf.dev, "Encoding".
class ProtobufReader {
 public:
  struct Field {
    std::uint64_t number = 0;
    WireType type{};
    std::uint64_t value = 0;  ///< of a varint
    std::string_view bytes;   ///< of the others
  };

  explicit ProtobufReader(std::string_view message) : rest_(message) {}
  bool at_end() const { return rest_.empty(); }
  /// The next field. False for bytes that are none, and for groups, which nobody writes any more.
  bool next(Field& out);

 private:
  bool varint(std::uint64_t& out);
  bool take(std::uint64_t size, std::string_view& out);
  std::string_view rest_;
};

void append_varint(std::uint64_t value, std::string& out);
void append_varint_field(std::uint64_t number, std::uint64_t value, std::string& out);
void append_bytes_field(std::uint64_t number, std::string_view bytes, std::string& out);

}  // namespace millrace::firehose
