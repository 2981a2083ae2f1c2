// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "millrace/core/text_writer.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/formats/time.hpp"

/// The test vectors in tests/vectors, read into described structs.
namespace vectors {

template <class T>
T read(const std::string& name) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/tests/vectors/" + name, std::ios::binary);
  if (!file) throw std::runtime_error(name + " can't be read");
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const std::string text = bytes.str();
  millrace::ArenaPool pool;
  millrace::TextWriter writer(pool);
  T out;
  millrace::json::Decoder<T> decoder;
  decoder.decode(millrace::Text(text), out, writer).value();
  return out;
}

inline std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}
inline std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

inline millrace::Timestamp time(std::string_view text) {
  return millrace::parse_time(text).value();
}

}  // namespace vectors
