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
  bool full() const { return count_ == out_.size(); }
  template <class Masks>
  std::uint64_t ends(const Masks& masks, std::uint64_t valid, const char*) {
    const std::uint64_t breaks = masks.equal('\n') & valid;
    if (quotes_ == Splitter::Quotes::none) return breaks;
    const std::uint64_t quotes = masks.equal('"') & valid;
    if ((quotes | inside_) == 0) [[likely]]
      return breaks;
    const std::uint64_t within = detail::prefix_xor(quotes) ^ inside_;
    inside_ = 0 - (within >> 63);
    return breaks & ~within;
  }
  void add(const char* start, std::uint32_t size, std::uint64_t) { add_last(start, size); }
  void end_block() {}
  void add_last(const char* start, std::uint32_t size) { out_[count_++] = Text(start, size); }
  std::uint64_t inside() const { return inside_; }

 private:
  Splitter::Quotes quotes_;
  std::uint64_t inside_;
  std::span<Text> out_;
  std::size_t count_ = 0;
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
