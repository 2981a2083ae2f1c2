// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/context.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/file.hpp"
#include "millrace/core/task.hpp"

namespace millrace::file {

/// Reads a file from some offset to its end through arenas: a window of bytes that grows at its end
/// and shrinks at its front, always in one piece, so that records are viewed in place.
///
/// Several arenas are filled in one trip to where it may block, and the next ones are being filled
/// while these are used. Each leaves room at its front, so that the record that straddles two of
/// them is joined by copying its first part alone.
/// Errors: Failure with the file's error, once all before it was given. Threads: one strand.
/// Lifetime: the strand outlives it.
class MILLRACE_EXPORT BlockReader {
 public:
  explicit BlockReader(std::string path);
  BlockReader(BlockReader&&) noexcept;
  BlockReader& operator=(BlockReader&&) noexcept;
  ~BlockReader();

  bool is_open() const;
  /// Opens the file; the window is empty and begins at `offset`.
  /// Errors: Failure (not_found, io); invalid_input when the offset is past the end.
  Task<> open(Context& cx, std::uint64_t offset);
  /// Empties the window and begins at `offset`.
  void seek(std::uint64_t offset);

  std::string_view window() const {
    return {arena_ ? arena_->data() + begin_ : nullptr, end_ - begin_};
  }
  /// The arena that holds the window; views into it live as long as it.
  const ArenaRef& arena() const { return arena_; }
  /// Where the window begins in the file.
  std::uint64_t offset() const { return offset_; }
  void consume(std::size_t size) {
    begin_ += static_cast<std::uint32_t>(size);
    offset_ += size;
  }
  /// Lets the window grow. Contract: !ended().
  Task<> more(Context& cx);
  /// The window's end is the file's.
  bool ended() const;

  const std::string& path() const { return path_; }
  /// Throws a Failure (limit_exceeded) about the bytes at the window's front; it names file, line
  /// and offset. Cost: reads the file up to there to count its lines.
  Task<> fail(Context& cx, const std::string& reason);

 private:
  struct Block {
    ArenaRef arena;
    std::uint32_t size = 0;
  };
  struct Ahead;
  void join(Block block, ArenaPool& arenas);

  std::string path_;
  std::unique_ptr<Ahead> ahead_;  // fills the blocks that come after these
  std::vector<Block> blocks_;
  std::size_t next_ = 0;  // the first block that is not in the window
  ArenaRef arena_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace millrace::file
