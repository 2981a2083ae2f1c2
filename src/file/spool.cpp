// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/spool.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "millrace/core/crc32c.hpp"

namespace millrace::file {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

constexpr std::string_view suffix = ".spool";
constexpr std::size_t owner_max = 100;
constexpr std::size_t frame_header = sizeof(std::uint32_t);
constexpr std::size_t block_size = std::size_t{256} << 10;

std::string hex(std::uint64_t n) {
  std::string out(16, '0');
  for (auto digit = out.rbegin(); n != 0; n >>= 4) *digit++ = "0123456789abcdef"[n & 15];
  return out;
}

// A part of a file's name, different for different owners.
std::string escaped(std::string_view owner) {
  std::string out;
  for (const char c : owner) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
    if (plain)
      out += c;
    else
      out += '%' + hex(static_cast<unsigned char>(c)).substr(14);
  }
  return out.substr(0, owner_max);
}

Error gone(const std::string& path) {
  return Error(Errc::not_found, "spool " + path +
                                    " is gone, and a checkpoint lists it: restore the file from a "
                                    "copy, or its records are lost");
}

Error cut(const std::string& path, std::uint64_t size, std::uint64_t wanted) {
  return Error(Errc::corrupted, "spool " + path + " has " + std::to_string(size) +
                                    " bytes where the checkpoint says " + std::to_string(wanted) +
                                    ": restore the file from a copy, or its records are lost");
}

}  // namespace

void SpoolMark::pack(Packer& to) const { to.text(name).number(size).number(crc); }

SpoolMark SpoolMark::unpack(Unpacker& from) {
  SpoolMark mark;
  mark.name = from.text();
  mark.size = from.number();
  mark.crc = static_cast<std::uint32_t>(from.number());
  return mark;
}

SpoolDirectory::SpoolDirectory(std::string directory, const std::string& owner)
    : directory_(std::move(directory)), prefix_(escaped(owner) + '.') {}

Result<void> SpoolDirectory::open(Env& env) {
  if (env_) return {};
  if (Result<void> made = env.fs.make_directories(directory_); !made) return made;
  const std::string path = directory_ + '/' + prefix_ + "lock";
  Result<std::unique_ptr<File>> lock = env.fs.open(path, OpenMode::create);
  if (!lock) return lock.take_error();
  Result<bool> mine = (*lock)->try_lock();
  if (!mine) return mine.take_error();
  if (!*mine)
    return Error(Errc::conflict, path +
                                     ": another sink keeps its spools under this name; stop its "
                                     "process, or give each sink a name or a directory of its own");
  lock_ = std::move(*lock);
  env_ = &env;
  return {};
}

Result<void> SpoolDirectory::sync() {
  if (!new_names_) return {};
  env_->faults.reached("spool.written");
  Result<void> done = env_->fs.sync_directory(directory_);
  if (done) new_names_ = false;
  return done;
}

Result<void> SpoolDirectory::remove(const std::vector<SpoolMark>& spools) {
  for (const SpoolMark& spool : spools) {
    if (Result<void> done = env_->fs.remove(path_of(spool));
        !done && done.error().code() != Errc::not_found)
      return done;
    env_->faults.reached("spool.removed");
  }
  return {};
}

Result<void> SpoolDirectory::keep_only(const std::vector<SpoolMark>& kept) {
  Result<std::vector<std::string>> names = env_->fs.list(directory_);
  if (!names) return names.take_error();
  std::vector<SpoolMark> unlisted;
  for (const std::string& name : *names)
    if (name.starts_with(prefix_) && name.ends_with(suffix) &&
        std::ranges::find(kept, name, &SpoolMark::name) == kept.end())
      unlisted.push_back({.name = name});
  for (const SpoolMark& mark : kept) {
    if (mark.size == 0) continue;
    Result<std::optional<FileInfo>> there = env_->fs.info(path_of(mark));
    if (!there) return there.take_error();
    if (!*there) return gone(path_of(mark));
    if ((*there)->size < mark.size) return cut(path_of(mark), (*there)->size, mark.size);
  }
  return remove(unlisted);
}

Result<std::unique_ptr<File>> SpoolDirectory::make(std::string& name) {
  for (;;) {  // a simulated process may draw the names of its predecessor again
    std::string drawn = prefix_ + hex(env_->rng.next()) + std::string(suffix);
    Result<std::unique_ptr<File>> file =
        env_->fs.open(directory_ + '/' + drawn, OpenMode::create_new);
    if (!file && file.error().code() == Errc::already_exists) continue;
    if (file) {
      name = std::move(drawn);
      new_names_ = true;
    }
    return file;
  }
}

Result<std::unique_ptr<File>> SpoolDirectory::open_marked(const SpoolMark& mark,
                                                          OpenMode mode) const {
  Result<std::unique_ptr<File>> file = env_->fs.open(path_of(mark), mode);
  if (!file)
    return file.error().code() == Errc::not_found ? gone(path_of(mark)) : file.take_error();
  Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.take_error();
  if (*size < mark.size) return cut(path_of(mark), *size, mark.size);
  return file;
}

void Spool::append(std::initializer_list<std::string_view> parts) {
  std::uint32_t size = 0;
  for (const std::string_view part : parts) size += static_cast<std::uint32_t>(part.size());
  tail_.append(reinterpret_cast<const char*>(&size), sizeof size);
  for (const std::string_view part : parts) tail_.append(part);
}

Result<void> Spool::open(SpoolDirectory& directory) {
  if (file_) return {};
  Result<std::unique_ptr<File>> file = mark_.name.empty()
                                           ? directory.make(mark_.name)
                                           : directory.open_marked(mark_, OpenMode::read_write);
  if (!file) return file.take_error();
  file_ = std::move(*file);
  return {};
}

Result<void> Spool::write(SpoolDirectory& directory) {
  if (tail_.empty()) return {};
  if (Result<void> opened = open(directory); !opened) return opened;
  unsynced_ = true;
  if (Result<void> done = file_->write_at(mark_.size, tail_); !done) return done;
  mark_.size += tail_.size();
  mark_.crc = crc32c(mark_.crc, tail_);
  tail_.clear();
  return {};
}

Result<void> Spool::sync(SpoolDirectory& directory) {
  Result<void> done = write(directory);
  if (!done || !unsynced_) return done;
  done = open(directory);
  if (done) done = file_->sync();
  if (done) unsynced_ = false;
  return done;
}

Result<void> Spool::close() {
  if (!file_) return {};
  Result<void> done = file_->close();
  file_.reset();
  return done;
}

Result<SpoolReader> SpoolReader::open(const SpoolDirectory& directory, const SpoolMark& mark) {
  if (mark.size == 0) return SpoolReader({}, mark, nullptr);
  Result<std::unique_ptr<File>> file = directory.open_marked(mark, OpenMode::read);
  if (!file) return file.take_error();
  return SpoolReader(directory.path_of(mark), mark, std::move(*file));
}

Result<bool> SpoolReader::next(std::string_view& record) {
  const std::uint64_t at = read_to_ - (block_.size() - begin_);
  if (at == mark_.size) {
    if (crc_ != mark_.crc) return damaged("its CRC-32C is not the one that the checkpoint has");
    return false;
  }
  if (Result<void> filled = fill(frame_header); !filled) return filled.take_error();
  std::uint32_t size = 0;
  if (block_.size() - begin_ >= frame_header)
    std::memcpy(&size, block_.data() + begin_, frame_header);
  if (mark_.size - at < frame_header || mark_.size - at - frame_header < size)
    return damaged("at byte " + std::to_string(at) + " is a record that does not end");
  if (Result<void> filled = fill(frame_header + size); !filled) return filled.take_error();
  record = std::string_view(block_).substr(begin_ + frame_header, size);
  begin_ += frame_header + size;
  return true;
}

/// Makes the block hold so much, unless the spool ends before.
Result<void> SpoolReader::fill(std::size_t wanted) {
  if (block_.size() - begin_ >= wanted || read_to_ == mark_.size) return {};
  block_.erase(0, begin_);
  begin_ = 0;
  const std::size_t held = block_.size();
  const std::uint64_t more =
      std::min<std::uint64_t>(std::max(wanted - held, block_size), mark_.size - read_to_);
  block_.resize(held + static_cast<std::size_t>(more));
  const std::span<char> room(block_.data() + held, static_cast<std::size_t>(more));
  Result<std::size_t> got = file_->read_at(read_to_, room);
  if (!got) return got.take_error();
  if (*got < more) return damaged("it ends at byte " + std::to_string(read_to_ + *got));
  crc_ = crc32c(crc_, {room.data(), room.size()});
  read_to_ += more;
  return {};
}

Error SpoolReader::damaged(const std::string& how) const {
  return Error(Errc::corrupted, "spool " + path_ + ": " + how +
                                    ": restore the file from a copy, or its records are lost");
}

}  // namespace millrace::file
