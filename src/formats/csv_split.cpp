// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_split.hpp"

#include "formats/csv_quotes.hpp"
#include "formats/split_run.hpp"

namespace millrace::csv {

// Rows whose shape is judged in passing, for Splitter::run. A flaw makes each record doubtful that
// touches its block: whoever decodes it looks closer.
class CheckedRows {
 public:
  CheckedRows(std::string_view bytes, char delimiter, bool resumes, std::uint64_t inside,
              Text header, std::span<Row> out)
      : begin_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        rows_(out.data()),
        next_(out.data()),
        rows_end_(out.data() + out.size()),
        header_(header),
        delimiter_(delimiter),
        fields_(resumes ? doubtful : 1),
        busy_(inside) {
    state_.inside = inside;
  }

  std::size_t count() const { return static_cast<std::size_t>(next_ - rows_); }
  bool full() const { return next_ == rows_end_; }
  template <class Masks>
  std::uint64_t ends(const Masks& masks, std::uint64_t valid, const char* at) {
    const std::uint64_t breaks = masks.equal('\n') & valid;
    const std::uint64_t quotes = masks.equal('"') & valid;
    const std::uint64_t returns = masks.equal('\r') & valid;
    separators_ = masks.equal(delimiter_) & valid;
    if ((quotes | returns) == 0 && busy_ == 0) [[likely]]
      return breaks;
    return judge(quotes, breaks, returns, valid, at);
  }
  void add(const char* start, std::uint32_t size, std::uint64_t before) {
    const auto fields = fields_ + static_cast<std::uint32_t>(std::popcount(separators_ & before));
    const bool sure = fields <= RowShape::fields_max;
    next_->header = header_;
    next_->text = Text(start, size);
    next_->shape = RowShape(start, size, fields, sure ? delimiter_ : RowShape::unsure);
    ++next_;
    separators_ &= ~before;
    fields_ = first_;
  }
  void end_block() { fields_ += static_cast<std::uint32_t>(std::popcount(separators_)); }
  void add_last(const char* start, std::uint32_t size) { *next_++ = {header_, Text(start, size)}; }
  std::uint64_t inside() const { return state_.inside; }

 private:
  // A block with quotes or carriage returns, or behind one; gives the line breaks outside quotes.
  std::uint64_t judge(std::uint64_t quotes, std::uint64_t breaks, std::uint64_t returns,
                      std::uint64_t valid, const char* at) {
    state_.may_open = at == begin_ || at[-1] == delimiter_ || at[-1] == '\n';
    state_.may_open |= state_.after_closing;
    const std::uint64_t inside = inside_quotes(quotes, state_);
    std::uint64_t ends = separators_ | breaks | returns;
    const std::uint64_t misplaced = check_quotes(quotes, inside, valid, ends, state_);
    separators_ &= ends;
    breaks &= ends;
    // A carriage return is part of a line break or does not belong there.
    const std::uint64_t feed_behind = end_ - at > 64 && at[64] == '\n';
    const std::uint64_t strays = returns & ends & ~(breaks >> 1 | feed_behind << 63);
    first_ = (misplaced | strays) != 0 ? doubtful : 1;
    fields_ |= first_ & doubtful;
    busy_ = state_.inside | state_.after_closing | (first_ & doubtful);
    return breaks;
  }

  // More fields than a shape counts.
  static constexpr std::uint32_t doubtful = std::uint32_t{1} << 31;

  const char* begin_;
  const char* end_;
  Row* rows_;
  Row* next_;
  Row* rows_end_;
  Text header_;
  char delimiter_;
  std::uint32_t fields_;          // of the record, up to the block
  std::uint32_t first_ = 1;       // the same of a record that begins in the block
  std::uint64_t separators_ = 0;  // of the block, from the record on
  std::uint64_t busy_;            // not 0 within or just behind quotes
  Quoting state_;
};

Split RecordSplitter::split(std::string_view bytes, Input input, Text header, std::span<Row> out) {
  return run(bytes, input, CheckedRows(bytes, delimiter_, resumes(), inside(), header, out));
}

}  // namespace millrace::csv
