// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "harness.hpp"

namespace bench::w1 {

/// Accidents as CSV of 47 columns; out come JSON lines of five fields, of the rows whose severity
/// is above 3. The time is converted before the row is judged, as a pipeline of separate steps
/// does. At least 64 bytes after the text may be read.
struct Input {
  std::string bytes;
  std::string_view text() const { return std::string_view(bytes).substr(0, bytes.size() - 64); }
};
Input generate(std::size_t rows);

/// Folds each line in, without its line break.
struct Sink {
  Check check;
  void take(std::string_view line) {
    ++check.count;
    std::uint64_t h = check.sum;
    for (const char c : line) h = h * 31 + static_cast<unsigned char>(c);
    check.sum = h;
  }
};

/// Hand-written: records by SIMD, the first three columns from one mask of commas, the far ones
/// only where they are wanted. It trusts the input where the library checks it: shape, quotes,
/// UTF-8.
Check loop(const Input& input);
/// How long finding the records takes by itself.
Check loop_records_only(const Input& input);

/// The same from a file to a file: text that is read in blocks, of which none ends within quotes,
/// and lines that are synced.
void loop_file(const std::string& from, const std::string& to);
void library_file(const std::string& from, const std::string& to);

/// The library: rows, decode with a filter, map, encode, sink.
Check library(const Input& input, Replay* replay = nullptr);
/// The same with every row's fields converted before the filter.
Check library_strict(const Input& input);

}  // namespace bench::w1
