// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/store/directory.hpp"
#include "millrace/store/key_path.hpp"

namespace millrace::store {

/// An object's file, found below the root without passing a symbolic link.
struct Place {
  std::string directory;
  std::string file;  ///< with the directory
  KeyPath path;
};

/// Bytes that are on disk but not visible yet.
struct Temporary {
  std::string file;
  std::string md5;   ///< of the bytes, hex
  std::string etag;  ///< what the object's shall be
};

/// The part of Directory that all its calls share: places, temporary files, the lock.
///
///     <root>/<path of a key>           an object
///     <root>/.millrace/lock            held while names change
///     <root>/.millrace/tmp/<process>/  files being written; `lock` in it is held while it lives
///     <root>/.millrace/names/<digest>  a component whose file name is shortened
///     <root>/.millrace/etags/<digest>  by key: the ETag of an object that was uploaded in parts
///     <root>/.millrace/uploads/<id>/   `key`, and `part-<number>` a part
class Directory::State {
 public:
  class Lister;

  State(Env& e, std::string r) : env(e), root(std::move(r)) {}
  ~State();

  Result<void> open();
  Result<Place> locate(std::string_view key) const;
  /// Holds the store's lock until the file goes.
  Result<std::unique_ptr<File>> lock() const;

  /// Writes and syncs a file of this process's own. The name is removed again after an error.
  template <class Write>
  Result<std::string> write_temporary(Write write);
  Result<std::string> write_temporary(std::string_view bytes);
  /// The same, then gives it the name `file` in own directory `directory`, whole or not at all.
  Result<void> write_own(const std::string& directory, const std::string& file,
                         std::string_view bytes);

  /// Gives a temporary file its key when the conditions hold; removes it otherwise.
  Result<void> publish(const Temporary& temporary, const Place& place, std::string_view key,
                       const PutOptions& options);

  /// Where the parts are. Errors: not_found, invalid_input when it was begun for another key.
  Result<std::string> upload_directory(const Upload& upload) const;
  Result<Upload> unused_upload(std::string_view key) const;
  Result<Temporary> join_parts(const std::string& directory, const std::vector<Part>& parts);

  /// An object's ETag, from its bytes.
  Result<std::string> etag_of(std::string_view key, File& file) const;
  Result<std::string> read_all(const std::string& path) const;
  std::string own(std::string_view name) const { return root + "/.millrace/" + std::string(name); }
  std::string etag_file(std::string_view key) const;
  std::string unique_name() const;
  Result<void> remove_upload(const std::string& directory);
  Error error(std::string_view call, std::string_view key, const Error& cause) const;
  Error error(Errc code, std::string_view call, std::string_view key,
              std::string_view reason) const;

  Env& env;
  const std::string root;

 private:
  Result<void> check_conditions(const Place& place, std::string_view key,
                                const PutOptions& options) const;
  Result<void> make_own_directories();
  Result<void> remove_dead_sessions();
  Result<void> remove_half_uploads();
  Result<void> remember_names(const KeyPath& path);

  std::string session_;
  std::unique_ptr<File> session_lock_;
  mutable std::atomic<std::uint64_t> next_name_{0};
};

/// Gone already is as good as removed.
Result<void> remove_if_there(Fs& fs, const std::string& path);

/// Calls `use` with the file's bytes from `offset` to `end`, block by block.
template <class Use>
Result<void> read_blocks(File& file, std::uint64_t offset, std::uint64_t end, Use use) {
  constexpr std::size_t block_size = 256 * 1024;
  std::string block;
  while (offset < end) {
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(block_size, end - offset)));
    Result<std::size_t> got = file.read_at(offset, block);
    if (!got) return got.take_error();
    if (*got == 0) return Error(Errc::io, "the file became shorter while it was read");
    if (Result<void> used = use(std::string_view(block.data(), *got)); !used) return used;
    offset += *got;
  }
  return {};
}

template <class Write>
Result<std::string> Directory::State::write_temporary(Write write) {
  std::string path = session_ + "/" + unique_name();
  Result<std::unique_ptr<File>> file = env.fs.open(path, OpenMode::create_new);
  if (!file) return file.take_error();
  Result<void> done = write(**file);
  if (done) done = (*file)->sync();
  if (done) done = (*file)->close();
  if (done) return path;
  file->reset();
  (void)env.fs.remove(path);  // the first error is the one to tell; open() removes what is left
  return done.take_error();
}

}  // namespace millrace::store
