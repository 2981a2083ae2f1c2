// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/split.hpp"

#include "formats/split_run.hpp"

namespace millrace {
namespace {

// Records as they are, for Splitter::run.
class Texts {
 public:
  Texts(Splitter::Quotes quotes, std::uint64_t inside, std::span<Text> out)
      : quotes_(quotes), inside_(inside), out_(out) {}

  std::size_t count() const { return count_; }
  std::size_t room() const { return out_.size() - count_; }
  void begin_stretch(const char* at) { stretch_ = at; }
  template <class Masks>
  std::uint64_t look(const Masks& masks, std::uint64_t valid, unsigned) const {
    return (quotes_ == Splitter::Quotes::none ? masks.equal('\n')
                                              : masks.equal('\n') | masks.equal('"')) &
           valid;
  }
  bool busy() const { return inside_ != 0; }
  template <class Masks>
  std::uint64_t ends(const Masks& masks, std::uint64_t valid, unsigned, std::uint64_t found) {
    if (quotes_ == Splitter::Quotes::none) return found;
    const std::uint64_t quotes = masks.equal('"') & valid;
    if ((quotes | inside_) == 0) [[likely]]
      return found;
    const std::uint64_t within = detail::prefix_xor(quotes) ^ inside_;
    inside_ = 0 - (within >> 63);
    return found & ~quotes & ~within;
  }
  unsigned take(const std::uint16_t* ends, unsigned count, const char*& start,
                std::size_t longest) {
    const auto most = static_cast<unsigned>(std::min<std::size_t>(count, room()));
    Text* next = out_.data() + count_;
    const char* from = start;
    unsigned i = 0;
    for (; i != most; ++i) {
      const char* const end = stretch_ + ends[i];
      if (static_cast<std::size_t>(end - from) > longest) [[unlikely]]
        break;
      *next++ = Text(from, record_size(from, end));
      from = end + 1;
    }
    count_ += i;
    start = from;
    return i;
  }
  void end_stretch(const char*) {}
  void add_last(const char* start, std::uint32_t size) { out_[count_++] = Text(start, size); }
  std::uint64_t inside() const { return inside_; }

 private:
  Splitter::Quotes quotes_;
  std::uint64_t inside_;
  std::span<Text> out_;
  std::size_t count_ = 0;
  const char* stretch_ = nullptr;
};

}  // namespace

Split Splitter::split(std::string_view bytes, Input input, std::span<Text> out) {
  return run(bytes, input, Texts(quotes_, inside_, out));
}

std::size_t Splitter::drop(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return bytes.size();
  dropping_ = false;
  return end + 1;
}

}  // namespace millrace
