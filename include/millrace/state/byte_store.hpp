// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace millrace::detail {

/// Copies of byte strings that stay where they are until clear(). Cost: no allocation after it has
/// once held as much.
class ByteStore {
 public:
  std::string_view copy(std::string_view bytes) {
    if (bytes.size() > left_) [[unlikely]]
      next_block(bytes.size());
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    const std::string_view copied(at_, bytes.size());
    at_ += bytes.size();
    left_ -= bytes.size();
    return copied;
  }
  /// Forgets all copies and keeps at most `keep` bytes of blocks.
  void clear(std::size_t keep = static_cast<std::size_t>(-1)) {
    while (!blocks_.empty() && bytes_ > std::max(keep, first_block)) {
      bytes_ -= blocks_.back().size;
      blocks_.pop_back();
    }
    used_ = 0;
    left_ = 0;
    at_ = nullptr;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t first_block = 1024;
  static constexpr std::size_t largest_block = std::size_t{256} * 1024;
  struct Block {
    std::unique_ptr<char[]> data;
    std::size_t size;
  };
  void next_block(std::size_t at_least) {
    while (used_ < blocks_.size() && blocks_[used_].size < at_least) ++used_;
    if (used_ == blocks_.size()) {
      const std::size_t size =
          std::max(std::max(at_least, first_block), std::min(bytes_, largest_block));
      blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
      bytes_ += size;
    }
    at_ = blocks_[used_].data.get();
    left_ = blocks_[used_].size;
    ++used_;
  }

  std::vector<Block> blocks_;
  std::size_t used_ = 0;
  std::size_t bytes_ = 0;
  std::size_t left_ = 0;
  char* at_ = nullptr;
};

}  // namespace millrace::detail
