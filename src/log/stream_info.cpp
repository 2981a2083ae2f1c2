// SPDX-License-Identifier: BSL-1.0
#include "stream_info.hpp"

#include <algorithm>

#include "bytes.hpp"
#include "millrace/core/crc32c.hpp"
#include "millrace/log/format.hpp"
#include "millrace/log/hash_key.hpp"
#include "millrace/log/log.hpp"

namespace millrace::log {
namespace {

constexpr std::string_view magic = "MRSTREAM";
constexpr std::size_t fixed_size = 8 + 4 + 4 + 8 + 8;

std::string encode(const StreamInfo& info) {
  std::string out(magic);
  put(out, format_version);
  put(out, info.shards);
  put(out, info.id);
  put(out, static_cast<std::int64_t>(info.created.time_since_epoch().count()));
  for (std::uint32_t i = 0; i < info.shards; ++i) {
    const HashRange range = range_of(i, info.shards);
    for (const auto n : {range.first.high, range.first.low, range.last.high, range.last.low})
      put(out, n);
  }
  put(out, mask_crc(crc32c(0, out)));
  return out;
}

Result<StreamInfo> decode(std::string_view bytes, const std::string& path) {
  const auto bad = [&](std::string_view why) {
    return Error(Errc::corrupted,
                 concat(path, " at offset 0: ", why, "; restore this file from a copy"));
  };
  if (bytes.size() < fixed_size + 4 || !bytes.starts_with(magic)) return bad("not a stream file");
  const std::string_view body = bytes.substr(0, bytes.size() - 4);
  const char* p = body.data();
  if (get<std::uint32_t>(p + body.size()) != mask_crc(crc32c(0, body))) return bad("wrong CRC");
  if (const auto version = get<std::uint32_t>(p + 8); version != format_version)
    return Error(Errc::unsupported,
                 concat(path, ": format version ", version, ", and this program knows ",
                        format_version, "; read it with a newer release"));
  StreamInfo info{.shards = get<std::uint32_t>(p + 12),
                  .id = get<std::uint64_t>(p + 16),
                  .created = Timestamp(Duration(get<std::int64_t>(p + 24)))};
  if (info.shards == 0 || info.shards > most_shards || encode(info) != bytes)
    return bad("ranges that this program does not know");
  return info;
}

// A stream file that is gone while its shards are there must not be replaced by a new one.
Result<void> refuse_orphans(Fs& fs, const std::string& directory) {
  auto names = fs.list(directory);
  if (!names) return names.error().code() == Errc::not_found ? Result<void>{} : names.take_error();
  for (const std::string& name : *names) {
    if (!name.starts_with("shard-")) continue;
    auto files = fs.list(directory + '/' + name);
    if (!files) return files.take_error();
    for (const std::string& file : *files) {
      if (!parse_segment_name(file)) continue;
      // Another process may have made the stream since it was looked for.
      auto made = fs.info(directory + "/stream");
      if (!made) return made.take_error();
      if (*made) return {};
      return Error(Errc::corrupted, concat(directory, "/stream: missing, but ", name, '/', file,
                                           " is there; restore it from a copy"));
    }
  }
  return {};
}

Result<void> create(Env& env, const std::string& directory, std::uint32_t shards) {
  if (auto done = env.fs.make_directories(directory); !done) return done.take_error();
  if (auto done = refuse_orphans(env.fs, directory); !done) return done.take_error();
  const StreamInfo info{.shards = shards, .id = env.rng.next(), .created = env.clock.wall()};
  const std::string path = directory + "/stream";
  const std::string draft = concat(path, '-', env.rng.next(), ".tmp");
  auto file = env.fs.open(draft, OpenMode::create_new);
  if (!file) return file.take_error();
  auto done = (*file)->write_at(0, encode(info));
  if (done) done = (*file)->sync();
  if (done) done = (*file)->close();
  if (done) done = env.fs.rename_new(draft, path);
  if (!done) {
    static_cast<void>(env.fs.remove(draft).has_value());
    // Somebody else was faster: theirs counts.
    if (done.error().code() != Errc::already_exists) return done.take_error();
  }
  return env.fs.sync_directory(directory);
}

}  // namespace

std::string shard_name(std::uint32_t index) {
  const std::string digits = std::to_string(index);
  return "shard-" + std::string(6 - digits.size(), '0') + digits;
}

Result<StreamInfo> read_stream(Fs& fs, const std::string& directory) {
  const std::string path = directory + "/stream";
  auto file = fs.open(path, OpenMode::read);
  if (!file) {
    if (file.error().code() != Errc::not_found) return file.take_error();
    if (auto orphans = refuse_orphans(fs, directory); !orphans) return orphans.take_error();
    if (auto made = fs.info(path); made && *made) return read_stream(fs, directory);
    return Error(Errc::not_found, concat("log ", directory,
                                         ": there is no stream here; create it by opening it with "
                                         "a number of shards, or check the path"));
  }
  auto size = (*file)->size();
  if (!size) return size.take_error();
  std::string bytes(std::min<std::uint64_t>(*size, fixed_size + 32ull * most_shards + 4), '\0');
  auto n = (*file)->read_at(0, bytes);
  if (!n) return n.take_error();
  return decode(std::string_view(bytes).substr(0, *n), path);
}

Result<StreamInfo> open_stream(Env& env, const std::string& directory, std::uint32_t shards) {
  if (shards > most_shards)
    return Error(Errc::invalid_input,
                 concat("log ", directory, ": ", shards, " shards; at most ", most_shards));
  auto info = read_stream(env.fs, directory);
  if (!info && info.error().code() == Errc::not_found && shards != 0) {
    if (auto made = create(env, directory, shards); !made) return made.take_error();
    info = read_stream(env.fs, directory);
  }
  if (info && shards != 0 && info->shards != shards)
    return Error(Errc::conflict, concat("log ", directory, ": it has ", info->shards,
                                        " shards, and ", shards, " were asked for; open it with ",
                                        info->shards, ", or with 0 for as many as it has"));
  return info;
}

}  // namespace millrace::log
