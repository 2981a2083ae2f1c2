// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "millrace/firehose/delivery_destination.hpp"
#include "millrace/firehose/delivery_options.hpp"

namespace millrace::firehose {

/// How records are set apart in a buffer.
struct Delimiting {
  std::string_view text = {};
  DelimiterPlace place = DelimiterPlace::between;
};

/// Records one after the other, with their ends and arrival times. Recycled: clear() keeps the
/// memory, which grows by doubling and is not filled before it is written.
class Buffer {
 public:
  void append(std::string_view record, Timestamp arrival, const Delimiting& delimiting) {
    const std::size_t room_needed = record.size() + delimiting.text.size();
    if (capacity_ - size_ < room_needed) [[unlikely]]
      grow(room_needed);
    char* to = bytes_.get() + size_;
    if (!delimiting.text.empty() && delimiting.place == DelimiterPlace::between && !ends_.empty())
      to = copy(to, delimiting.text);
    to = copy(to, record);
    ends_.push_back({static_cast<std::uint64_t>(to - bytes_.get()), arrival});
    if (!delimiting.text.empty() && delimiting.place == DelimiterPlace::after_each)
      to = copy(to, delimiting.text);
    size_ = static_cast<std::size_t>(to - bytes_.get());
    oldest_ = std::min(oldest_, arrival);
  }

  bool empty() const { return ends_.empty(); }
  std::size_t bytes() const { return size_; }
  std::size_t records() const { return ends_.size(); }
  Timestamp oldest() const { return oldest_; }
  std::string_view view() const { return {bytes_.get(), size_}; }
  RecordBatch batch(const Delimiting& delimiting) const {
    return {view(), ends_, delimiting.text.size()};
  }
  /// Keeps these records, ascending indices, and drops the others.
  void keep(const std::vector<std::uint32_t>& wanted, const Delimiting& delimiting) {
    std::vector<RecordEnd> ends = std::move(ends_);
    const RecordBatch all{view(), ends, delimiting.text.size()};
    ends_ = {};
    size_ = 0;
    oldest_ = end_of_time;
    for (const std::uint32_t i : wanted) {
      const std::string record(all.record(i));  // the buffer is filled again from its beginning
      append(record, ends[i].arrival, delimiting);
    }
  }
  void clear() {
    size_ = 0;
    ends_.clear();
    oldest_ = end_of_time;
  }

 private:
  static char* copy(char* to, std::string_view text) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  void grow(std::size_t more) {
    const std::size_t wanted = std::max({size_ + more, capacity_ * 2, std::size_t{4096}});
    std::unique_ptr<char[]> larger(new char[wanted]);
    if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = wanted;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::vector<RecordEnd> ends_;
  Timestamp oldest_ = end_of_time;
};

}  // namespace millrace::firehose
