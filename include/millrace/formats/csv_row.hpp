// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/text.hpp"

namespace millrace::csv {

/// What a RecordSplitter saw of a record on the way to its end, so that a decoder need not look at
/// each byte again. Only a splitter makes one that vouches for anything.
class RowShape {
 public:
  RowShape() = default;
  /// True when `row` is the very record that was looked at, is legal (RFC 4180) with this
  /// delimiter, and has fields() fields. False says nothing about it.
  bool vouches_for(std::string_view row, char delimiter) const {
    return (delimiter_ == delimiter) & (size_ == row.size()) & (data_ == row.data());
  }
  std::uint32_t fields() const { return fields_; }
  /// Where fields end among the record's first 64 bytes, a bit for each; its end is one, too.
  std::uint64_t first_ends() const { return first_ends_; }
  /// A record of more is not vouched for.
  static constexpr std::uint32_t fields_max = 0xffff;

 private:
  friend class CheckedRows;
  static constexpr char unsure = '\n';  // which no delimiter can be
  RowShape(const char* row, std::uint32_t size, std::uint32_t fields, char delimiter,
           std::uint64_t first_ends)
      : first_ends_(first_ends),
        data_(row),
        size_(size),
        fields_(static_cast<std::uint16_t>(fields)),
        delimiter_(delimiter) {}

  std::uint64_t first_ends_ = 0;
  const char* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint16_t fields_ = 0;
  char delimiter_ = unsure;
};

/// One record of a CSV file as its source emits it: quotes intact, without the line's end.
/// Lifetime: the bytes belong to the batch; see Text.
struct Row {
  /// The file's first record, the same bytes for all its rows; empty without one.
  Text header = {};
  Text text;
  /// What is known of `text`; stays behind when that is changed.
  RowShape shape = {};
};

/// What a dead letter keeps of a row.
inline std::string original_bytes(const Row& row) { return row.text.str(); }

}  // namespace millrace::csv

namespace millrace {
template <>
inline constexpr bool borrows<csv::Row> = true;
}  // namespace millrace
