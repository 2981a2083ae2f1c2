// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_split.hpp"

#include "formats/csv_quotes.hpp"
#include "formats/split_run.hpp"

namespace millrace::csv {

// Rows whose shape is judged in passing, for Splitter::run. A flaw makes each record doubtful that
// touches its block: whoever decodes it looks closer. Where fields end is kept for each block of a
// stretch; a record's number of fields and the ends of its first ones come from there.
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
        open_doubtful_(resumes),
        busy_(inside) {
    state_.inside = inside;
  }

  std::size_t count() const { return static_cast<std::size_t>(next_ - rows_); }
  std::size_t room() const { return static_cast<std::size_t>(rows_end_ - next_); }
  void begin_stretch(const char* at) {
    if (stretch_ != nullptr) separators_[0] = separators_[(at - stretch_) / 64];
    stretch_ = at;
    flaws_ = 0;
  }
  template <class Masks>
  std::uint64_t look(const Masks& masks, std::uint64_t valid, unsigned block) {
    const std::uint64_t separators = masks.equal(delimiter_) & valid;
    separators_[1 + block] = separators;
    before_[block] = total_;
    total_ += static_cast<std::uint32_t>(std::popcount(separators));
    return masks.template equal_any<'\n', '"', '\r'>() & valid;
  }
  bool busy() const { return busy_ != 0; }
  template <class Masks>
  std::uint64_t ends(const Masks& masks, std::uint64_t valid, unsigned block, std::uint64_t found) {
    before_[block] -= within_;
    // Most are of interest for one line break.
    const auto first = static_cast<unsigned>(std::countr_zero(found));
    if ((found & (found - 1)) == 0 && busy_ == 0 && stretch_[64 * block + first] == '\n') [[likely]]
      return found;
    const std::uint64_t breaks = masks.equal('\n') & valid;
    if (breaks == found && busy_ == 0) [[likely]]
      return breaks;
    return judge(masks.equal('"') & valid, masks.equal('\r') & valid, valid, block, breaks);
  }
  unsigned take(const std::uint16_t* ends, unsigned count, const char*& start,
                std::size_t longest) {
    const auto most = static_cast<unsigned>(std::min<std::size_t>(count, room()));
    const bool flawed = flaws_ != 0 || open_doubtful_;
    Row* next = next_;
    const char* from = start;
    std::uint32_t begun = begun_;
    unsigned i = 0;
    for (; i != most; ++i) {
      const char* const end = stretch_ + ends[i];
      if (static_cast<std::size_t>(end - from) > longest) [[unlikely]]
        break;
      const std::uint32_t size = record_size(from, end);
      const unsigned block = ends[i] / 64;
      const std::uint64_t before = (std::uint64_t{1} << ends[i] % 64) - 1;
      const std::uint32_t total =
          before_[block] +
          static_cast<std::uint32_t>(std::popcount(separators_[1 + block] & before));
      const std::uint32_t fields = total - begun + 1;
      begun = total;
      bool sure = fields <= RowShape::fields_max;
      if (flawed) [[unlikely]]
        sure &= !doubtful(from, block);
      next->header = header_;
      next->text = Text(from, size);
      next->shape = RowShape(from, size, fields, sure ? delimiter_ : RowShape::unsure,
                             first_ends(from, size));
      ++next;
      from = end + 1;
    }
    next_ = next;
    start = from;
    begun_ = begun;
    return i;
  }
  void end_stretch(const char* start) {
    open_doubtful_ = doubtful(start, 63);
    open_separators_ = separators_from(start);
  }
  void add_last(const char* start, std::uint32_t size) { *next_++ = {header_, Text(start, size)}; }
  std::uint64_t inside() const { return state_.inside; }

 private:
  // A block with quotes or carriage returns, or behind one: takes out what stands within quotes.
  std::uint64_t judge(std::uint64_t quotes, std::uint64_t returns, std::uint64_t valid,
                      unsigned block, std::uint64_t breaks) {
    const char* const at = stretch_ + 64 * block;
    std::uint64_t& separators = separators_[1 + block];
    state_.may_open = at == begin_ || at[-1] == delimiter_ || at[-1] == '\n';
    state_.may_open |= state_.after_closing;
    const std::uint64_t inside = inside_quotes(quotes, state_);
    std::uint64_t ends = separators | breaks | returns;
    const std::uint64_t misplaced = check_quotes(quotes, inside, valid, ends, state_);
    within_ += static_cast<std::uint32_t>(std::popcount(separators & ~ends));
    separators &= ends;
    breaks &= ends;
    // A carriage return is part of a line break or does not belong there.
    const std::uint64_t feed_behind = end_ - at > 64 && at[64] == '\n';
    const std::uint64_t strays = returns & ends & ~(breaks >> 1 | feed_behind << 63);
    flaws_ |= static_cast<std::uint64_t>((misplaced | strays) != 0) << block;
    busy_ = state_.inside | state_.after_closing;
    return breaks;
  }

  // Whether a flaw lies in the blocks of a record that goes on up to `block`.
  bool doubtful(const char* start, unsigned block) const {
    const bool begun_before = start < stretch_;
    const auto first = begun_before ? 0 : static_cast<std::size_t>(start - stretch_) / 64;
    if (first == 64) return false;
    const std::uint64_t blocks = (std::uint64_t{2} << block) - (std::uint64_t{1} << first);
    return (flaws_ & blocks) != 0 || (begun_before && open_doubtful_);
  }
  // The separators among the 64 bytes from `start` on, as far as they were looked at.
  std::uint64_t separators_from(const char* start) const {
    const std::ptrdiff_t at = start - stretch_ + 64;
    if (at < 0) [[unlikely]]
      return open_separators_;
    const std::uint64_t* const word = separators_ + at / 64;
    return word[0] >> at % 64 | word[1] << 1 << (63 - at % 64);
  }
  std::uint64_t first_ends(const char* start, std::uint32_t size) const {
    const std::uint64_t separators = separators_from(start);
    if (size >= 64) [[likely]]
      return separators;
    const std::uint64_t end = std::uint64_t{1} << size;
    return (separators & (end - 1)) | end;
  }

  const char* begin_;
  const char* end_;
  Row* rows_;
  Row* next_;
  Row* rows_end_;
  Text header_;
  char delimiter_;

  const char* stretch_ = nullptr;
  std::uint64_t separators_[67] = {};  // of its blocks, behind those of the block before it
  std::uint32_t before_[64] = {};      // how many were seen before each block,
  std::uint32_t total_ = 0;            // in all,
  std::uint32_t within_ = 0;           // of these within quotes,
  std::uint32_t begun_ = 0;            // and before the record
  std::uint64_t flaws_ = 0;            // a bit for each block that has one
  // Of the record that began before the stretch.
  bool open_doubtful_;
  std::uint64_t open_separators_ = 0;
  std::uint64_t busy_;  // not 0 within or just behind quotes
  Quoting state_;
};

Split RecordSplitter::split(std::string_view bytes, Input input, Text header, std::span<Row> out) {
  return run(bytes, input, CheckedRows(bytes, delimiter_, resumes(), inside(), header, out));
}

}  // namespace millrace::csv
