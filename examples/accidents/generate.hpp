// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>

#include "columns.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/core/units.hpp"

namespace accidents {

struct GenerateOptions {
  std::uint64_t rows = 200'000;  ///< whole rows, good and bad; the traps at the end come on top
  millrace::ByteSize bytes =
      {};  ///< when not zero: as many rows as make up this size, `rows` is unused
  std::uint64_t seed = 42;
  Release release = Release::columns_47;
  std::uint32_t bad_rows = 0;     ///< about this many rows, evenly spread, that nobody can decode
  std::uint32_t empty_rows = 20;  ///< rows of commas alone, after the last whole row
  bool cut_last_row = true;       ///< ends in the middle of a row, without a newline
};

/// Rows shaped like the US accidents set with the traps of the real file: three ways to write a
/// time in one column, empty numbers, commas and doubled quotes in quoted text, leading blanks in
/// names, rows in random time order, all-empty rows and a cut row at the end.
/// The same options give the same bytes on every machine. Cost: about 1 us a row of 400 bytes.
class Generator {
 public:
  explicit Generator(const GenerateOptions& options);
  /// Appends the next rows, up to about 1 MiB, header first. False when there are none left.
  bool next(std::string& out);
  std::uint64_t rows() const { return rows_; }

 private:
  struct Line;
  void row(Line& line);
  void times(Line& line);
  void place(Line& line);
  void conditions(Line& line);
  bool whole_rows_left() const;
  void ending(std::string& out);
  std::uint32_t below(std::uint32_t bound);
  bool one_in(std::uint32_t n) { return below(n) == 0; }

  GenerateOptions options_;
  millrace::SeededRng rng_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t bad_every_ = 0;
  bool started_ = false;
  bool ended_ = false;
};

}  // namespace accidents
