// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/format.hpp"

#include <array>

#include "bytes.hpp"
#include "millrace/core/crc32c.hpp"

namespace millrace::log {
namespace {

constexpr std::string_view magic = "MRLOGSEG";
constexpr std::string_view suffix = ".seg";
constexpr char footer_end = '$';
constexpr std::size_t offset_digits = 20;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

std::uint32_t frame_crc(std::string_view frame, std::uint64_t id, std::uint64_t position) {
  std::array<char, 20> seed{};
  put(seed.data(), id);
  put(seed.data() + 8, position);
  put(seed.data() + 16, static_cast<std::uint32_t>(frame.size() - 8));
  return mask_crc(crc32c(crc32c(0, {seed.data(), seed.size()}), frame.substr(8)));
}

std::uint64_t zigzag(std::int64_t n) {
  return (static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63);
}
std::int64_t unzigzag(std::uint64_t n) {
  return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
}

Timestamp timestamp(std::int64_t us) { return Timestamp(Duration(us)); }
std::int64_t microseconds(Timestamp t) { return t.time_since_epoch().count(); }

}  // namespace

std::uint64_t segment_id(std::uint64_t stream_id, std::uint32_t shard, std::uint64_t base) {
  return mix(mix(stream_id + shard * 0x9E3779B97F4A7C15ull) + base);
}

std::string segment_name(std::uint64_t base) {
  const std::string digits = std::to_string(base);
  return std::string(offset_digits - digits.size(), '0') + digits + std::string(suffix);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  if (name.size() != offset_digits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  std::uint64_t base = 0;
  for (const char c : name.substr(0, offset_digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    base = base * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return segment_name(base) == name ? std::optional(base) : std::nullopt;
}

std::string encode(const SegmentHeader& header) {
  std::string out(magic);
  put(out, format_version);
  put(out, header.shard);
  put(out, header.base);
  put(out, header.id);
  put(out, microseconds(header.created));
  put(out, std::uint32_t{0});
  put(out, mask_crc(crc32c(0, out)));
  return out;
}

Result<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < segment_header_size)
    return Error(Errc::corrupted,
                 concat("segment header: ", bytes.size(), " bytes of ", segment_header_size));
  const char* p = bytes.data();
  if (!bytes.starts_with(magic)) return Error(Errc::corrupted, "segment header: wrong magic");
  if (get<std::uint32_t>(p + 44) != mask_crc(crc32c(0, bytes.substr(0, 44))))
    return Error(Errc::corrupted, "segment header: wrong CRC");
  if (const auto version = get<std::uint32_t>(p + 8); version != format_version)
    return Error(Errc::unsupported,
                 concat("segment header: format version ", version, ", and this program knows ",
                        format_version, "; read it with a newer release"));
  return SegmentHeader{.shard = get<std::uint32_t>(p + 12),
                       .base = get<std::uint64_t>(p + 16),
                       .id = get<std::uint64_t>(p + 24),
                       .created = timestamp(get<std::int64_t>(p + 32))};
}

void begin_frame(std::string& out) { out.append(frame_header_size, '\0'); }

void append_record(std::string& out, Duration since_base, std::string_view key,
                   std::string_view data) {
  constexpr std::size_t most = 10 + 10 + 10;
  const std::size_t old = out.size();
  const std::size_t need = old + most + key.size() + data.size();
  // Grows as a vector does; resize() alone would fill each time what is overwritten at once.
  if (need > out.capacity()) out.reserve(need + need / 2);
  char head[most];
  char* p = put_varint(head, zigzag(since_base.count()));
  p = put_varint(p, key.size());
  p = put_varint(p, data.size());
  out.append(head, static_cast<std::size_t>(p - head));
  out.append(key);
  out.append(data);
}

void finish_frame(char* frame, std::size_t size, FrameHeader header, std::uint64_t segment_id,
                  std::uint64_t position) {
  put(frame, static_cast<std::uint32_t>(size - 8));
  put(frame + 8, static_cast<std::uint8_t>(format_version << 4 | unsigned(header.kind)));
  put(frame + 9, header.base);
  put(frame + 17, header.count);
  put(frame + 21, microseconds(header.time_base));
  put(frame + 29, header.durable_upto);
  put(frame + 4, frame_crc({frame, size}, segment_id, position));
}

std::optional<FrameHeader> peek_frame(std::string_view bytes) {
  if (bytes.size() < frame_header_size) return std::nullopt;
  const char* p = bytes.data();
  FrameHeader header{.length = get<std::uint32_t>(p),
                     .crc = get<std::uint32_t>(p + 4),
                     .kind = static_cast<FrameKind>(get<std::uint8_t>(p + 8) & 0x0F),
                     .base = get<std::uint64_t>(p + 9),
                     .count = get<std::uint32_t>(p + 17),
                     .time_base = timestamp(get<std::int64_t>(p + 21)),
                     .durable_upto = get<std::uint64_t>(p + 29)};
  const unsigned version = get<std::uint8_t>(p + 8) >> 4;
  if (version != format_version || header.kind < FrameKind::records ||
      header.kind > FrameKind::ledger)
    return std::nullopt;
  if (header.length < frame_header_size - 8 || header.length > frame_limit) return std::nullopt;
  return header;
}

bool verify_frame(std::string_view bytes, std::uint64_t segment_id, std::uint64_t position) {
  return get<std::uint32_t>(bytes.data() + 4) == frame_crc(bytes, segment_id, position);
}

std::string encode(const Footer& footer, std::uint64_t segment_id, std::uint64_t position,
                   std::uint64_t durable_upto) {
  std::string frame;
  begin_frame(frame);
  put(frame, footer.records);
  put(frame, footer.next);
  put(frame, microseconds(footer.newest));
  put(frame, footer.crc);
  put(frame, static_cast<std::uint8_t>(footer.ends_shard));
  frame += footer_end;
  const FrameHeader header{
      .kind = FrameKind::footer, .base = footer.next, .durable_upto = durable_upto};
  finish_frame(frame.data(), frame.size(), header, segment_id, position);
  return frame;
}

std::optional<Footer> decode_footer(std::string_view frame) {
  const auto header = peek_frame(frame);
  if (!header || header->kind != FrameKind::footer || frame.size() != footer_frame_size)
    return std::nullopt;
  const char* p = frame.data() + frame_header_size;
  return Footer{.records = get<std::uint64_t>(p),
                .next = get<std::uint64_t>(p + 8),
                .newest = timestamp(get<std::int64_t>(p + 16)),
                .crc = get<std::uint32_t>(p + 24),
                .ends_shard = get<std::uint8_t>(p + 28) != 0};
}

RecordCursor::RecordCursor(std::string_view frame)
    : p_(frame.data() + frame_header_size),
      end_(frame.data() + frame.size()),
      left_(get<std::uint32_t>(frame.data() + 17)),
      time_base_(get<std::int64_t>(frame.data() + 21)) {
  const auto kind = static_cast<FrameKind>(get<std::uint8_t>(frame.data() + 8) & 0x0F);
  if (kind != FrameKind::transaction) return;
  const std::size_t size = frame.size() - frame_header_size;
  const std::size_t id_size = size >= 2 ? static_cast<unsigned char>(p_[1]) : 0;
  if (size < 2 + id_size) {
    failed_ = true;
    left_ = 0;
    return;
  }
  last_part_ = *p_ != 0;
  transaction_ = {p_ + 2, id_size};
  p_ += 2 + id_size;
}

bool RecordCursor::next(RecordView& out) {
  if (left_ == 0) {
    if (p_ != end_) failed_ = true;
    return false;
  }
  std::uint64_t delta = 0, key = 0, data = 0;
  const char* p = get_varint(p_, end_, delta);
  if (p) p = get_varint(p, end_, key);
  if (p) p = get_varint(p, end_, data);
  const auto room = p ? static_cast<std::uint64_t>(end_ - p) : 0;
  if (!p || key > room || data > room - key) {
    failed_ = true;
    left_ = 0;
    p_ = end_;
    return false;
  }
  out.arrival = timestamp(static_cast<std::int64_t>(static_cast<std::uint64_t>(time_base_) +
                                                    static_cast<std::uint64_t>(unzigzag(delta))));
  out.key = {p, key};
  out.data = {p + key, data};
  p_ = p + key + data;
  --left_;
  return true;
}

}  // namespace millrace::log
