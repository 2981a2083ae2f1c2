// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/directory.hpp"

#include "store/digest.hpp"
#include "store/directory_state.hpp"

namespace millrace::store {
namespace {

// An object opened for reading, and the bytes of it that are asked for.
struct Opened {
  std::unique_ptr<File> file;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

Result<Opened> open_range(Env& env, const std::string& path, const ByteRange& range) {
  Result<std::unique_ptr<File>> file = env.fs.open(path, OpenMode::read);
  if (!file) {
    if (file.error().code() == Errc::not_found) return Error(Errc::not_found, "no such object");
    return file.take_error();
  }
  Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.take_error();
  Opened opened{std::move(*file), 0, *size};
  if (range.whole()) return opened;
  const std::uint64_t length = std::min(range.length, *size);
  opened.begin = range.from_end ? *size - length : range.offset;
  if (opened.begin >= *size || length == 0)
    return Error(Errc::invalid_input, "the range begins at " + std::to_string(opened.begin) +
                                          " and has " + std::to_string(range.length) +
                                          " bytes; the object has " + std::to_string(*size));
  opened.end = opened.begin + std::min(length, *size - opened.begin);
  return opened;
}

}  // namespace

Result<Directory> Directory::open(Env& env, std::string root) {
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  if (root.empty())
    return Error(Errc::invalid_input,
                 "store: the root is empty; name a directory, \".\" for this one");
  auto state = std::make_shared<State>(env, std::move(root));
  if (Result<void> opened = state->open(); !opened) return state->error("open", {}, opened.error());
  return Directory(std::move(state));
}

const std::string& Directory::root() const { return state_->root; }

Result<std::string> Directory::put(std::string_view key, std::string_view bytes,
                                   const PutOptions& options) {
  Result<Place> place = state_->locate(key);
  if (!place) return state_->error("put", key, place.error());
  Result<std::string> file = state_->write_temporary(bytes);
  if (!file) return state_->error("put", key, file.error());
  const std::string md5 = to_hex(digest(DigestKind::md5, bytes));
  Result<void> published = state_->publish({*file, md5, md5}, *place, key, options);
  if (!published) return state_->error("put", key, published.error());
  return md5;
}

Result<std::string> Directory::get(std::string_view key, const ByteRange& range) const {
  Result<Place> place = state_->locate(key);
  if (!place) return state_->error("get", key, place.error());
  Result<Opened> opened = open_range(state_->env, place->file, range);
  if (!opened) return state_->error("get", key, opened.error());
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(opened->end - opened->begin));
  Result<void> read = read_blocks(*opened->file, opened->begin, opened->end,
                                  [&](std::string_view block) -> Result<void> {
                                    bytes += block;
                                    return {};
                                  });
  if (!read) return state_->error("get", key, read.error());
  return bytes;
}

Result<Text> Directory::get(std::string_view key, TextWriter& out, const ByteRange& range) const {
  Result<Place> place = state_->locate(key);
  if (!place) return state_->error("get", key, place.error());
  Result<Opened> opened = open_range(state_->env, place->file, range);
  if (!opened) return state_->error("get", key, opened.error());
  const std::uint64_t size = opened->end - opened->begin;
  constexpr std::uint64_t text_max = 1u << 30;
  if (size > text_max)
    return state_->error(Errc::limit_exceeded, "get", key,
                         std::to_string(size) +
                             " bytes do not fit in one text of 1 GiB; read "
                             "it range by range");
  char* to = out.reserve(static_cast<std::size_t>(size));
  Result<std::size_t> got =
      opened->file->read_at(opened->begin, {to, static_cast<std::size_t>(size)});
  if (!got) return state_->error("get", key, got.error());
  out.advance(to + *got);
  return out.finish();
}

Result<ObjectInfo> Directory::head(std::string_view key) const {
  Result<Place> place = state_->locate(key);
  if (!place) return state_->error("head", key, place.error());
  Result<Opened> opened = open_range(state_->env, place->file, {});
  if (!opened) return state_->error("head", key, opened.error());
  Result<std::optional<FileInfo>> info = state_->env.fs.info(place->file);
  if (!info) return state_->error("head", key, info.error());
  if (!*info) return state_->error(Errc::not_found, "head", key, "no such object");
  Result<std::string> etag = state_->etag_of(key, *opened->file);
  if (!etag) return state_->error("head", key, etag.error());
  return ObjectInfo{std::string(key), opened->end, (*info)->modified, std::move(*etag)};
}

Result<void> Directory::remove(std::string_view key) {
  Result<Place> place = state_->locate(key);
  if (!place) return state_->error("remove", key, place.error());
  Result<std::unique_ptr<File>> held = state_->lock();
  if (!held) return state_->error("remove", key, held.error());
  Fs& fs = state_->env.fs;
  if (Result<void> removed = fs.remove(place->file); !removed) {
    if (removed.error().code() == Errc::not_found) return {};
    return state_->error("remove", key, removed.error());
  }
  if (Result<void> synced = fs.sync_directory(place->directory); !synced)
    return state_->error("remove", key, synced.error());
  (void)fs.remove(state_->etag_file(key));  // a line that fits no object is harmless
  // Empty directories go as far as they are empty: the first one that is not ends it.
  for (std::string directory = place->directory; directory != state_->root;
       directory.resize(directory.rfind('/')))
    if (!fs.remove(directory)) break;
  return {};
}

}  // namespace millrace::store
