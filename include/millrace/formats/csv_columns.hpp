// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::csv {

/// Stands for a column that the file does not have.
inline constexpr std::uint32_t no_column = static_cast<std::uint32_t>(-1);

/// A field to look for in a header.
struct Wanted {
  std::string_view name;
  bool optional;
};

/// Which column of a file each wanted field is; remembers the header that it was made from.
/// Cost: one comparison with the header's bytes a row; no allocation until the header changes.
class MILLRACE_EXPORT Columns {
 public:
  /// True when the columns are those of `header`. Bytes are compared, since a recycled arena may
  /// hold another file's header at the same address; but there only as far as the last wanted
  /// column, which is all that the mapping depends on, and once a batch.
  bool made_from(std::string_view header) {
    if (header.data() == steady_at_ && header.size() == header_.size()) [[likely]]
      return bound_;
    return has_bytes_of(header);
  }
  /// From one call to the next, bytes at one address stay the same: a batch holds them.
  void begin_batch() { in_batch_ = true, steady_at_ = nullptr; }
  void end_batch() { in_batch_ = false, steady_at_ = nullptr; }
  /// The same with all bytes compared.
  bool same_header(std::string_view header) const { return bound_ && header == header_; }
  /// Finds the wanted fields by name.
  /// Errors: invalid_input for a column that is missing (the nearest name is given) or comes twice,
  /// or a header whose quotes are not legal.
  Result<void> bind(std::string_view header, char delimiter, std::span<const Wanted> wanted);
  /// The same, of a list of names.
  Result<void> bind(const std::vector<std::string>& names, std::span<const Wanted> wanted);

  /// How many fields a row must have.
  std::size_t count() const { return count_; }
  /// The column of the i-th wanted field, or no_column.
  std::uint32_t of(std::size_t i) const { return columns_[i]; }

 private:
  bool has_bytes_of(std::string_view header);

  bool bound_ = false;
  std::string header_;
  const char* at_ = nullptr;  // where the header was
  std::size_t decisive_ = 0;  // how much of it decides where the wanted columns are
  bool in_batch_ = false;
  const char* steady_at_ = nullptr;  // where its bytes were found in this batch
  std::size_t count_ = 0;
  std::vector<std::uint32_t> columns_;
};

/// What a field says: without its quotes, doubled quotes halved.
MILLRACE_EXPORT std::string unquote(std::string_view field);

/// The fields of a record, unquoted. Errors: invalid_input when its shape is not legal.
MILLRACE_EXPORT Result<std::vector<std::string>> split_record(std::string_view record,
                                                              char delimiter = ',');

}  // namespace millrace::csv
