// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::file {

/// Appends numbers and texts to bytes that Unpacker takes apart: states and committables of sinks.
/// Format: a number has 7 bits a byte, the low ones first, the high bit says that more come; a text
/// is its size as a number, then its bytes.
class Packer {
 public:
  explicit Packer(std::string& to) : to_(to) {}
  Packer& number(std::uint64_t n) {
    for (; n >= 0x80; n >>= 7) to_ += static_cast<char>(n | 0x80);
    to_ += static_cast<char>(n);
    return *this;
  }
  Packer& text(std::string_view text) {
    number(text.size());
    to_.append(text);
    return *this;
  }

 private:
  std::string& to_;
};

/// Takes apart what a Packer wrote. Past the end, or after what is no number, everything is 0 and
/// empty, and good() says so: ask once, at the end. Lifetime: its texts view the bytes.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number() {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      n |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return n;
    }
    return fail(), 0;
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) return fail(), std::string_view();
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  /// How many times something of at least a byte follows; 0 when it can't be so many.
  std::uint64_t count() {
    const std::uint64_t n = number();
    if (n > rest_.size()) return fail(), 0;
    return n;
  }

  /// What has not been taken yet.
  std::string_view rest() const { return rest_; }

  bool good() const { return good_; }
  /// Good, and nothing is left.
  bool done() const { return good_ && rest_.empty(); }

 private:
  void fail() {
    good_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace millrace::file
