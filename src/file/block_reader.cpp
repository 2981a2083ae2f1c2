// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/block_reader.hpp"

#include <algorithm>
#include <coroutine>
#include <cstring>
#include <optional>

#include "millrace/core/root.hpp"

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

// A task that goes on by itself while its owner does other things on the same strand. Destroying it
// ends it, and waits for its call that blocks.
class Started {
 public:
  Started(Strand& strand, Task<> task) : place_(strand), task_(std::move(task)) {
    task_.handle().resume();
  }

  /// Goes on once it has ended. Errors: what it throws.
  class [[nodiscard]] Ended {
   public:
    explicit Ended(Task<>& task) : task_(task) {}
    Ended(const Ended&) = delete;
    Ended& operator=(const Ended&) = delete;
    ~Ended() {
      if (waits_) task_.handle().promise().caller = std::noop_coroutine();
    }
    bool await_ready() const noexcept { return task_.handle().done(); }
    void await_suspend(std::coroutine_handle<> h) noexcept {
      task_.handle().promise().caller = h;
      waits_ = true;
    }
    void await_resume() { task_.await_resume(); }

   private:
    Task<>& task_;
    bool waits_ = false;
  };
  Ended ended() { return Ended(task_); }

 private:
  detail::Place place_;  // the strand may have both to resume at once
  Task<> task_;
};

}  // namespace

// It stays where it is when its reader is moved.
struct BlockReader::Ahead {
  std::unique_ptr<File> file;
  std::uint64_t read_to = 0;  // how far the file was read
  bool at_end = false;        // and whether it ends there
  std::vector<Block> blocks;
  std::optional<Started> filling;  // last, since it uses the others

  void start(Context& cx) {
    blocks.clear();
    for (std::size_t i = 0; i < blocks_at_once; ++i)
      blocks.push_back({cx.arenas().take(4 * front_room), 0});
    filling.emplace(cx.strand(), run(cx.strand()));
  }
  Task<> run(Strand& strand) {
    Result<void> filled = co_await blocking(strand, [this] { return fill(); });
    filled.value();
  }
  Result<void> fill() {
    std::size_t filled = 0;
    for (; filled < blocks.size() && !at_end; ++filled) {
      Block& block = blocks[filled];
      const std::uint32_t room = block.arena->capacity() - front_room;
      Result<std::size_t> got = file->read_at(read_to, {block.arena->data() + front_room, room});
      if (!got) return got.take_error();
      block.size = static_cast<std::uint32_t>(*got);
      read_to += *got;
      at_end = *got < room;
      if (*got == 0) break;
    }
    blocks.resize(filled);
    return {};
  }
};

BlockReader::BlockReader(std::string path)
    : path_(std::move(path)), ahead_(std::make_unique<Ahead>()) {}
BlockReader::BlockReader(BlockReader&&) noexcept = default;
BlockReader& BlockReader::operator=(BlockReader&&) noexcept = default;
BlockReader::~BlockReader() = default;

bool BlockReader::is_open() const { return ahead_->file != nullptr; }
bool BlockReader::ended() const {
  return next_ == blocks_.size() && !ahead_->filling && ahead_->at_end;
}

Task<> BlockReader::open(Context& cx, std::uint64_t offset) {
  std::uint64_t size = 0;
  const auto open_file = [&]() -> Result<void> {
    Result<std::unique_ptr<File>> file = cx.env().fs.open(path_, OpenMode::read);
    if (!file) return file.take_error();
    Result<std::uint64_t> end = (*file)->size();
    if (!end) return end.take_error();
    size = *end;
    ahead_->file = std::move(*file);
    return {};
  };
  Result<void> opened = co_await cx.blocking(open_file);
  opened.value();
  if (offset > size) {
    ahead_->file.reset();
    throw Failure({Errc::invalid_input, path_ + ": the position is byte " + std::to_string(offset) +
                                            ", but the file has " + std::to_string(size) +
                                            ": it is another file, or it was cut"});
  }
  seek(offset);
}

void BlockReader::seek(std::uint64_t offset) {
  ahead_->filling.reset();
  ahead_->read_to = offset;
  ahead_->at_end = false;
  blocks_.clear();
  next_ = 0;
  arena_ = {};
  begin_ = end_ = 0;
  offset_ = offset;
}

Task<> BlockReader::more(Context& cx) {
  if (next_ == blocks_.size()) {
    if (!ahead_->filling) ahead_->start(cx);
    Started filling = std::move(*ahead_->filling);
    ahead_->filling.reset();
    co_await filling.ended();
    std::swap(blocks_, ahead_->blocks);
    next_ = 0;
    if (!ahead_->at_end) ahead_->start(cx);
    if (blocks_.empty()) co_return;
  }
  join(std::move(blocks_[next_++]), cx.arenas());
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
  ahead_->filling.reset();  // a file is used by one at a time
  Result<std::uint64_t> line =
      co_await cx.blocking([this] { return count_lines(*ahead_->file, offset_); });
  const std::string where = line ? ":" + std::to_string(*line) : std::string();
  throw Failure(
      {Errc::limit_exceeded, path_ + where + " (byte " + std::to_string(offset_) + "): " + reason});
}

}  // namespace millrace::file
