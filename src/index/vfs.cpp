// SPDX-License-Identifier: BSL-1.0
#include "index/vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace millrace::index {

struct Vfs::State {
  Env& env;
  std::string name = {};
  std::optional<Error> error = {};
  sqlite3_vfs vfs = {};

  int fail(Error why, int code) {
    if (why.code() == Errc::out_of_space) code = SQLITE_FULL;
    error = std::move(why);
    return code;
  }
};

namespace {

struct OpenFile {
  sqlite3_file base;  // SQLite's part comes first
  std::unique_ptr<File> file;
  Vfs::State* state;
  std::string path;
  bool name_unsynced;
  bool delete_on_close;
  bool locked;
};

OpenFile& self(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
Vfs::State& state_of(sqlite3_vfs* vfs) { return *static_cast<Vfs::State*>(vfs->pAppData); }

std::string parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

int x_close(sqlite3_file* f) {
  OpenFile& open = self(f);
  Result<void> closed = open.file->close();
  if (open.delete_on_close) (void)open.state->env.fs.remove(open.path);
  Vfs::State& state = *open.state;
  open.~OpenFile();
  return closed ? SQLITE_OK : state.fail(closed.take_error(), SQLITE_IOERR_CLOSE);
}

int x_read(sqlite3_file* f, void* to, int amount, sqlite3_int64 offset) {
  OpenFile& open = self(f);
  const auto size = static_cast<std::size_t>(amount);
  char* const out = static_cast<char*>(to);
  Result<std::size_t> got =
      open.file->read_at(static_cast<std::uint64_t>(offset), std::span<char>(out, size));
  if (!got) return open.state->fail(got.take_error(), SQLITE_IOERR_READ);
  if (*got == size) return SQLITE_OK;
  std::memset(out + *got, 0, size - *got);
  return SQLITE_IOERR_SHORT_READ;
}

int x_write(sqlite3_file* f, const void* from, int amount, sqlite3_int64 offset) {
  OpenFile& open = self(f);
  Result<void> done =
      open.file->write_at(static_cast<std::uint64_t>(offset),
                          {static_cast<const char*>(from), static_cast<std::size_t>(amount)});
  return done ? SQLITE_OK : open.state->fail(done.take_error(), SQLITE_IOERR_WRITE);
}

int x_truncate(sqlite3_file* f, sqlite3_int64 size) {
  OpenFile& open = self(f);
  Result<void> done = open.file->truncate(static_cast<std::uint64_t>(size));
  return done ? SQLITE_OK : open.state->fail(done.take_error(), SQLITE_IOERR_TRUNCATE);
}

int x_sync(sqlite3_file* f, int) {
  OpenFile& open = self(f);
  if (open.name_unsynced) {
    if (Result<void> done = open.state->env.fs.sync_directory(parent(open.path)); !done)
      return open.state->fail(done.take_error(), SQLITE_IOERR_DIR_FSYNC);
    open.name_unsynced = false;
  }
  Result<void> done = open.file->sync();
  return done ? SQLITE_OK : open.state->fail(done.take_error(), SQLITE_IOERR_FSYNC);
}

int x_file_size(sqlite3_file* f, sqlite3_int64* out) {
  OpenFile& open = self(f);
  Result<std::uint64_t> size = open.file->size();
  if (!size) return open.state->fail(size.take_error(), SQLITE_IOERR_FSTAT);
  *out = static_cast<sqlite3_int64>(*size);
  return SQLITE_OK;
}

// One lock stands for SQLite's four: the connection is the only one, whatever it does.
int x_lock(sqlite3_file* f, int) {
  OpenFile& open = self(f);
  if (open.locked) return SQLITE_OK;
  Result<bool> locked = open.file->try_lock();
  if (!locked) return open.state->fail(locked.take_error(), SQLITE_IOERR_LOCK);
  open.locked = *locked;
  return *locked ? SQLITE_OK : SQLITE_BUSY;
}

int x_unlock(sqlite3_file* f, int level) {
  OpenFile& open = self(f);
  if (level == SQLITE_LOCK_NONE && open.locked) {
    open.file->unlock();
    open.locked = false;
  }
  return SQLITE_OK;
}

int x_check_reserved_lock(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int x_file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int x_sector_size(sqlite3_file*) { return 4096; }
int x_device_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

// What throws std::bad_alloc must not do so through SQLite, which is C.
template <auto f, class... A>
int guarded(A... arguments) {
  try {
    return f(arguments...);
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
}

constexpr sqlite3_io_methods methods = {
    1,
    guarded<x_close>,
    guarded<x_read>,
    guarded<x_write>,
    guarded<x_truncate>,
    guarded<x_sync>,
    guarded<x_file_size>,
    guarded<x_lock>,
    guarded<x_unlock>,
    guarded<x_check_reserved_lock>,
    guarded<x_file_control>,
    guarded<x_sector_size>,
    guarded<x_device_characteristics>,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

// What a sync that failed has left in memory only can be read, and goes with the power. A copy of
// it is made durable and takes its place, before anybody is told that it is there. Written again
// where it lies, what was durable could go with the power, too.
Result<void> make_durable(Fs& fs, const std::string& path) {
  Result<std::unique_ptr<File>> file = fs.open(path, OpenMode::read);
  if (!file) return file.error().code() == Errc::not_found ? Result<void>{} : file.take_error();
  Result<std::uint64_t> size = (*file)->size();
  if (!size || *size == 0) return size ? Result<void>{} : size.take_error();
  const std::string copy_path = path + ".copy";
  Result<std::unique_ptr<File>> copy = fs.open(copy_path, OpenMode::create);
  if (!copy) return copy.take_error();
  if (Result<void> done = (*copy)->truncate(0); !done) return done;  // an earlier one's
  std::string block;
  for (std::uint64_t at = 0; at < *size; at += block.size()) {
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(*size - at, 1u << 20)));
    Result<std::size_t> got = (*file)->read_at(at, block);
    if (!got) return got.take_error();
    if (Result<void> done = (*copy)->write_at(at, block); !done) return done;
  }
  if (Result<void> done = (*copy)->sync(); !done) return done;
  if (Result<void> done = (*copy)->close(); !done) return done;
  if (Result<void> done = fs.rename(copy_path, path); !done) return done;
  return fs.sync_directory(parent(path));
}

int x_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  f->pMethods = nullptr;
  Vfs::State& state = state_of(vfs);
  // Temporary files have no name; temp_store = MEMORY makes none.
  if (!name)
    return state.fail({Errc::unsupported, "SQLite asked for a temporary file"}, SQLITE_CANTOPEN);
  const OpenMode mode = flags & SQLITE_OPEN_EXCLUSIVE  ? OpenMode::create_new
                        : flags & SQLITE_OPEN_CREATE   ? OpenMode::create
                        : flags & SQLITE_OPEN_READONLY ? OpenMode::read
                                                       : OpenMode::read_write;
  std::string path = name;
  // SQLite has the lock by now.
  if (flags & SQLITE_OPEN_WAL)
    if (Result<void> done = make_durable(state.env.fs, path); !done)
      return state.fail(done.take_error(), SQLITE_IOERR);
  Result<std::unique_ptr<File>> file = state.env.fs.open(path, mode);
  if (!file) return state.fail(file.take_error(), SQLITE_CANTOPEN);
  auto* open = new (f) OpenFile{};
  open->base.pMethods = &methods;
  open->file = std::move(*file);
  open->state = &state;
  open->path = std::move(path);
  open->name_unsynced = (flags & SQLITE_OPEN_CREATE) != 0;
  open->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

int x_delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  Vfs::State& state = state_of(vfs);
  const std::string path = name;
  if (Result<void> done = state.env.fs.remove(path); !done) {
    if (done.error().code() == Errc::not_found) return SQLITE_IOERR_DELETE_NOENT;
    return state.fail(done.take_error(), SQLITE_IOERR_DELETE);
  }
  if (!sync_directory) return SQLITE_OK;
  Result<void> done = state.env.fs.sync_directory(parent(path));
  return done ? SQLITE_OK : state.fail(done.take_error(), SQLITE_IOERR_DIR_FSYNC);
}

int x_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  Vfs::State& state = state_of(vfs);
  Result<std::optional<FileInfo>> info = state.env.fs.info(name);
  if (!info) return state.fail(info.take_error(), SQLITE_IOERR_ACCESS);
  // An empty file counts as none, as SQLite's own window has it.
  *out = *info && (flags != SQLITE_ACCESS_EXISTS || (*info)->size > 0);
  return SQLITE_OK;
}

int x_full_pathname(sqlite3_vfs*, const char* name, int room, char* out) {
  if (std::strlen(name) >= static_cast<std::size_t>(room)) return SQLITE_CANTOPEN;
  std::strcpy(out, name);
  return SQLITE_OK;
}

int x_randomness(sqlite3_vfs* vfs, int size, char* out) {
  Rng& rng = state_of(vfs).env.rng;
  for (int i = 0; i < size; ++i) out[i] = static_cast<char>(rng.next() & 0xff);
  return size;
}
int x_sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int x_current_time_ms(sqlite3_vfs* vfs, sqlite3_int64* out) {
  constexpr sqlite3_int64 julian_1970_ms = 210866760000000;
  *out = julian_1970_ms + state_of(vfs).env.clock.wall().time_since_epoch().count() / 1000;
  return SQLITE_OK;
}
int x_current_time(sqlite3_vfs* vfs, double* out) {
  sqlite3_int64 ms = 0;
  x_current_time_ms(vfs, &ms);
  *out = static_cast<double>(ms) / 86400000.0;
  return SQLITE_OK;
}
int x_get_last_error(sqlite3_vfs*, int, char*) { return 0; }

// SQLite wants a name of its own for each; two stores may live at once.
std::string vfs_name(const void* state) {
  return "millrace-" + std::to_string(reinterpret_cast<std::uintptr_t>(state));
}

}  // namespace

Vfs::Vfs(Env& env) : state_(new State{.env = env}) {
  state_->name = vfs_name(state_.get());
  sqlite3_vfs& vfs = state_->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = sizeof(OpenFile);
  vfs.mxPathname = 4096;
  vfs.zName = state_->name.c_str();
  vfs.pAppData = state_.get();
  vfs.xOpen = guarded<x_open>;
  vfs.xDelete = guarded<x_delete>;
  vfs.xAccess = guarded<x_access>;
  vfs.xFullPathname = x_full_pathname;
  vfs.xRandomness = x_randomness;
  vfs.xSleep = x_sleep;
  vfs.xCurrentTime = x_current_time;
  vfs.xGetLastError = x_get_last_error;
  vfs.xCurrentTimeInt64 = x_current_time_ms;
  sqlite3_vfs_register(&vfs, 0);
}

Vfs::~Vfs() { sqlite3_vfs_unregister(&state_->vfs); }

const char* Vfs::name() const { return state_->name.c_str(); }

std::optional<Error> Vfs::take_error() { return std::exchange(state_->error, {}); }

}  // namespace millrace::index
