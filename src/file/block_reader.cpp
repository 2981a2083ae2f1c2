// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/block_reader.hpp"

#include <algorithm>
#include <cstring>

namespace millrace::file {
namespace {

constexpr std::size_t blocks_at_once = 16;
constexpr std::uint32_t front_room = 4096;  // most records are shorter

Result<std::uint64_t> count_lines(File& file, std::uint64_t end) {
  std::string block(std::size_t{1} << 16, '\0');
  std::uint64_t lines = 1;
  for (std::uint64_t at = 0; at < end;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end - at));
    Result<std::size_t> got = file.read_at(at, {block.data(), size});
    if (!got) return got.take_error();
    if (*got == 0) break;
    lines += static_cast<std::uint64_t>(std::count(block.data(), block.data() + *got, '\n'));
    at += *got;
  }
  return lines;
}

}  // namespace

Task<> BlockReader::open(Context& cx, std::uint64_t offset) {
  std::uint64_t size = 0;
  const auto open_file = [&]() -> Result<void> {
    Result<std::unique_ptr<File>> file = cx.env().fs.open(path_, OpenMode::read);
    if (!file) return file.take_error();
    Result<std::uint64_t> end = (*file)->size();
    if (!end) return end.take_error();
    size = *end;
    file_ = std::move(*file);
    return {};
  };
  Result<void> opened = co_await cx.blocking(open_file);
  opened.value();
  if (offset > size) {
    file_.reset();
    throw Failure({Errc::invalid_input, path_ + ": the position is byte " + std::to_string(offset) +
                                            ", but the file has " + std::to_string(size) +
                                            ": it is another file, or it was cut"});
  }
  seek(offset);
}

void BlockReader::seek(std::uint64_t offset) {
  blocks_.clear();
  next_ = 0;
  arena_ = {};
  begin_ = end_ = 0;
  offset_ = read_to_ = offset;
  at_end_ = false;
}

Task<> BlockReader::more(Context& cx) {
  if (next_ == blocks_.size()) {
    blocks_.clear();
    next_ = 0;
    for (std::size_t i = 0; i < blocks_at_once; ++i)
      blocks_.push_back({cx.arenas().take(4 * front_room), 0});
    Result<void> filled = co_await cx.blocking([this] { return fill(); });
    filled.value();
    if (blocks_.empty()) co_return;
  }
  join(std::move(blocks_[next_++]), cx.arenas());
}

Result<void> BlockReader::fill() {
  std::size_t filled = 0;
  for (; filled < blocks_.size() && !at_end_; ++filled) {
    Block& block = blocks_[filled];
    const std::uint32_t room = block.arena->capacity() - front_room;
    Result<std::size_t> got = file_->read_at(read_to_, {block.arena->data() + front_room, room});
    if (!got) return got.take_error();
    block.size = static_cast<std::uint32_t>(*got);
    read_to_ += *got;
    at_end_ = *got < room;
    if (*got == 0) break;
  }
  blocks_.resize(filled);
  return {};
}

void BlockReader::join(Block block, ArenaPool& arenas) {
  const std::uint32_t left = end_ - begin_;
  std::uint32_t at = front_room - left;
  if (left > front_room) {
    ArenaRef larger = arenas.take(left + block.size);
    std::memcpy(larger->data() + left, block.arena->data() + front_room, block.size);
    block.arena = std::move(larger);
    at = 0;
  }
  if (left != 0) std::memcpy(block.arena->data() + at, arena_->data() + begin_, left);
  arena_ = std::move(block.arena);
  begin_ = at;
  end_ = at + left + block.size;
}

Task<> BlockReader::fail(Context& cx, const std::string& reason) {
  Result<std::uint64_t> line =
      co_await cx.blocking([this] { return count_lines(*file_, offset_); });
  const std::string where = line ? ":" + std::to_string(*line) : std::string();
  throw Failure(
      {Errc::limit_exceeded, path_ + where + " (byte " + std::to_string(offset_) + "): " + reason});
}

}  // namespace millrace::file
