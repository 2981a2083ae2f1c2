// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/directory_checkpoint_store.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

Result<std::shared_ptr<void>> CheckpointStore::lock(const std::string&) {
  return std::shared_ptr<void>();
}

namespace {

const std::string lock_name = "LOCK";

bool is_part(std::string_view part) {
  return !part.empty() && part[0] != '.' && std::ranges::all_of(part, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

Result<void> check_checkpoint_name(std::string_view name) {
  for (std::string_view rest = name;;) {
    const std::size_t slash = rest.find('/');
    if (!is_part(rest.substr(0, slash)))
      return Error(Errc::invalid_input,
                   "checkpoint store: \"" + std::string(name) +
                       "\" is no name; use letters, digits, '-', '_' and '.', in parts joined by "
                       "'/' that do not begin with a dot");
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

DirectoryCheckpointStore::DirectoryCheckpointStore(Fs& fs, std::string directory)
    : fs_(fs), directory_(std::move(directory)) {}

Result<void> DirectoryCheckpointStore::put(const std::string& name, std::string_view bytes) {
  return write(name, bytes, true);
}

Result<void> DirectoryCheckpointStore::put_new(const std::string& name, std::string_view bytes) {
  return write(name, bytes, false);
}

Result<void> DirectoryCheckpointStore::write(const std::string& name, std::string_view bytes,
                                             bool replace) {
  if (auto good = check_checkpoint_name(name); !good) return good;
  if (name == lock_name)
    return Error(Errc::invalid_input, "checkpoint store " + directory_ + ": " + name +
                                          " is the directory's lock; choose another name");
  const std::string to = path(name);
  const std::string parent = to.substr(0, to.rfind('/'));
  if (auto made = fs_.make_directories(parent); !made) return made;
  Result<std::string> temporary = write_temporary(bytes);
  if (!temporary) return temporary.take_error();
  if (auto renamed = replace ? fs_.rename(*temporary, to) : fs_.rename_new(*temporary, to);
      !renamed) {
    (void)fs_.remove(*temporary);
    return renamed;
  }
  return fs_.sync_directory(parent);
}

Result<std::string> DirectoryCheckpointStore::write_temporary(std::string_view bytes) {
  const std::string directory = path(".tmp");
  if (auto made = fs_.make_directories(directory); !made) return made.take_error();
  for (;;) {
    std::string name = directory + '/' + std::to_string(next_temporary_++);
    Result<std::unique_ptr<File>> file = fs_.open(name, OpenMode::create_new);
    if (!file && file.error().code() == Errc::already_exists) continue;
    if (!file) return file.take_error();
    Result<void> done = (*file)->write_at(0, bytes);
    if (done) done = (*file)->sync();
    if (done) done = (*file)->close();
    if (done) return name;
    file->reset();
    (void)fs_.remove(name);  // a full disk needs the room; the first error is the one to tell
    return done.take_error();
  }
}

Result<std::string> DirectoryCheckpointStore::get(const std::string& name, ByteSize limit) {
  if (auto good = check_checkpoint_name(name); !good) return good.take_error();
  Result<std::unique_ptr<File>> file = fs_.open(path(name), OpenMode::read);
  if (!file) return file.take_error();
  Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.take_error();
  if (*size > limit.bytes)
    return Error(Errc::limit_exceeded, path(name) + " has " + std::to_string(*size) + " bytes; " +
                                           std::to_string(limit.bytes) + " at most were expected");
  std::string bytes(*size, '\0');
  Result<std::size_t> read = (*file)->read_at(0, bytes);
  if (!read) return read.take_error();
  bytes.resize(*read);
  return bytes;
}

Result<std::vector<std::string>> DirectoryCheckpointStore::list(const std::string& prefix) {
  std::vector<std::string> names;
  const std::size_t slash = prefix.rfind('/');
  const std::string below = slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
  if (auto listed = list_below(below, prefix, names); !listed) return listed.take_error();
  std::ranges::sort(names);
  return names;
}

/// `directory`: empty, or a part of a name up to its '/'.
Result<void> DirectoryCheckpointStore::list_below(const std::string& directory,
                                                  const std::string& prefix,
                                                  std::vector<std::string>& names) {
  Result<std::vector<std::string>> found = fs_.list(path(directory));
  if (!found) {
    // Also one that somebody has removed since its name was seen.
    if (found.error().code() == Errc::not_found) return {};
    return found.take_error();
  }
  for (const std::string& part : *found) {
    const std::string name = directory + part;
    if (!name.starts_with(prefix) || !is_part(part) || name == lock_name) continue;
    Result<std::optional<FileInfo>> info = fs_.info(path(name));
    if (!info) return info.take_error();
    if (!*info) continue;
    if (!(*info)->is_directory)
      names.push_back(name);
    else if (auto listed = list_below(name + '/', prefix, names); !listed)
      return listed;
  }
  return {};
}

Result<void> DirectoryCheckpointStore::remove(const std::string& name) {
  if (auto good = check_checkpoint_name(name); !good) return good;
  const std::string gone = path(name);
  const std::string parent = gone.substr(0, gone.rfind('/'));
  if (auto removed = fs_.remove(gone); !removed) {
    if (removed.error().code() == Errc::not_found) return {};
    return removed;
  }
  if (auto synced = fs_.sync_directory(parent); !synced) return synced;
  // The last one takes its directory along; that it has others in it is the common case.
  if (parent != directory_) (void)fs_.remove(parent);
  return {};
}

Result<std::shared_ptr<void>> DirectoryCheckpointStore::lock(const std::string& owner) {
  if (auto made = fs_.make_directories(directory_); !made) return made.take_error();
  Result<std::unique_ptr<File>> file = fs_.open(path(lock_name), OpenMode::create);
  if (!file) return file.take_error();
  Result<bool> mine = (*file)->try_lock();
  if (!mine) return mine.take_error();
  if (!*mine) return locked_by(**file);
  if (auto done = (*file)->truncate(0); !done) return done.take_error();
  if (auto done = (*file)->write_at(0, owner); !done) return done.take_error();
  if (auto done = settle(); !done) return done.take_error();
  return std::shared_ptr<void>(std::move(*file));
}

/// What puts and removes that were cut short have left: files in `.tmp`, directories without any,
/// names that are there and may not be durable, although their files' bytes are.
Result<void> DirectoryCheckpointStore::settle() {
  if (auto made = fs_.make_directories(path(".tmp")); !made) return made;
  Result<std::vector<std::string>> left = fs_.list(path(".tmp"));
  if (!left) return left.take_error();
  for (const std::string& name : *left)
    if (auto removed = fs_.remove(path(".tmp/" + name)); !removed) return removed;
  Result<std::vector<std::string>> found = fs_.list(directory_);
  if (!found) return found.take_error();
  for (const std::string& name : *found) {
    Result<std::optional<FileInfo>> info = fs_.info(path(name));
    if (!info) return info.take_error();
    if (!is_part(name) || !*info || !(*info)->is_directory) continue;
    Result<std::vector<std::string>> inside = fs_.list(path(name));
    if (!inside) return inside.take_error();
    if (auto done = inside->empty() ? fs_.remove(path(name)) : fs_.sync_directory(path(name));
        !done)
      return done;
  }
  return fs_.sync_directory(directory_);
}

Error DirectoryCheckpointStore::locked_by(File& lock) const {
  char text[200];
  Result<std::size_t> read = lock.read_at(0, text);
  const std::string_view owner(text, read ? *read : 0);
  return {Errc::conflict, "state directory " + directory_ + ": " +
                              (owner.empty() ? "another process" : std::string(owner)) +
                              " runs on it; stop that one, or give this one a directory of its "
                              "own"};
}

}  // namespace millrace
