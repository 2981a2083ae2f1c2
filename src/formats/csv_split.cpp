// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_split.hpp"

#include "formats/csv_quotes.hpp"
#include "formats/split_run.hpp"

namespace millrace::csv {

// Rows whose shape is judged in passing, for Splitter::run. A flaw makes each record doubtful that
// touches its block: whoever decodes it looks closer.
class CheckedRows {
 public:
  CheckedRows(char delimiter, bool resumes, std::uint64_t inside, Text header, std::span<Row> out)
      : begin_(out.data()),
        next_(out.data()),
        end_(out.data() + out.size()),
        header_(header),
        delimiter_(delimiter),
        doubtful_(resumes) {
    state_.inside = busy_ = inside;
    state_.may_open = std::uint64_t{1} << 63;
  }

  std::size_t count() const { return static_cast<std::size_t>(next_ - begin_); }
  bool full() const { return next_ == end_; }
  template <class Masks, class Behind>
  std::uint64_t ends(const Masks& masks, std::uint64_t valid, Behind line_feed_behind) {
    const std::uint64_t breaks = masks.equal('\n') & valid;
    const std::uint64_t quotes = masks.equal('"') & valid;
    const std::uint64_t returns = masks.equal('\r') & valid;
    separators_ = masks.equal(delimiter_) & valid;
    doubtful_here_ = false;
    if ((quotes | returns | busy_) == 0) [[likely]] {
      state_.may_open = separators_ | breaks;
      return breaks;
    }
    state_.may_open >>= 63;
    return judge(quotes, breaks, returns, valid, line_feed_behind());
  }
  void add(Text text, std::uint64_t before) {
    const auto fields = fields_ + static_cast<std::uint32_t>(std::popcount(separators_ & before));
    next_->header = header_;
    next_->text = text;
    const bool sure = !doubtful_ && fields <= RowShape::fields_max;
    next_->shape = sure ? RowShape(text, fields, delimiter_) : RowShape();
    ++next_;
    separators_ &= ~before;
    fields_ = 1;
    doubtful_ = doubtful_here_;
  }
  void end_block() { fields_ += static_cast<std::uint32_t>(std::popcount(separators_)); }
  void add_last(Text text) { *next_++ = {header_, text}; }
  std::uint64_t inside() const { return state_.inside; }

 private:
  // A block with quotes or carriage returns, or behind one; gives the line breaks outside quotes.
  std::uint64_t judge(std::uint64_t quotes, std::uint64_t breaks, std::uint64_t returns,
                      std::uint64_t valid, bool line_feed_behind) {
    const std::uint64_t inside = inside_quotes(quotes, state_);
    std::uint64_t ends = separators_ | breaks | returns;
    const std::uint64_t misplaced = check_quotes(quotes, inside, valid, ends, state_);
    state_.may_open <<= 63;
    busy_ = state_.inside | state_.after_closing;
    separators_ &= ends;
    breaks &= ends;
    // A carriage return is part of a line break or does not belong there.
    const std::uint64_t before_feed = breaks >> 1 | std::uint64_t{line_feed_behind} << 63;
    doubtful_here_ = (misplaced | (returns & ends & ~before_feed)) != 0;
    doubtful_ |= doubtful_here_;
    return breaks;
  }

  Row* begin_;
  Row* next_;
  Row* end_;
  Text header_;
  char delimiter_;
  Quoting state_;
  std::uint64_t busy_ = 0;
  std::uint64_t separators_ = 0;  // of the block, from the current record on
  std::uint32_t fields_ = 1;      // of the current record, up to the block
  bool doubtful_;                 // one of its blocks has a flaw
  bool doubtful_here_ = false;    // this block has one
};

Split RecordSplitter::split(std::string_view bytes, Input input, Text header, std::span<Row> out) {
  return run(bytes, input, CheckedRows(delimiter_, resumes(), inside(), header, out));
}

}  // namespace millrace::csv
