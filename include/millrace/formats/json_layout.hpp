// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"

namespace millrace::json::detail {

/// A member's value as it stands in a record that Layout::match() has checked.
struct RawValue {
  enum Kind : unsigned char {
    absent,
    string,
    integer,  ///< a number without fraction and exponent
    number,   ///< with them
    other,    ///< true, false, null, an object, an array
  };
  std::string_view text = {};  ///< a string without its quotes
  Kind kind = absent;
  bool escaped = false;  ///< it is a string that has backslashes
};

/// The layout of an earlier record: the bytes around its values. The next record mostly has the
/// same; then a compare replaces the reading of the names, and only the values are left to check.
/// A record is learned while it is read member by member; one that reads differently is to be read
/// that way, which also says what is wrong with it.
/// Threads: one strand. Cost: no allocation once the longest record was seen. Where layouts keep
/// changing, it is tried ever more seldom.
class MILLRACE_EXPORT Layout {
 public:
  explicit Layout(std::uint32_t max_depth);

  /// Whether there is one to try; to be asked once a record.
  bool known() {
    if (known_) [[likely]]
      return true;
    if (wait_ != 0) --wait_;
    return false;
  }
  /// True when every byte of `record` stands as in the record that was learned or belongs to a
  /// legal value. Then values[i] is that of field i, if there is one; the last of `values` is
  /// anything. False says nothing about the record.
  bool match(std::string_view record, std::span<RawValue> values);
  /// The record matched, and its values were taken.
  void hit() { penalty_ = 0; }
  /// It did not match or could not be used all the same.
  void missed();

  /// Learns a record: its values, from front to back, and its end. What is not ended is not kept.
  void begin(std::string_view record) {
    learning_ = wait_ == 0;
    if (!learning_) return;
    from_ = record.data();
    bytes_.clear();
    members_.clear();
  }
  void value_begins(const char* at, std::size_t field) {
    if (learning_) add(at, field);
  }
  void value_ends(const char* at) { from_ = at; }
  void end(std::string_view record);
  /// This record is not one to learn from.
  void spoil() { learning_ = false; }

 private:
  struct Member {
    std::size_t lead;  // bytes before its value, behind the one before
    std::size_t field;
  };
  void add(const char* value, std::size_t field);
  void find_specials(std::string_view record);
  std::uint64_t specials_from(std::size_t at) const;
  bool read_string(std::string_view record, std::size_t& at, RawValue& value) const;
  bool read_other(std::string_view record, std::size_t& at, RawValue& value) const;

  std::uint32_t depth_within_;
  std::string bytes_;  // the record without its values
  std::vector<Member> members_;
  bool known_ = false;
  bool learning_ = false;
  const char* from_ = nullptr;
  std::uint32_t wait_ = 0;     // records until the next attempt
  std::uint32_t penalty_ = 0;  // what the next miss makes of it
  std::vector<std::uint64_t> specials_;
};

}  // namespace millrace::json::detail
