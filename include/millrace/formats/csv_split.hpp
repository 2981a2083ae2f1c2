// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <span>
#include <string_view>

#include "millrace/formats/csv_row.hpp"
#include "millrace/formats/split.hpp"

namespace millrace::csv {

/// Finds the records of a CSV file, in whose quoted fields line breaks may stand; see Splitter.
/// Quotes are counted, not judged: one that stands where none may swallows what follows up to the
/// next one, and the decoder reports the whole.
/// Source: RFC 4180.
class MILLRACE_EXPORT RecordSplitter : public Splitter {
 public:
  explicit RecordSplitter(SplitOptions options = {}, char delimiter = ',')
      : Splitter(Quotes::double_quote, options), delimiter_(delimiter) {}

  using Splitter::split;
  /// The same as rows of `header`, which is not looked at. The bytes are judged in passing: a legal
  /// row that lies in `bytes` from its start to its line break gets a shape that says so, and a
  /// decoder with the same delimiter need not check it again.
  Split split(std::string_view bytes, Input input, Text header, std::span<Row> out);

 private:
  char delimiter_;
};

}  // namespace millrace::csv
