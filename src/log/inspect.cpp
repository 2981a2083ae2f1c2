// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/inspect.hpp"

#include <algorithm>

#include "bytes.hpp"
#include "millrace/log/log.hpp"
#include "recovery.hpp"

namespace millrace::log {
namespace {

enum class Rigour : bool { show, check };

class Walk {
 public:
  Walk(Fs& fs, std::string directory, const OnRecord& on_record, Rigour rigour)
      : fs_(fs), directory_(std::move(directory)), on_record_(on_record), rigour_(rigour) {}

  Result<void> shard(const StreamInfo& info, std::uint32_t index, std::uint64_t from = 0);
  bool stopped() const { return stopped_; }
  Inspection take() { return std::move(seen_); }
  Result<Findings> examine_shard(const StreamInfo& info, std::uint32_t index);

 private:
  Result<void> segment(const Findings& found, std::size_t i, std::uint64_t from);
  bool records(std::string_view frame, std::uint64_t base, std::uint64_t from);

  Fs& fs_;
  std::string directory_;
  const OnRecord& on_record_;
  Rigour rigour_;
  ShardPlace place_;
  Inspection seen_;
  bool stopped_ = false;
};

Result<Findings> Walk::examine_shard(const StreamInfo& info, std::uint32_t index) {
  place_ = {directory_ + '/' + shard_name(index), index, info.id};
  auto found = examine(fs_, place_);
  if (!found) return found;
  if (auto complete = refuse_missing(*found, place_); !complete) {
    if (rigour_ == Rigour::check) return complete.take_error();
    seen_.warnings.push_back(complete.error().message());
  } else if (found->torn) {
    seen_.warnings.push_back(concat(
        place_.segment_path(found->tail.base), " at offset ", found->tail.position, ": ",
        found->file_size - found->tail.position, " bytes of a torn tail, which recovery will cut"));
  }
  return found;
}

Result<void> Walk::shard(const StreamInfo& info, std::uint32_t index, std::uint64_t from) {
  auto found = examine_shard(info, index);
  if (!found) return found.take_error();
  seen_.ended_shards += found->tail.footer && found->tail.footer->ends_shard ? 1 : 0;
  for (std::size_t i = 0; i < found->bases.size() && !stopped_; ++i) {
    const bool last = i + 1 == found->bases.size();
    if (last && found->unborn) break;
    if (!last && found->bases[i + 1] <= from) continue;
    if (auto done = segment(*found, i, from); !done) return done;
  }
  return {};
}

Result<void> Walk::segment(const Findings& found, std::size_t i, std::uint64_t from) {
  const std::uint64_t base = found.bases[i];
  const std::string path = place_.segment_path(base);
  auto file = fs_.open(path, OpenMode::read);
  if (!file) return file.take_error();
  auto size = (*file)->size();
  if (!size) return size.take_error();
  const bool last = i + 1 == found.bases.size();
  const std::uint64_t end = last ? found.tail.position : *size;
  if (auto done = check_segment_header(**file, place_, base); !done) return done;
  Tail tail(base, place_.segment_id_of(base));
  if (auto done = begin_scan(**file, tail); !done) return done;
  FrameStream frames(**file, tail.id, tail.position, end);
  while (!tail.footer && !stopped_) {
    auto frame = frames.next();
    if (!frame) return frame.take_error();
    const std::uint64_t at = tail.position;
    if (frame->empty() || !tail.take(*frame)) {
      if (last && at == end) break;
      return corrupted_at(path, at, concat("the frame of record ", tail.next, " is damaged"));
    }
    const auto header = peek_frame(*frame);
    if (header->count != 0) stopped_ = !records(*frame, header->base, from);
  }
  ++seen_.segments;
  seen_.bytes += tail.position;
  return {};
}

bool Walk::records(std::string_view frame, std::uint64_t base, std::uint64_t from) {
  RecordCursor cursor(frame);
  RecordView record;
  for (std::uint64_t sequence = base; cursor.next(record); ++sequence) {
    if (sequence < from) continue;
    ++seen_.records;
    if (on_record_ &&
        !on_record_({place_.index, sequence, record.arrival, record.key, record.data}))
      return false;
  }
  return true;
}

}  // namespace

Result<Inspection> dump(Fs& fs, const std::string& directory, std::optional<std::uint32_t> shard,
                        const OnRecord& on_record) {
  auto info = read_stream(fs, directory);
  if (!info) return info.take_error();
  if (shard && *shard >= info->shards)
    return Error(Errc::not_found, concat("log ", directory, ": there is no shard ", *shard,
                                         ", it has ", info->shards));
  Walk walk(fs, directory, on_record, Rigour::show);
  for (std::uint32_t i = shard.value_or(0); i < info->shards && !walk.stopped(); ++i) {
    if (auto done = walk.shard(*info, i); !done) return done.take_error();
    if (shard) break;
  }
  return walk.take();
}

Result<Inspection> verify(Fs& fs, const std::string& directory) {
  auto info = read_stream(fs, directory);
  if (!info) return info.take_error();
  const OnRecord nothing;
  Walk walk(fs, directory, nothing, Rigour::check);
  for (std::uint32_t i = 0; i < info->shards; ++i)
    if (auto done = walk.shard(*info, i); !done) return done.take_error();
  return walk.take();
}

Result<Inspection> tail(Fs& fs, const std::string& directory, std::uint32_t shard,
                        std::uint64_t count, const OnRecord& on_record) {
  auto info = read_stream(fs, directory);
  if (!info) return info.take_error();
  if (shard >= info->shards)
    return Error(Errc::not_found, concat("log ", directory, ": there is no shard ", shard,
                                         ", it has ", info->shards));
  const OnRecord nothing;
  Walk probe(fs, directory, nothing, Rigour::show);
  auto found = probe.examine_shard(*info, shard);
  if (!found) return found.take_error();
  Walk walk(fs, directory, on_record, Rigour::show);
  const std::uint64_t next = found->tail.next;
  if (auto done = walk.shard(*info, shard, next - std::min(next, count)); !done)
    return done.take_error();
  return walk.take();
}

}  // namespace millrace::log
