// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

/// Bytes of a segment file: a header, then frames back to back. All integers are little-endian.
///
///     header  "MRLOGSEG" | u32 version | u32 shard | u64 base offset | u64 segment id |
///             i64 created (us) | u32 reserved | u32 masked crc32c of all before it
///     frame   u32 length of what follows the crc | u32 masked crc32c of it | u8 version << 4 |
///     kind
///             | u64 base offset | u32 count | i64 time base (us) | u64 durable_upto | payload
///     record  varint time delta (zigzag) | varint key length | varint data length | key | data
///
/// Offsets count records within the shard. A frame's CRC starts from its segment's id, its place in
/// the file and its length, so that a stale or misdirected block is refused. Every record below
/// durable_upto was synced before the frame was written.
namespace millrace::log {

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::uint32_t segment_header_size = 48;
inline constexpr std::uint32_t frame_header_size = 37;
/// Frames aim at this size, so that a reader takes one into an arena of the default size.
inline constexpr std::uint32_t frame_target = 60 * 1024;
/// No frame is longer: what a length field claims beyond it is damage, before anything is
/// allocated.
inline constexpr std::uint32_t frame_limit = 80u << 20;

struct SegmentHeader {
  std::uint32_t shard = 0;
  std::uint64_t base = 0;  ///< offset of the first record
  std::uint64_t id = 0;    ///< see segment_id()
  Timestamp created{};
};

enum class FrameKind : std::uint8_t {
  records = 1,      ///< payload: count records
  transaction = 2,  ///< payload: u8 is the last part | u8 id length | id | count records
  footer = 3,       ///< end of a sealed segment; payload: Footer
  ledger = 4,       ///< payload: ids of transactions committed before this segment
};

struct FrameHeader {
  std::uint32_t length = 0;  ///< of what follows length and CRC
  std::uint32_t crc = 0;
  FrameKind kind = FrameKind::records;
  std::uint64_t base = 0;
  std::uint32_t count = 0;
  Timestamp time_base{};
  std::uint64_t durable_upto = 0;
  std::uint64_t size() const { return std::uint64_t{length} + 8; }  ///< of the whole frame
  std::uint64_t next() const { return base + count; }
};

/// What a sealed segment ends with. Its last byte is not zero, so that it is found before room that
/// was reserved and never given back.
struct Footer {
  std::uint64_t records = 0;
  std::uint64_t next = 0;  ///< offset of the first record after the segment
  Timestamp newest = start_of_time;
  std::uint32_t crc = 0;    ///< of every byte of the file before the footer's frame
  bool ends_shard = false;  ///< the stream was sealed: no record will follow
};
inline constexpr std::uint32_t footer_frame_size = frame_header_size + 8 + 8 + 8 + 4 + 1 + 1;

/// One record as stored.
struct RecordView {
  Timestamp arrival{};
  std::string_view key;
  std::string_view data;
};

/// The id that seeds a segment's CRCs: derived, so that it is known when the header is damaged.
MILLRACE_EXPORT std::uint64_t segment_id(std::uint64_t stream_id, std::uint32_t shard,
                                         std::uint64_t base);
/// "00000000000000000042.seg"
MILLRACE_EXPORT std::string segment_name(std::uint64_t base);
/// The base offset in such a name, if it is one.
MILLRACE_EXPORT std::optional<std::uint64_t> parse_segment_name(std::string_view name);

MILLRACE_EXPORT std::string encode(const SegmentHeader& header);
/// Errors: corrupted; unsupported for a newer version, with its number. The caller adds the file.
MILLRACE_EXPORT Result<SegmentHeader> decode_segment_header(std::string_view bytes);

/// Appends room for a frame header to `out`; finish_frame() fills it when the payload is there.
MILLRACE_EXPORT void begin_frame(std::string& out);
MILLRACE_EXPORT void append_record(std::string& out, Duration since_base, std::string_view key,
                                   std::string_view data);
/// Writes header and CRC into `frame`, a whole frame that will stand at `position` of its segment;
/// header.length and header.crc are computed.
MILLRACE_EXPORT void finish_frame(char* frame, std::size_t size, FrameHeader header,
                                  std::uint64_t segment_id, std::uint64_t position);

/// What the frame at the start of `bytes` claims to be, unchecked but for its length and kind.
/// Nothing when that can't be a frame. `bytes` may end before the frame does.
MILLRACE_EXPORT std::optional<FrameHeader> peek_frame(std::string_view bytes);
/// Whether the CRC of the whole frame `bytes` is right at that place.
MILLRACE_EXPORT bool verify_frame(std::string_view bytes, std::uint64_t segment_id,
                                  std::uint64_t position);

MILLRACE_EXPORT std::string encode(const Footer& footer, std::uint64_t segment_id,
                                   std::uint64_t position, std::uint64_t durable_upto);
MILLRACE_EXPORT std::optional<Footer> decode_footer(std::string_view frame);

/// Walks the records of one frame's payload, in place.
///     RecordCursor cursor(frame); RecordView r; while (cursor.next(r)) ...
/// Errors: after next() said false, ok() is false when the payload does not hold exactly `count`
/// records (a CRC protects it, so that is a writer's bug or a collision).
class MILLRACE_EXPORT RecordCursor {
 public:
  RecordCursor() = default;
  /// `frame` is a whole verified frame.
  explicit RecordCursor(std::string_view frame);
  bool next(RecordView& out);
  std::uint32_t left() const { return left_; }
  bool ok() const { return !failed_; }
  /// Id and place of the transaction's part that this frame is; empty for other kinds.
  std::string_view transaction() const { return transaction_; }
  bool last_part() const { return last_part_; }

 private:
  const char* p_ = nullptr;
  const char* end_ = nullptr;
  std::uint32_t left_ = 0;
  bool failed_ = false;
  bool last_part_ = true;
  std::int64_t time_base_ = 0;
  std::string_view transaction_;
};

}  // namespace millrace::log
