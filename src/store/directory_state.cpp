// SPDX-License-Identifier: BSL-1.0
#include "store/directory_state.hpp"

#include <new>

#include "store/digest.hpp"

namespace millrace::store {
namespace {

constexpr std::string_view lock_name = "/lock";

/// Removes a directory of the store's own and the files in it.
Result<void> remove_tree(Fs& fs, const std::string& directory) {
  Result<std::vector<std::string>> names = fs.list(directory);
  if (!names && names.error().code() == Errc::not_found) return {};
  if (!names) return names.take_error();
  for (const std::string& name : *names)
    if (Result<void> removed = remove_if_there(fs, directory + "/" + name); !removed)
      return removed;
  return remove_if_there(fs, directory);
}

}  // namespace

Result<void> remove_if_there(Fs& fs, const std::string& path) {
  Result<void> removed = fs.remove(path);
  if (!removed && removed.error().code() != Errc::not_found) return removed.take_error();
  return {};
}

Directory::State::~State() {
  if (!session_lock_) return;
  try {
    (void)env.fs.remove(session_ + std::string(lock_name));
    (void)env.fs.remove(session_);
  } catch (const std::bad_alloc&) {  // a later open() removes what is left
  }
}

Error Directory::State::error(Errc code, std::string_view call, std::string_view key,
                              std::string_view reason) const {
  std::string message = "store " + root + ": " + std::string(call);
  if (!key.empty()) message += " " + quoted(key);
  return Error(code, message + ": " + std::string(reason));
}

Error Directory::State::error(std::string_view call, std::string_view key,
                              const Error& cause) const {
  return error(cause.code(), call, key, cause.message());
}

std::string Directory::State::unique_name() const {
  std::string bytes;
  for (std::uint64_t random = env.rng.next(); bytes.size() < 8; random >>= 8)
    bytes += static_cast<char>(random & 0xFF);
  return to_hex(bytes) + "-" + std::to_string(next_name_.fetch_add(1));
}

Result<std::unique_ptr<File>> Directory::State::lock() const {
  Result<std::unique_ptr<File>> file = env.fs.open(own("lock"), OpenMode::create);
  if (!file) return file.take_error();
  if (Result<void> locked = (*file)->lock(); !locked) return locked.take_error();
  return file;
}

Result<void> Directory::State::open() {
  if (Result<void> made = make_own_directories(); !made) return made;
  Result<std::unique_ptr<File>> held = lock();
  if (!held) return held.take_error();
  if (Result<void> removed = remove_dead_sessions(); !removed) return removed;
  if (Result<void> removed = remove_half_uploads(); !removed) return removed;
  // Made and locked while the store's lock is held, so that nobody takes it for a dead one.
  session_ = own("tmp/" + unique_name());
  if (Result<void> made = env.fs.make_directories(session_); !made) return made;
  Result<std::unique_ptr<File>> file =
      env.fs.open(session_ + std::string(lock_name), OpenMode::create);
  if (!file) return file.take_error();
  Result<bool> mine = (*file)->try_lock();
  if (!mine) return mine.take_error();
  session_lock_ = std::move(*file);
  return {};
}

Result<void> Directory::State::make_own_directories() {
  for (const std::string_view name : {"tmp", "names", "etags", "uploads"})
    if (Result<void> made = env.fs.make_directories(own(name)); !made) return made;
  for (const std::string_view name :
       {".millrace", ".millrace/tmp", ".millrace/names", ".millrace/etags", ".millrace/uploads"}) {
    Result<std::optional<FileInfo>> info = env.fs.info(root + "/" + std::string(name));
    if (!info) return info.take_error();
    if (!*info || !(*info)->is_directory)
      return Error(Errc::invalid_input, std::string(name) +
                                            " is a symbolic link; the store keeps " +
                                            "its own files there and does not follow it");
  }
  return {};
}

Result<void> Directory::State::remove_dead_sessions() {
  Result<std::vector<std::string>> sessions = env.fs.list(own("tmp"));
  if (!sessions) return sessions.take_error();
  for (const std::string& name : *sessions) {
    const std::string session = own("tmp/" + name);
    Result<std::unique_ptr<File>> file =
        env.fs.open(session + std::string(lock_name), OpenMode::create);
    if (!file) return file.take_error();
    Result<bool> dead = (*file)->try_lock();
    if (!dead) return dead.take_error();
    if (!*dead) continue;
    if (Result<void> removed = remove_tree(env.fs, session); !removed) return removed;
  }
  return {};
}

Result<void> Directory::State::remove_half_uploads() {
  Result<std::vector<std::string>> ids = env.fs.list(own("uploads"));
  if (!ids) return ids.take_error();
  for (const std::string& id : *ids) {
    const std::string upload = own("uploads/" + id);
    Result<std::optional<FileInfo>> key = env.fs.info(upload + "/key");
    if (!key) return key.take_error();
    if (*key) continue;
    if (Result<void> removed = remove_upload(upload); !removed) return removed;
  }
  return {};
}

// The key first, durably: an upload without it is gone, and one with it has all its parts. When the
// key is gone already, its removal may not be durable: that sync failed, or its process died.
Result<void> Directory::State::remove_upload(const std::string& directory) {
  Result<std::optional<FileInfo>> there = env.fs.info(directory);
  if (!there) return there.take_error();
  if (!*there) return {};
  Result<void> removed = remove_if_there(env.fs, directory + "/key");
  if (removed) removed = env.fs.sync_directory(directory);
  return removed ? remove_tree(env.fs, directory) : std::move(removed);
}

Result<Place> Directory::State::locate(std::string_view key) const {
  Result<KeyPath> path = to_path(key);
  if (!path) return path.take_error();
  Place place{root, {}, std::move(*path)};
  bool there = true;
  for (const std::string& name : place.path.directories) {
    place.directory += "/" + name;
    if (!there) continue;
    Result<std::optional<FileInfo>> info = env.fs.info(place.directory);
    if (!info) return info.take_error();
    there = info->has_value();
    if (there && !(*info)->is_directory)
      return Error(Errc::invalid_input, place.directory +
                                            " is a symbolic link or a file, not a directory; the "
                                            "store does not follow it: move it away");
  }
  place.file = place.directory + "/" + place.path.file;
  return place;
}

Result<std::string> Directory::State::write_temporary(std::string_view bytes) {
  return write_temporary([&](File& file) { return file.write_at(0, bytes); });
}

Result<void> Directory::State::write_own(const std::string& directory, const std::string& file,
                                         std::string_view bytes) {
  Result<std::string> temporary = write_temporary(bytes);
  if (!temporary) return temporary.take_error();
  if (Result<void> renamed = env.fs.rename(*temporary, directory + "/" + file); !renamed) {
    (void)env.fs.remove(*temporary);
    return renamed;
  }
  return env.fs.sync_directory(directory);
}

Result<void> Directory::State::remember_names(const KeyPath& path) {
  for (const ShortenedComponent& each : path.shortened) {
    Result<std::optional<FileInfo>> known = env.fs.info(own("names/" + each.digest));
    if (!known) return known.take_error();
    if (*known) continue;
    Result<void> written = write_own(own("names"), each.digest, each.component);
    if (!written) return written;
  }
  return {};
}

Result<void> Directory::State::check_conditions(const Place& place, std::string_view key,
                                                const PutOptions& options) const {
  if (options.if_exists == IfExists::refuse) {
    if (!options.if_match.empty())
      return Error(Errc::invalid_input, "if_match and IfExists::refuse exclude each other");
    Result<std::optional<FileInfo>> info = env.fs.info(place.file);
    if (!info) return info.take_error();
    if (*info) {
      // Whoever put it may have died before the name was durable; the answer relies on it.
      if (Result<void> synced = env.fs.sync_directory(place.directory); !synced) return synced;
      return Error(Errc::already_exists, "the key is taken");
    }
  }
  if (options.if_match.empty()) return {};
  Result<std::unique_ptr<File>> file = env.fs.open(place.file, OpenMode::read);
  if (!file) return file.take_error();
  Result<std::string> etag = etag_of(key, **file);
  if (!etag) return etag.take_error();
  if (*etag != options.if_match)
    return Error(Errc::conflict, "the ETag is " + *etag + ", not " + options.if_match +
                                     ": somebody replaced the object; read it again");
  return {};
}

Result<void> Directory::State::publish(const Temporary& temporary, const Place& place,
                                       std::string_view key, const PutOptions& options) {
  const auto act = [&]() -> Result<void> {
    Result<std::unique_ptr<File>> held = lock();
    if (!held) return held.take_error();
    if (Result<void> met = check_conditions(place, key, options); !met) return met;
    if (Result<void> kept = remember_names(place.path); !kept) return kept;
    if (Result<void> made = env.fs.make_directories(place.directory); !made) return made;
    const bool in_parts = temporary.etag != temporary.md5;
    if (in_parts) {
      // Before the object, and beside the line of the one it replaces: either may be the one that
      // a power loss leaves, and the MD5 says which line is its own.
      std::string lines = temporary.md5 + " " + temporary.etag + "\n";
      Result<std::string> old = read_all(etag_file(key));
      if (old) lines += old->substr(0, old->find('\n') + 1);
      const std::string name = etag_file(key).substr(own("etags/").size());
      if (Result<void> written = write_own(own("etags"), name, lines); !written) return written;
    }
    env.faults.reached("store.written");
    if (Result<void> named = env.fs.rename(temporary.file, place.file); !named) return named;
    env.faults.reached("store.named");
    if (Result<void> synced = env.fs.sync_directory(place.directory); !synced) return synced;
    return in_parts ? Result<void>{} : remove_if_there(env.fs, etag_file(key));
  };
  Result<void> done = act();
  if (!done) (void)remove_if_there(env.fs, temporary.file);
  return done;
}

std::string Directory::State::etag_file(std::string_view key) const {
  return own("etags/" + to_hex(digest(DigestKind::sha256, key)));
}

Result<std::string> Directory::State::read_all(const std::string& path) const {
  Result<std::unique_ptr<File>> file = env.fs.open(path, OpenMode::read);
  if (!file) return file.take_error();
  Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.take_error();
  std::string bytes;
  Result<void> read = read_blocks(**file, 0, *size, [&](std::string_view block) -> Result<void> {
    bytes += block;
    return {};
  });
  if (!read) return read.take_error();
  return bytes;
}

Result<std::string> Directory::State::etag_of(std::string_view key, File& file) const {
  Result<std::uint64_t> size = file.size();
  if (!size) return size.take_error();
  Digest md5(DigestKind::md5);
  Result<void> read = read_blocks(file, 0, *size, [&](std::string_view block) -> Result<void> {
    md5.update(block);
    return {};
  });
  if (!read) return read.take_error();
  const std::string plain = to_hex(md5.finish());
  Result<std::string> lines = read_all(etag_file(key));
  if (!lines) {
    if (lines.error().code() == Errc::not_found) return plain;
    return lines.take_error();
  }
  const std::size_t found = lines->find(plain + " ");
  if (found == std::string::npos) return plain;
  const std::size_t begin = found + plain.size() + 1;
  return lines->substr(begin, lines->find('\n', begin) - begin);
}

}  // namespace millrace::store
