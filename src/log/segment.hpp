// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger.hpp"
#include "millrace/core/file.hpp"
#include "millrace/log/format.hpp"

namespace millrace::log {

/// Reads verified frames one after the other, by chunks.
class FrameStream {
 public:
  /// Looks at no byte from `end` on.
  FrameStream(File& file, std::uint64_t segment_id, std::uint64_t position, std::uint64_t end)
      : file_(file), id_(segment_id), position_(position), end_(end) {}
  /// The whole next frame, valid until the next call; empty when there is no valid one here.
  Result<std::string_view> next();
  /// Where the next frame starts.
  std::uint64_t position() const { return position_; }

 private:
  Result<bool> fill(std::uint64_t size);
  File& file_;
  std::uint64_t id_;
  std::uint64_t position_;
  std::uint64_t end_;
  std::string buffer_;
  std::uint64_t buffer_at_ = 0;  // file offset of buffer_[0]
};

/// Where a block of a segment begins, and the arrival of its first record.
struct IndexEntry {
  std::uint64_t offset = 0;
  std::uint64_t position = 0;
  Timestamp arrival{};
  bool operator==(const IndexEntry&) const = default;
};
/// Bytes between two entries, at least.
inline constexpr std::uint64_t index_distance = 64 * 1024;

/// What is known of a segment up to a point: after a scan, or kept up by a writer.
struct Tail {
  Tail() = default;
  Tail(std::uint64_t segment_base, std::uint64_t segment_id)
      : base(segment_base), id(segment_id), next(segment_base) {}

  std::uint64_t base = 0;
  std::uint64_t id = 0;
  std::uint64_t position = segment_header_size;  // end of the valid frames
  std::uint64_t next = 0;                        // offset of the next record
  std::uint32_t crc = 0;                         // of the bytes before position
  Timestamp newest = start_of_time;              // arrival of the last record
  std::uint64_t durable_upto = 0;                // the greatest one seen in a frame
  std::optional<Footer> footer;
  std::vector<IndexEntry> index;
  Ledger ledger;

  /// Takes in one verified frame that stands at `position`. False when it can't follow.
  bool take(std::string_view frame);
};

/// Takes the header into tail.crc; scan() does it by itself.
Result<void> begin_scan(File& file, Tail& tail);
/// Follows the frames from tail.position on, up to the first that is not valid, or to `end`.
/// A transaction without its last part is not taken in.
Result<void> scan(File& file, std::uint64_t end, Tail& tail);

/// The footer at the end of a sealed segment, zeros after it aside; nothing when there is no valid
/// one.
Result<std::optional<Footer>> read_footer(File& file, std::uint64_t segment_id);

/// A valid frame found after a bad one.
struct LaterFrame {
  std::uint64_t position = 0;
  FrameHeader header;
};
/// Searches every byte offset after tail.position for valid frames that could follow; the one with
/// the greatest durable_upto, if any.
Result<std::optional<LaterFrame>> find_later_frame(File& file, const Tail& tail);

}  // namespace millrace::log
