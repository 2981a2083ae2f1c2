// SPDX-License-Identifier: BSL-1.0
#include "streams.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace millrace::tool {
namespace {

Failure broken(std::string_view stream) {
  return Failure({Errc::io, std::string(stream) + ": " + std::strerror(errno)});
}

std::string read_stdin() {
  std::string bytes;
  std::array<char, 1 << 16> block;
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), stdin))
    bytes.append(block.data(), got);
  if (std::ferror(stdin)) throw broken("stdin");
  return bytes;
}

}  // namespace

std::string read_input(Env& env, const std::string& path) {
  if (path == "-") return read_stdin();
  const std::unique_ptr<File> file = env.fs.open(path, OpenMode::read).value();
  std::string bytes(static_cast<std::size_t>(file->size().value()), '\0');
  bytes.resize(file->read_at(0, bytes).value());
  return bytes;
}

bool InputLines::next(std::string& line) {
  line.clear();
  while (!ended_) {
    const int c = std::getc(stdin);
    if (c == '\n') return true;
    if (c == EOF) break;
    line += static_cast<char>(c);
  }
  if (std::ferror(stdin)) throw broken("stdin");
  ended_ = true;
  return !line.empty();
}

void print(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) throw broken("stdout");
}

void print_line(std::string_view line) {
  print(line);
  print("\n");
}

void flush() {
  if (std::fflush(stdout) != 0) throw broken("stdout");
}

void complain(std::string_view message) {
  const std::string line = "millrace: " + visible(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string visible(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string shown;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      shown += c;
    } else {
      shown += "\\x";
      shown += digits[byte >> 4];
      shown += digits[byte & 15];
    }
  }
  return shown;
}

}  // namespace millrace::tool
