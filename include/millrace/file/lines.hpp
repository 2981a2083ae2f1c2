// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "millrace/core/message.hpp"
#include "millrace/core/source.hpp"
#include "millrace/file/block_reader.hpp"
#include "millrace/file/read_options.hpp"
#include "millrace/formats/lines.hpp"

namespace millrace::file {

/// Reads the lines of one file, in order; made by file::lines(). See there.
class MILLRACE_EXPORT LinesSource {
 public:
  using value_type = Message;
  explicit LinesSource(std::string path, ReadOptions options = {});

  Task<ReadStatus> read(Batch<Message>& out, Context& cx);
  Position position() const;
  void resume(const Position& position) { resume_at_ = position; }

 private:
  BlockReader in_;
  ReadOptions options_;
  lines::LineSplitter splitter_;
  std::vector<Text> records_;
  Position resume_at_;
};

/// A source of a file's lines, without LF or CRLF; empty ones, too, and the last one also without
/// a line break.
/// Position: the byte offset of the next line.
/// Errors: Failure (not_found, io) of the file; limit_exceeded for a line longer than max_record,
/// invalid_input for a position past the end; they name file, line and byte.
/// Cost: no allocation and no copy a line, but of one that straddles two arenas.
inline LinesSource lines(std::string path, ReadOptions options = {}) {
  return LinesSource(std::move(path), options);
}

static_assert(FeedSource<LinesSource>);

}  // namespace millrace::file
