// SPDX-License-Identifier: BSL-1.0
#include "recovery.hpp"

#include <algorithm>

#include "bytes.hpp"

namespace millrace::log {
namespace {

// The footer of segment `base` must lead to the next one. Gives the arrival of its last record.
Result<Timestamp> check_sealed(Fs& fs, const ShardPlace& place, std::uint64_t base,
                               std::uint64_t next) {
  const std::string path = place.segment_path(base);
  auto file = fs.open(path, OpenMode::read);
  if (!file) return file.take_error();
  auto footer = read_footer(**file, place.segment_id_of(base));
  if (!footer) return footer.take_error();
  auto size = (*file)->size();
  if (!size) return size.take_error();
  const std::uint64_t at = *size > footer_frame_size ? *size - footer_frame_size : 0;
  if (!*footer)
    return corrupted_at(path, at, "a sealed segment must end with its footer, and none is there");
  if ((*footer)->next != next)
    return corrupted_at(path, at,
                        concat("the footer says that record ", (*footer)->next,
                               " comes next, but the next segment starts at ", next));
  return (*footer)->newest;
}

// Whether any byte from `position` on is not zero.
Result<bool> has_bytes(File& file, std::uint64_t position, std::uint64_t size) {
  std::string buffer;
  while (position < size) {
    buffer.resize(std::min<std::uint64_t>(256 * 1024, size - position));
    auto n = file.read_at(position, buffer);
    if (!n) return n.take_error();
    if (*n == 0) break;
    if (buffer.find_first_not_of('\0') < *n) return true;
    position += *n;
  }
  return false;
}

Result<SegmentHeader> read_header(File& file) {
  std::string bytes(segment_header_size, '\0');
  auto n = file.read_at(0, bytes);
  if (!n) return n.take_error();
  return decode_segment_header(std::string_view(bytes).substr(0, *n));
}

Result<void> check_header(File& file, const ShardPlace& place, Findings& found) {
  auto header = check_segment_header(file, place, found.tail.base);
  if (header || header.error().code() != Errc::corrupted || read_header(file)) return header;
  // The header is synced before any frame is written, so one that is bad above a frame is damage.
  Tail before = found.tail;
  before.position = 0;
  auto later = find_later_frame(file, before);
  if (!later) return later.take_error();
  if (*later) return header;
  found.unborn = true;
  return {};
}

// A frame that can't be read ends the log here, unless it was synced once: that is damage.
Result<void> check_tail(File& file, const ShardPlace& place, Findings& found) {
  const Tail& tail = found.tail;
  auto torn = has_bytes(file, tail.position, found.file_size);
  if (!torn) return torn.take_error();
  found.torn = *torn;
  if (!found.torn) return {};
  const std::string path = place.segment_path(tail.base);
  auto later = find_later_frame(file, tail);
  if (!later) return later.take_error();
  if (*later && (*later)->header.durable_upto > tail.next)
    return corrupted_at(path, tail.position,
                        concat("the frame of record ", tail.next, " is damaged, and the one at ",
                               (*later)->position, " says that records below ",
                               (*later)->header.durable_upto, " were synced"));
  return {};
}

Result<void> examine_last(Fs& fs, const ShardPlace& place, Timestamp newest, Findings& found) {
  found.tail = Tail(found.bases.back(), place.segment_id_of(found.bases.back()));
  found.tail.newest = newest;
  auto file = fs.open(place.segment_path(found.tail.base), OpenMode::read);
  if (!file) return file.take_error();
  auto size = (*file)->size();
  if (!size) return size.take_error();
  found.file_size = *size;
  if (auto done = check_header(**file, place, found); !done || found.unborn) return done;
  const auto& published = found.published;
  const bool poisoned = published && published->poisoned && published->segment == found.tail.base;
  const std::uint64_t end = poisoned ? std::min(*size, published->durable_position) : *size;
  if (auto done = scan(**file, end, found.tail); !done) return done;
  if (poisoned) {
    found.torn = *size > found.tail.position;
    return {};
  }
  return check_tail(**file, place, found);
}

}  // namespace

Error corrupted_at(const std::string& path, std::uint64_t position, std::string_view what) {
  return Error(Errc::corrupted, concat(path, " at offset ", position, ": ", what,
                                       "; the shard stops here: restore the file from a copy"));
}

Result<void> check_segment_header(File& file, const ShardPlace& place, std::uint64_t base) {
  const std::string path = place.segment_path(base);
  const auto header = read_header(file);
  if (!header) {
    if (header.error().code() == Errc::corrupted)
      return corrupted_at(path, 0, header.error().message());
    return Error(header.error().code(), concat(path, ": ", header.error().message()));
  }
  if (header->shard != place.index || header->base != base ||
      header->id != place.segment_id_of(base))
    return corrupted_at(path, 0, "the header belongs to another shard, segment or stream");
  return {};
}

Result<std::vector<std::uint64_t>> list_segments(Fs& fs, const ShardPlace& place) {
  std::vector<std::uint64_t> bases;
  auto names = fs.list(place.directory);
  if (!names) {
    if (names.error().code() == Errc::not_found) return bases;
    return names.take_error();
  }
  for (const std::string& name : *names)
    if (const auto base = parse_segment_name(name)) bases.push_back(*base);
  std::sort(bases.begin(), bases.end());
  return bases;
}

Result<Findings> examine(Fs& fs, const ShardPlace& place) {
  Findings found;
  if (auto slot = fs.open(place.directory + "/published", OpenMode::read)) {
    auto published = read_published(**slot);
    if (!published) return published.take_error();
    found.published = *published;
  } else if (slot.error().code() != Errc::not_found) {
    return slot.take_error();
  }
  auto bases = list_segments(fs, place);
  if (!bases) return bases.take_error();
  found.bases = std::move(*bases);
  Timestamp newest = start_of_time;
  for (std::size_t i = 0; i + 1 < found.bases.size(); ++i) {
    auto last = check_sealed(fs, place, found.bases[i], found.bases[i + 1]);
    if (!last) return last.take_error();
    newest = *last;
  }
  if (!found.bases.empty())
    if (auto ok = examine_last(fs, place, newest, found); !ok) return ok.take_error();
  if (found.published && found.published->durable > found.tail.next)
    found.missing = found.published->durable - found.tail.next;
  return found;
}

Result<void> refuse_missing(const Findings& found, const ShardPlace& place) {
  if (found.missing == 0) return {};
  const std::string path = found.bases.empty() ? place.segment_path(found.published->segment)
                                               : place.segment_path(found.bases.back());
  return corrupted_at(path, found.bases.empty() ? 0 : found.tail.position,
                      concat("the log ends before record ", found.tail.next, ", but records below ",
                             found.published->durable, " were published as durable"));
}

}  // namespace millrace::log
