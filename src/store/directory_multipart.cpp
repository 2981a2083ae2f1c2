// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstdio>

#include "store/digest.hpp"
#include "store/directory_state.hpp"

namespace millrace::store {
namespace {

constexpr std::uint32_t part_max = 10000;

// Sorted by name is sorted by number.
std::string part_name(std::uint32_t number) {
  char name[16];
  std::snprintf(name, sizeof name, "part-%05u", number);
  return name;
}

// Ids come back from callers and checkpoints: what is no plain name must not become a path.
bool is_upload_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
  });
}

Error gone(std::string_view id) {
  return Error(Errc::not_found,
               "no upload " + quoted(id) + ": it was completed, aborted or never begun");
}

}  // namespace

Result<std::string> Directory::State::upload_directory(const Upload& upload) const {
  if (!is_upload_id(upload.id)) return gone(upload.id);
  std::string directory = own("uploads/" + upload.id);
  Result<std::string> key = read_all(directory + "/key");
  if (!key) {
    if (key.error().code() == Errc::not_found) return gone(upload.id);
    return key.take_error();
  }
  if (*key != upload.key)
    return Error(Errc::invalid_input, "upload " + upload.id + " was begun for " + quoted(*key));
  return directory;
}

// A simulated process may draw the ids of its predecessor again.
Result<Upload> Directory::State::unused_upload(std::string_view key) const {
  for (;;) {
    Upload upload{unique_name(), std::string(key)};
    Result<std::optional<FileInfo>> taken = env.fs.info(own("uploads/" + upload.id));
    if (!taken) return taken.take_error();
    if (!*taken) return upload;
  }
}

Result<Upload> Directory::create_upload(std::string_view key) {
  Result<Place> place = state_->locate(key);
  if (!place) return state_->error("create_upload", key, place.error());
  // Under the lock, so that nobody's open() takes it for one that is half gone.
  Result<std::unique_ptr<File>> held = state_->lock();
  if (!held) return state_->error("create_upload", key, held.error());
  Result<Upload> upload = state_->unused_upload(key);
  if (!upload) return state_->error("create_upload", key, upload.error());
  const std::string directory = state_->own("uploads/" + upload->id);
  Result<void> made = state_->env.fs.make_directories(directory);
  if (made) made = state_->write_own(directory, "key", key);
  if (made) return upload;
  (void)state_->env.fs.remove(directory);
  return state_->error("create_upload", key, made.error());
}

Result<Part> Directory::upload_part(const Upload& upload, std::uint32_t number,
                                    std::string_view bytes) {
  if (number < 1 || number > part_max)
    return state_->error(Errc::invalid_input, "upload_part", upload.key,
                         "part " + std::to_string(number) + " is not one of 1 to 10000");
  Result<std::string> directory = state_->upload_directory(upload);
  if (!directory) return state_->error("upload_part", upload.key, directory.error());
  Result<void> written = state_->write_own(*directory, part_name(number), bytes);
  if (!written) return state_->error("upload_part", upload.key, written.error());
  return Part{number, to_hex(digest(DigestKind::md5, bytes))};
}

Result<Temporary> Directory::State::join_parts(const std::string& directory,
                                               const std::vector<Part>& parts) {
  Digest whole(DigestKind::md5);
  std::string part_digests;
  const auto append = [&](File& to, const Part& part, std::uint64_t& end) -> Result<void> {
    Result<std::unique_ptr<File>> from =
        env.fs.open(directory + "/" + part_name(part.number), OpenMode::read);
    if (!from) {
      if (from.error().code() != Errc::not_found) return from.take_error();
      return Error(Errc::invalid_input,
                   "part " + std::to_string(part.number) + " was not uploaded");
    }
    Result<std::uint64_t> size = (*from)->size();
    if (!size) return size.take_error();
    Digest md5(DigestKind::md5);
    Result<void> copied = read_blocks(**from, 0, *size, [&](std::string_view block) {
      md5.update(block);
      whole.update(block);
      Result<void> written = to.write_at(end, block);
      end += block.size();
      return written;
    });
    if (!copied) return copied;
    const std::string raw = md5.finish();
    if (to_hex(raw) != part.etag)
      return Error(Errc::invalid_input, "part " + std::to_string(part.number) + " has ETag " +
                                            to_hex(raw) + ", not " + part.etag);
    part_digests += raw;
    return {};
  };
  Result<std::string> file = write_temporary([&](File& to) -> Result<void> {
    std::uint64_t end = 0;
    for (const Part& part : parts)
      if (Result<void> appended = append(to, part, end); !appended) return appended;
    return {};
  });
  if (!file) return file.take_error();
  return Temporary{
      std::move(*file), to_hex(whole.finish()),
      to_hex(digest(DigestKind::md5, part_digests)) + "-" + std::to_string(parts.size())};
}

Result<std::string> Directory::complete(const Upload& upload, const std::vector<Part>& parts,
                                        const PutOptions& options) {
  const auto fail = [&](const Error& e) { return state_->error("complete", upload.key, e); };
  Result<Place> place = state_->locate(upload.key);
  if (!place) return fail(place.error());
  Result<std::string> directory = state_->upload_directory(upload);
  if (!directory) return fail(directory.error());
  const auto not_ascending = [](const Part& a, const Part& b) { return a.number >= b.number; };
  if (parts.empty() || std::adjacent_find(parts.begin(), parts.end(), not_ascending) != parts.end())
    return fail({Errc::invalid_input, "the parts' numbers must ascend, and there must be one"});
  Result<Temporary> joined = state_->join_parts(*directory, parts);
  if (!joined) return fail(joined.error());
  Result<void> published = state_->publish(*joined, *place, upload.key, options);
  if (!published) return fail(published.error());
  if (Result<void> dropped = abort(upload); !dropped) return fail(dropped.error());
  return joined->etag;
}

Result<void> Directory::abort(const Upload& upload) {
  if (!is_upload_id(upload.id)) return {};
  Result<void> removed = state_->remove_upload(state_->own("uploads/" + upload.id));
  if (!removed) return state_->error("abort", upload.key, removed.error());
  return {};
}

Result<std::vector<Upload>> Directory::uploads(std::string_view prefix) const {
  Result<std::vector<std::string>> ids = state_->env.fs.list(state_->own("uploads"));
  if (!ids) return state_->error("uploads", prefix, ids.error());
  std::vector<Upload> found;
  for (const std::string& id : *ids) {
    Result<std::string> key = state_->read_all(state_->own("uploads/" + id) + "/key");
    if (!key) {
      if (key.error().code() == Errc::not_found) continue;
      return state_->error("uploads", prefix, key.error());
    }
    if (key->starts_with(prefix)) found.push_back({id, std::move(*key)});
  }
  return found;
}

}  // namespace millrace::store
