// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/text.hpp"
#include "millrace/core/units.hpp"

namespace millrace {

/// Whether bytes may follow those given.
enum class Input : unsigned char { open, ended };

struct SplitOptions {
  /// A record longer than this is reported instead of being waited for. At most 4 GiB - 1.
  ByteSize max_record = {1 << 20};
};

/// What one call of a splitter did.
struct Split {
  enum class Stop : unsigned char {
    need_more,  ///< each complete record was given; what is left begins the next one
    full,       ///< `out` is full: call again with what is left
    ended,      ///< all is consumed, and no bytes follow
    too_long,   ///< the record at `consumed` is longer than max_record; see resync()
  };
  /// How the last record of an ended input came to its end.
  enum class Cut : unsigned char {
    none,        ///< by its line break
    no_newline,  ///< by the end of the input: whole, or cut between two fields
    open_quote,  ///< by the end of the input within quotes: certainly cut
  };
  std::size_t records = 0;   ///< how many were put in `out`
  std::size_t consumed = 0;  ///< bytes that need not be given again
  Stop stop = Stop::need_more;
  Cut cut = Cut::none;
};

/// Finds the records of a byte stream, block after block, without copying them. Bytes that a call
/// does not consume must be the first ones of the next call, at the same or another address; they
/// are not looked at twice. Records are given without their line break, LF or CRLF.
///
///     Split s = splitter.split(bytes, Input::open, records);
///     for (Text record : std::span(records).first(s.records)) ...
///     bytes.remove_prefix(s.consumed);
///
/// Threads: one strand. Lifetime: the Texts view `bytes`. Cost: 64 bytes at a time, no allocation;
/// nothing outside `bytes` is read.
class MILLRACE_EXPORT Splitter {
 public:
  enum class Quotes : unsigned char {
    none,         ///< each line break ends a record
    double_quote  ///< not those within double quotes (RFC 4180)
  };
  explicit Splitter(Quotes quotes, SplitOptions options = {})
      : quotes_(quotes), max_record_(options.max_record.bytes) {}

  Split split(std::string_view bytes, Input input, std::span<Text> out);

  /// After too_long: everything up to the next line break, within quotes or not, is dropped
  /// (consumed without a record).
  void resync() {
    start_over();
    dropping_ = true;
  }
  /// Forgets what it knows of a record that was begun: the next bytes begin a new one.
  void start_over() {
    scanned_ = 0;
    inside_ = 0;
    dropping_ = false;
  }

 protected:
  /// What split() does, with `out` taking the records.
  template <class Out>
  Split run(std::string_view bytes, Input input, Out out);
  /// Whether the next bytes begin with a record that was looked at in part.
  bool resumes() const { return scanned_ != 0; }
  /// All ones when that part ended within quotes.
  std::uint64_t inside() const { return inside_; }

 private:
  std::size_t drop(std::string_view bytes);

  Quotes quotes_;
  bool dropping_ = false;
  std::size_t max_record_;
  std::size_t scanned_ = 0;   // bytes of the begun record that were looked at
  std::uint64_t inside_ = 0;  // all ones when these ended within quotes
};

}  // namespace millrace
