// SPDX-License-Identifier: BSL-1.0
#include "index.hpp"

#include <algorithm>

#include "bytes.hpp"
#include "millrace/core/crc32c.hpp"

namespace millrace::log {
namespace {

constexpr std::string_view magic = "MRLOGIDX";

std::optional<std::vector<IndexEntry>> decode(std::string_view bytes, std::uint64_t segment_id) {
  if (bytes.size() < 20 || !bytes.starts_with(magic) || (bytes.size() - 20) % 24 != 0)
    return std::nullopt;
  const std::string_view body = bytes.substr(0, bytes.size() - 4);
  if (get<std::uint32_t>(body.data() + body.size()) != mask_crc(crc32c(0, body)) ||
      get<std::uint64_t>(body.data() + 8) != segment_id)
    return std::nullopt;
  std::vector<IndexEntry> entries;
  for (const char* p = body.data() + 16; p != body.data() + body.size(); p += 24)
    entries.push_back({get<std::uint64_t>(p), get<std::uint64_t>(p + 8),
                       Timestamp(Duration(get<std::int64_t>(p + 16)))});
  return entries;
}

std::optional<std::vector<IndexEntry>> read(Fs& fs, const std::string& path,
                                            std::uint64_t segment_id) {
  auto file = fs.open(path, OpenMode::read);
  if (!file) return std::nullopt;
  auto size = (*file)->size();
  if (!size || *size > (64u << 20)) return std::nullopt;
  std::string bytes(*size, '\0');
  const auto n = (*file)->read_at(0, bytes);
  if (!n || *n != bytes.size()) return std::nullopt;
  return decode(bytes, segment_id);
}

}  // namespace

std::uint64_t Index::position_of(std::uint64_t offset) const {
  const auto after =
      std::upper_bound(entries.begin(), entries.end(), offset,
                       [](std::uint64_t o, const IndexEntry& entry) { return o < entry.offset; });
  return after == entries.begin() ? segment_header_size : std::prev(after)->position;
}

std::uint64_t Index::position_at(Timestamp time) const {
  // Several blocks may begin at the same instant, so this goes to the last that began before it.
  const auto at =
      std::lower_bound(entries.begin(), entries.end(), time,
                       [](const IndexEntry& entry, Timestamp t) { return entry.arrival < t; });
  return at == entries.begin() ? segment_header_size : std::prev(at)->position;
}

std::string index_path(std::string_view segment_path) {
  return std::string(segment_path.substr(0, segment_path.size() - 4)) + ".idx";
}

void store_index(Fs& fs, const std::string& path, std::uint64_t segment_id,
                 const std::vector<IndexEntry>& entries) {
  std::string bytes(magic);
  put(bytes, segment_id);
  for (const IndexEntry& entry : entries) {
    put(bytes, entry.offset);
    put(bytes, entry.position);
    put(bytes, static_cast<std::int64_t>(entry.arrival.time_since_epoch().count()));
  }
  put(bytes, mask_crc(crc32c(0, bytes)));
  auto file = fs.open(path, OpenMode::create);
  if (!file) return;
  // Readers take a half-written one for a damaged one, so it needs no other name at first.
  if ((*file)->truncate(0)) static_cast<void>((*file)->write_at(0, bytes).has_value());
}

Result<Index> load_index(Fs& fs, const std::string& segment_path, File& segment,
                         std::uint64_t segment_id, std::uint64_t base) {
  const std::string path = index_path(segment_path);
  if (auto entries = read(fs, path, segment_id)) return Index{std::move(*entries)};
  auto size = segment.size();
  if (!size) return size.take_error();
  Tail tail(base, segment_id);
  if (auto done = scan(segment, *size, tail); !done) return done.take_error();
  if (tail.footer) store_index(fs, path, segment_id, tail.index);
  return Index{std::move(tail.index)};
}

}  // namespace millrace::log
