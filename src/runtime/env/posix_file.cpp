// SPDX-License-Identifier: BSL-1.0
#include "posix_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace millrace::detail {

Result<std::size_t> PosixFile::read_at(std::uint64_t offset, std::span<char> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto n = retry([&] {
      return ::pread(fd_.get(), out.data() + done, out.size() - done,
                     static_cast<off_t>(offset + done));
    });
    if (n < 0) return failed("read");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<void> PosixFile::write_at(std::uint64_t offset, std::string_view bytes) {
  if (auto sound = check_sound("write"); !sound) return sound;
  while (!bytes.empty()) {
    const auto n = retry([&] {
      return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (n < 0) return failed("write");
    offset += static_cast<std::uint64_t>(n);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> PosixFile::sync() {
  if (auto sound = check_sound("sync"); !sound) return sound;
  if (retry([&] { return ::fdatasync(fd_.get()); }) == 0) return {};
  poisoned_ = true;
  return failed("sync");
}

Result<std::uint64_t> PosixFile::size() {
  struct stat st;
  if (::fstat(fd_.get(), &st) != 0) return failed("stat");
  return static_cast<std::uint64_t>(st.st_size);
}

Result<void> PosixFile::truncate(std::uint64_t size) {
  if (auto sound = check_sound("truncate"); !sound) return sound;
  if (retry([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0)
    return failed("truncate");
  return {};
}

Result<void> PosixFile::allocate(std::uint64_t size) {
  if (auto sound = check_sound("allocate"); !sound) return sound;
  // From the end on: walking the whole file each time would cost more than what it guards.
  const auto before = this->size();
  if (!before) return before.error();
  if (size <= *before) return {};
  const auto offset = static_cast<off_t>(*before);
  const auto length = static_cast<off_t>(size - *before);
  int error = EINTR;
  while (error == EINTR) error = ::posix_fallocate(fd_.get(), offset, length);
  if (error != 0) return posix_error("allocate", path_, error);
  return {};
}

Result<void> PosixFile::lock() {
  if (retry([&] { return ::flock(fd_.get(), LOCK_EX); }) != 0) return failed("lock");
  return {};
}

Result<bool> PosixFile::try_lock() {
  if (retry([&] { return ::flock(fd_.get(), LOCK_EX | LOCK_NB); }) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return failed("lock");
}

void PosixFile::unlock() { ::flock(fd_.get(), LOCK_UN); }

Result<void> PosixFile::close() {
  // Interrupted or not, Linux has let the descriptor go.
  if (fd_.close() != 0 && errno != EINTR) return failed("close");
  return {};
}

Result<void> PosixFile::check_sound(std::string_view call) const {
  if (!poisoned_) return {};
  return Error(Errc::io, std::string(call) + ' ' + path_ +
                             ": an earlier sync failed, so what was written may be lost; open it "
                             "again");
}

}  // namespace millrace::detail
