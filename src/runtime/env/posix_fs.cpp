// SPDX-License-Identifier: BSL-1.0
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "parts.hpp"
#include "posix_file.hpp"

namespace millrace::detail {
namespace {

constexpr mode_t file_mode = 0600;
constexpr mode_t directory_mode = 0700;

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<Descriptor> open_directory(const std::string& path, std::string_view call) {
  Descriptor fd(retry([&] {
    return ::openat(AT_FDCWD, path.empty() ? "." : path.c_str(),
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }));
  if (!fd) return posix_error(call, path, errno);
  return fd;
}

class PosixFs final : public Fs {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::optional<FileInfo>> info(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> make_directories(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> rename_new(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_directory(const std::string& directory) override;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY;
    case OpenMode::read_write:
      return O_RDWR;
    case OpenMode::create:
      return O_RDWR | O_CREAT;
    case OpenMode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

Result<std::unique_ptr<File>> PosixFs::open(const std::string& path, OpenMode mode) {
  // O_NONBLOCK: a pipe that somebody put there must not hang us; regular files ignore it.
  const int flags = flags_of(mode) | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
  Descriptor fd(retry([&] { return ::openat(AT_FDCWD, path.c_str(), flags, file_mode); }));
  if (!fd && errno == ELOOP)
    return Error(Errc::io, "open " + path + ": it is a symbolic link, which is not followed");
  if (!fd) return posix_error("open", path, errno);
  struct stat st;
  if (::fstat(fd.get(), &st) != 0) return posix_error("stat", path, errno);
  if (S_ISDIR(st.st_mode)) return posix_error("open", path, EISDIR);
  return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
}

Result<std::optional<FileInfo>> PosixFs::info(const std::string& path) {
  struct statx st;
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileInfo>();
    return posix_error("stat", path, errno);
  }
  const auto modified =
      std::chrono::seconds(st.stx_mtime.tv_sec) + std::chrono::nanoseconds(st.stx_mtime.tv_nsec);
  return std::optional<FileInfo>(
      {st.stx_size, Timestamp(std::chrono::floor<Duration>(modified)), S_ISDIR(st.stx_mode)});
}

Result<std::vector<std::string>> PosixFs::list(const std::string& directory) {
  auto fd = open_directory(directory, "list");
  if (!fd) return fd.take_error();
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd->get()), ::closedir);
  if (!stream) return posix_error("list", directory, errno);
  fd->release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return posix_error("list", directory, errno);
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> PosixFs::make_directories(const std::string& path) {
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string directory = path.substr(0, end);
    if (::mkdirat(AT_FDCWD, directory.c_str(), directory_mode) == 0) {
      if (auto synced = sync_directory(parent_of(directory)); !synced) return synced;
      continue;
    }
    const int error = errno;
    // Where we may not make anything, what is there already is good enough.
    struct stat st;
    if (::stat(directory.c_str(), &st) != 0) return posix_error("mkdir", directory, error);
    if (!S_ISDIR(st.st_mode)) return posix_error("mkdir", directory, ENOTDIR);
  }
  return {};
}

Result<void> PosixFs::rename(const std::string& from, const std::string& to) {
  if (::renameat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str()) != 0)
    return posix_error("rename", from + " to " + to, errno);
  return {};
}

Result<void> PosixFs::rename_new(const std::string& from, const std::string& to) {
  int result = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (result != 0 && (errno == EINVAL || errno == ENOSYS)) {
    // A file system without it, such as NFS: a link is refused when the name is taken.
    result = ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 0);
    if (result == 0) result = ::unlinkat(AT_FDCWD, from.c_str(), 0);
  }
  if (result != 0) return posix_error("rename_new", from + " to " + to, errno);
  return {};
}

Result<void> PosixFs::remove(const std::string& path) {
  int result = ::unlinkat(AT_FDCWD, path.c_str(), 0);
  if (result != 0 && errno == EISDIR) result = ::unlinkat(AT_FDCWD, path.c_str(), AT_REMOVEDIR);
  if (result != 0) return posix_error("remove", path, errno);
  return {};
}

Result<void> PosixFs::sync_directory(const std::string& directory) {
  auto fd = open_directory(directory, "sync directory");
  if (!fd) return fd.take_error();
  if (retry([&] { return ::fsync(fd->get()); }) != 0)
    return posix_error("sync directory", directory, errno);
  return {};
}

}  // namespace

std::unique_ptr<Fs> make_posix_fs() { return std::make_unique<PosixFs>(); }

}  // namespace millrace::detail
