// SPDX-License-Identifier: BSL-1.0
#include "segment.hpp"

#include <algorithm>

#include "bytes.hpp"
#include "millrace/core/crc32c.hpp"

namespace millrace::log {
namespace {
constexpr std::uint64_t chunk = 256 * 1024;
}

// Makes buffer_ hold `size` bytes from position_ on; false when there are not so many before end_.
Result<bool> FrameStream::fill(std::uint64_t size) {
  if (end_ - position_ < size) return false;
  const std::uint64_t have = buffer_at_ + buffer_.size();
  if (position_ >= buffer_at_ && position_ + size <= have) return true;
  buffer_.resize(std::min(std::max(size, chunk), end_ - position_));
  buffer_at_ = position_;
  auto n = file_.read_at(position_, buffer_);
  if (!n) {
    buffer_.clear();
    return n.take_error();
  }
  buffer_.resize(*n);
  return *n >= size;
}

Result<std::string_view> FrameStream::next() {
  if (position_ >= end_) return std::string_view{};
  auto has_header = fill(frame_header_size);
  if (!has_header) return has_header.take_error();
  if (!*has_header) return std::string_view{};
  const auto at = [&] { return std::string_view(buffer_).substr(position_ - buffer_at_); };
  const auto header = peek_frame(at());
  if (!header) return std::string_view{};
  auto has_frame = fill(header->size());
  if (!has_frame) return has_frame.take_error();
  if (!*has_frame) return std::string_view{};
  const std::string_view frame = at().substr(0, header->size());
  if (!verify_frame(frame, id_, position_)) return std::string_view{};
  position_ += header->size();
  return frame;
}

bool Tail::take(std::string_view frame) {
  const auto header = peek_frame(frame);
  if (!header || footer || header->base != next || header->durable_upto > header->base)
    return false;
  switch (header->kind) {
    case FrameKind::footer:
      footer = decode_footer(frame);
      if (!footer || footer->crc != crc || footer->next != next || footer->records != next - base) {
        footer.reset();
        return false;
      }
      break;
    case FrameKind::ledger:
      if (!ledger.decode(frame.substr(frame_header_size))) return false;
      break;
    case FrameKind::records:
    case FrameKind::transaction: {
      RecordCursor cursor(frame);
      RecordView record;
      Timestamp last = newest;
      while (cursor.next(record)) last = record.arrival;
      if (!cursor.ok() || header->count == 0) return false;
      if (index.empty() || position - index.back().position >= index_distance)
        index.push_back({next, position, header->time_base});
      if (!cursor.transaction().empty() && cursor.last_part()) ledger.add(cursor.transaction());
      newest = last;
      break;
    }
  }
  durable_upto = std::max(durable_upto, header->durable_upto);
  crc = crc32c(crc, frame);
  position += frame.size();
  next = header->next();
  return true;
}

Result<void> begin_scan(File& file, Tail& tail) {
  std::string header(segment_header_size, '\0');
  if (auto n = file.read_at(0, header); !n) return n.take_error();
  tail.crc = crc32c(0, header);
  return {};
}

Result<void> scan(File& file, std::uint64_t end, Tail& tail) {
  if (tail.position == segment_header_size)
    if (auto done = begin_scan(file, tail); !done) return done;
  FrameStream frames(file, tail.id, tail.position, end);
  std::optional<Tail> before;  // as it was when an unfinished transaction began
  while (!tail.footer) {
    auto frame = frames.next();
    if (!frame) return frame.take_error();
    if (frame->empty()) break;
    const auto header = peek_frame(*frame);
    if (header->kind == FrameKind::transaction && !before) before = tail;
    if (!tail.take(*frame)) break;
    if (before && (header->kind != FrameKind::transaction || RecordCursor(*frame).last_part()))
      before.reset();
  }
  if (before) tail = std::move(*before);
  return {};
}

namespace {

// Where the zeros at the end of the file begin.
Result<std::uint64_t> end_of_bytes(File& file) {
  auto size = file.size();
  if (!size) return size.take_error();
  std::string buffer;
  for (std::uint64_t end = *size; end != 0;) {
    const std::uint64_t begin = end - std::min<std::uint64_t>(end, 4096);
    buffer.resize(end - begin);
    auto n = file.read_at(begin, buffer);
    if (!n) return n.take_error();
    const auto last = buffer.find_last_not_of('\0', *n);
    if (last != std::string::npos) return begin + last + 1;
    end = begin;
  }
  return std::uint64_t{0};
}

}  // namespace

Result<std::optional<Footer>> read_footer(File& file, std::uint64_t segment_id) {
  auto end = end_of_bytes(file);
  if (!end) return end.take_error();
  if (*end < segment_header_size + footer_frame_size) return std::optional<Footer>{};
  const std::uint64_t position = *end - footer_frame_size;
  std::string bytes(footer_frame_size, '\0');
  auto n = file.read_at(position, bytes);
  if (!n) return n.take_error();
  if (*n != bytes.size() || !verify_frame(bytes, segment_id, position))
    return std::optional<Footer>{};
  return decode_footer(bytes);
}

Result<std::optional<LaterFrame>> find_later_frame(File& file, const Tail& tail) {
  auto size = file.size();
  if (!size) return size.take_error();
  std::optional<LaterFrame> found;
  if (*size <= tail.position) return found;
  std::string rest(*size - tail.position, '\0');
  auto n = file.read_at(tail.position, rest);
  if (!n) return n.take_error();
  rest.resize(*n);
  for (std::size_t i = 1; i + frame_header_size <= rest.size(); ++i) {
    const auto here = std::string_view(rest).substr(i);
    const auto header = peek_frame(here);
    // Each record takes 3 bytes or more, which bounds how far the offset can be.
    if (!header || header->size() > here.size() || header->base < tail.next ||
        header->base > tail.next + rest.size() || header->durable_upto > header->base)
      continue;
    if (!verify_frame(here.substr(0, header->size()), tail.id, tail.position + i)) continue;
    if (!found || header->durable_upto > found->header.durable_upto)
      found = LaterFrame{tail.position + i, *header};
    i += header->size() - 1;
  }
  return found;
}

}  // namespace millrace::log
