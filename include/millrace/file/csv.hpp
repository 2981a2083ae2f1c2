// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "millrace/core/source.hpp"
#include "millrace/file/block_reader.hpp"
#include "millrace/file/read_options.hpp"
#include "millrace/formats/csv_row.hpp"
#include "millrace/formats/csv_split.hpp"

namespace millrace::file {

/// Whether a CSV file begins with its columns' names.
enum class Header : unsigned char { first_record, none };

struct CsvOptions {
  Header header = Header::first_record;
  ReadOptions read{};
};

/// Reads the records of one CSV file, in order, each with the file's header; made by file::csv().
/// See there.
class MILLRACE_EXPORT CsvSource {
 public:
  using value_type = csv::Row;
  CsvSource(std::string path, CsvOptions options);

  Task<ReadStatus> read(Batch<csv::Row>& out, Context& cx);
  Position position() const;
  void resume(const Position& position) { resume_at_ = position; }

 private:
  Task<> open(Context& cx);
  Task<> read_header(Context& cx);
  Task<> pass_long_record(Batch<csv::Row>& out, Context& cx);

  BlockReader in_;
  CsvOptions options_;
  csv::RecordSplitter splitter_;
  Position resume_at_;
  ArenaRef header_arena_;
  Text header_;
};

/// A source of a CSV file's records, quotes intact, for csv::as<T>() to decode.
///
///     auto rows = t.source("rows", file::csv("US_Accidents.csv")).decode("parse", csv::as<Row>());
///
/// A last record without a line break, or cut within quotes, is passed on as it is: the decoder
/// makes it a dead letter when it is not whole. A byte order mark before the header is dropped. A
/// quote that is never closed costs its own line: that becomes a record (which no decoder takes),
/// and reading goes on with the next.
/// Position: the byte offset of the next record; a resumed source reads the header again.
/// Errors: Failure (not_found, io) of the file; limit_exceeded for a line longer than max_record,
/// invalid_input for a position past the end; they name file, line and byte.
/// Cost: no allocation and no copy a record, but of one that straddles two arenas.
inline CsvSource csv(std::string path, CsvOptions options = {}) {
  return CsvSource(std::move(path), options);
}

static_assert(FeedSource<CsvSource>);

}  // namespace millrace::file
