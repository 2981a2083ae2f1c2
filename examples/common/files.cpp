// SPDX-License-Identifier: BSL-1.0
#include "files.hpp"

#include <memory>

namespace examples {

using namespace millrace;

Result<std::string> read_file(Env& env, const std::string& path) {
  Result<std::unique_ptr<File>> file = env.fs.open(path, OpenMode::read);
  if (!file) {
    if (file.error().code() == Errc::not_found) return std::string();
    return file.take_error();
  }
  Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.take_error();
  std::string bytes(*size, '\0');
  Result<std::size_t> read = (*file)->read_at(0, bytes);
  if (!read) return read.take_error();
  bytes.resize(*read);
  return bytes;
}

Result<void> write_file(Env& env, const std::string& path, std::string_view bytes) {
  Result<std::unique_ptr<File>> file = env.fs.open(path, OpenMode::create);
  if (!file) return file.take_error();
  if (auto cut = (*file)->truncate(0); !cut) return cut.take_error();
  if (auto written = (*file)->write_at(0, bytes); !written) return written.take_error();
  return (*file)->close();
}

}  // namespace examples
