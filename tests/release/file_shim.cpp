// SPDX-License-Identifier: BSL-1.0
// For LD_PRELOAD: sees each call by which a program changes files below a directory, and counts,
// writes down, fails or dies at it. It can also step the program's wall clock.
//
//   FILE_SHIM_ROOT=/dir     the directory; absolute
//   FILE_SHIM_AT=12         the call that is hit, from 1 ...
//   FILE_SHIM_DO=kill       ... by SIGKILL; kill_after: once it is done; short: it writes one byte;
//                           a number: it fails with this errno
//   FILE_SHIM_STICKY=1      so are all after it
//   FILE_SHIM_TRACE=file    gets a Record and its bytes for each call that was done
//   FILE_SHIM_CLOCK=file    holds milliseconds that the wall clock is ahead, as text; read each
//   time
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <string>

namespace {

enum class Kind : std::uint32_t {
  create,      // path
  clear,       // file: opened with O_TRUNC
  write,       // file, offset, the bytes
  sync,        // file
  sync_names,  // path of a directory
  resize,      // file, offset: its new size
  rename,      // path, other
  remove,      // path
  mkdir,       // path
  link,        // path, other
  close,       // file
};

/// As power_loss.py reads it; behind it the two paths and the bytes.
struct Record {
  Kind kind = Kind::create;
  std::uint32_t path = 0;
  std::uint32_t other = 0;
  std::uint32_t bytes = 0;
  std::uint64_t file = 0;  // its inode
  std::int64_t offset = 0;
};

enum class Action { none, fail, kill, kill_after, cut };

const char* setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

int open_high(const char* path, int flags) {
  if (!*path) return -1;
  const int low = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600));
  const int high = fcntl(low, F_DUPFD_CLOEXEC, 900);  // out of the way of the program's own
  syscall(SYS_close, low);
  return high;
}

struct Shim {
  std::string root = setting("FILE_SHIM_ROOT");
  std::uint64_t at = std::strtoull(setting("FILE_SHIM_AT"), nullptr, 10);
  Action action = Action::none;
  int error = std::atoi(setting("FILE_SHIM_DO"));
  bool sticky = *setting("FILE_SHIM_STICKY") != 0;
  int trace = open_high(setting("FILE_SHIM_TRACE"), O_WRONLY | O_CREAT | O_APPEND);
  int clock = open_high(setting("FILE_SHIM_CLOCK"), O_RDONLY);
  std::uint64_t calls = 0;
  std::recursive_mutex mutex;

  Shim() {
    const std::string what = setting("FILE_SHIM_DO");
    action = what == "kill"         ? Action::kill
             : what == "kill_after" ? Action::kill_after
             : what == "short"      ? Action::cut
             : error != 0           ? Action::fail
                                    : Action::none;
  }
  bool below(const std::string& path) const {
    return !root.empty() && path.starts_with(root) &&
           (path.size() == root.size() || path[root.size()] == '/');
  }
};

Shim& shim() {
  static Shim* const one = new Shim;  // lives as long as the last call
  return *one;
}

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

std::string link_target(const std::string& path) {
  char target[4096];
  const ssize_t n = readlink(path.c_str(), target, sizeof target);
  return n < 0 ? std::string() : std::string(target, static_cast<std::size_t>(n));
}

std::string path_of(int fd) { return link_target("/proc/self/fd/" + std::to_string(fd)); }

std::string absolute(int directory, const char* path) {
  if (*path == '/') return path;
  const std::string base =
      directory == AT_FDCWD ? link_target("/proc/self/cwd") : path_of(directory);
  return base + '/' + path;
}

bool exists(const std::string& path) {
  struct stat st;
  return syscall(SYS_newfstatat, AT_FDCWD, path.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
}

std::uint64_t inode(int fd) {
  struct stat st;
  return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

void put(Record record, const std::string& path, const std::string& other = {},
         const void* bytes = nullptr) {
  if (shim().trace < 0) return;
  record.path = static_cast<std::uint32_t>(path.size());
  record.other = static_cast<std::uint32_t>(other.size());
  const iovec parts[] = {{&record, sizeof record},
                         {const_cast<char*>(path.data()), path.size()},
                         {const_cast<char*>(other.data()), other.size()},
                         {const_cast<void*>(bytes), record.bytes}};
  if (syscall(SYS_writev, shim().trace, parts, 4) < 0) die();
}

/// Runs one changing call: `call(cut)` does it, `record(result)` writes it down. All under one
/// lock, so that what is written down is in the order of what was done.
template <class Call, class Note>
long change(bool concerns, Call call, Note record) {
  Shim& s = shim();
  if (!concerns) return call(false);
  const std::lock_guard lock(s.mutex);
  ++s.calls;
  const bool hit = s.calls == s.at || (s.sticky && s.at != 0 && s.calls > s.at);
  const Action action = hit ? s.action : Action::none;
  if (action == Action::kill) die();
  if (action == Action::fail) {
    errno = s.error;
    return -1;
  }
  const long result = call(action == Action::cut);
  const int error = errno;
  if (result >= 0) record(result);
  if (action == Action::kill_after) die();
  errno = error;
  return result;
}

long open_file(int directory, const char* path, int flags, mode_t mode) {
  const auto call = [&](bool) { return syscall(SYS_openat, directory, path, flags, mode); };
  const std::string full = absolute(directory, path);
  const bool creates = (flags & O_CREAT) != 0 && !exists(full);
  const bool clears = (flags & O_TRUNC) != 0 && !creates;
  return change((creates || clears) && shim().below(full), call, [&](long fd) {
    const auto file = inode(static_cast<int>(fd));
    put({.kind = creates ? Kind::create : Kind::clear, .file = file, .offset = 0}, full);
  });
}

long write_file(int fd, const void* bytes, std::size_t size, std::int64_t offset) {
  const auto call = [&](bool cut) {
    const std::size_t n = cut && size > 1 ? 1 : size;
    return offset < 0 ? syscall(SYS_write, fd, bytes, n)
                      : syscall(SYS_pwrite64, fd, bytes, n, offset);
  };
  const std::string path = path_of(fd);
  const bool concerns = shim().below(path);
  const std::int64_t at = offset >= 0 || !concerns ? offset : lseek(fd, 0, SEEK_CUR);
  return change(concerns, call, [&](long n) {
    put({.kind = Kind::write,
         .bytes = static_cast<std::uint32_t>(n),
         .file = inode(fd),
         .offset = at},
        path, {}, bytes);
  });
}

/// A call on an open file: sync, resize, close.
template <class Call>
long change_file(Kind kind, int fd, std::int64_t offset, Call call) {
  const std::string path = path_of(fd);
  const std::uint64_t file = inode(fd);
  return change(
      shim().below(path), [&](bool) { return call(); },
      [&](long) { put({.kind = kind, .file = file, .offset = offset}, path); });
}

long sync_file(int fd, long number) {
  struct stat st;
  const bool directory = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
  return change_file(directory ? Kind::sync_names : Kind::sync, fd, 0,
                     [&] { return syscall(number, fd); });
}

/// A call that gives, takes or moves a name.
template <class Call>
long change_names(Kind kind, const std::string& path, const std::string& other, Call call) {
  return change(
      shim().below(path), [&](bool) { return call(); },
      [&](long) { put({.kind = kind}, path, other); });
}

int rename_file(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) {
  return static_cast<int>(
      change_names(Kind::rename, absolute(from_dir, from), absolute(to_dir, to),
                   [&] { return syscall(SYS_renameat2, from_dir, from, to_dir, to, flags); }));
}

long ahead_ms() {
  char text[32] = {};
  if (shim().clock < 0) return 0;
  return pread(shim().clock, text, sizeof text - 1, 0) > 0 ? std::atol(text) : 0;
}

mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

#define OPEN(name, parameters, directory)                             \
  int name parameters {                                               \
    va_list arguments;                                                \
    va_start(arguments, flags);                                       \
    const mode_t mode = mode_of(flags, arguments);                    \
    va_end(arguments);                                                \
    return static_cast<int>(open_file(directory, path, flags, mode)); \
  }
OPEN(open, (const char* path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char* path, int flags, ...), AT_FDCWD)
OPEN(openat, (int directory, const char* path, int flags, ...), directory)
OPEN(openat64, (int directory, const char* path, int flags, ...), directory)
#undef OPEN

ssize_t write(int fd, const void* bytes, std::size_t size) {
  return write_file(fd, bytes, size, -1);
}
ssize_t pwrite(int fd, const void* bytes, std::size_t size, off_t offset) {
  return write_file(fd, bytes, size, offset);
}
ssize_t pwrite64(int fd, const void* bytes, std::size_t size, off64_t offset) {
  return write_file(fd, bytes, size, offset);
}
int fsync(int fd) { return static_cast<int>(sync_file(fd, SYS_fsync)); }
int fdatasync(int fd) { return static_cast<int>(sync_file(fd, SYS_fdatasync)); }

int ftruncate(int fd, off_t size) noexcept {
  return static_cast<int>(
      change_file(Kind::resize, fd, size, [&] { return syscall(SYS_ftruncate, fd, size); }));
}
int posix_fallocate(int fd, off_t offset, off_t size) {
  const long done = change_file(Kind::resize, fd, offset + size,
                                [&] { return syscall(SYS_fallocate, fd, 0, offset, size); });
  return done < 0 ? errno : 0;
}
int close(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) return static_cast<int>(syscall(SYS_close, fd));
  bool closed = false;
  const long done = change_file(Kind::close, fd, 0, [&] {
    closed = true;
    return syscall(SYS_close, fd);
  });
  if (!closed) {  // as Linux has it: the descriptor is gone, whatever it says
    const int error = errno;
    syscall(SYS_close, fd);
    errno = error;
  }
  return static_cast<int>(done);
}

int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  const std::string full = absolute(directory, path);
  const auto call = [&] { return syscall(SYS_mkdirat, directory, path, mode); };
  if (exists(full)) return static_cast<int>(call());  // changes nothing
  return static_cast<int>(change_names(Kind::mkdir, full, {}, call));
}
int mkdir(const char* path, mode_t mode) noexcept { return mkdirat(AT_FDCWD, path, mode); }

int renameat2(int from_dir, const char* from, int to_dir, const char* to, unsigned f) noexcept {
  return rename_file(from_dir, from, to_dir, to, f);
}
int renameat(int from_dir, const char* from, int to_dir, const char* to) noexcept {
  return rename_file(from_dir, from, to_dir, to, 0);
}
int rename(const char* from, const char* to) noexcept {
  return rename_file(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int linkat(int from_dir, const char* from, int to_dir, const char* to, int flags) noexcept {
  return static_cast<int>(
      change_names(Kind::link, absolute(from_dir, from), absolute(to_dir, to),
                   [&] { return syscall(SYS_linkat, from_dir, from, to_dir, to, flags); }));
}
int unlinkat(int directory, const char* path, int flags) noexcept {
  return static_cast<int>(change_names(Kind::remove, absolute(directory, path), {}, [&] {
    return syscall(SYS_unlinkat, directory, path, flags);
  }));
}
int unlink(const char* path) noexcept { return unlinkat(AT_FDCWD, path, 0); }

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long done = syscall(SYS_clock_gettime, clock, time);
  if (done == 0 && clock == CLOCK_REALTIME) {
    const long nanos = time->tv_nsec + ahead_ms() % 1000 * 1'000'000;
    time->tv_sec += ahead_ms() / 1000 + (nanos < 0 ? -1 : nanos / 1'000'000'000);
    time->tv_nsec = (nanos + 1'000'000'000) % 1'000'000'000;
  }
  return static_cast<int>(done);
}

}  // extern "C"
