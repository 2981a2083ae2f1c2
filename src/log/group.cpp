// SPDX-License-Identifier: BSL-1.0
#include "group.hpp"

#include "bytes.hpp"

namespace millrace::log {

void Group::clear() {
  bytes.clear();
  frames.clear();
  count = 0;
  transaction.clear();
  done = false;
  base = 0;
  error.reset();
}

void Group::add(Timestamp arrival, std::string_view key, std::string_view data) {
  const std::uint64_t need = key.size() + data.size() + 16;
  if (frames.empty() || frames.back().end - frames.back().begin + need > frame_target) {
    frames.push_back({bytes.size(), bytes.size(), 0, arrival, arrival});
    begin_frame(bytes);
    if (!transaction.empty()) {
      put(bytes, std::uint8_t{0});
      put(bytes, static_cast<std::uint8_t>(transaction.size()));
      bytes += transaction;
    }
  }
  Frame& frame = frames.back();
  if (arrival > frame.last) frame.last = arrival;
  append_record(bytes, frame.last - frame.first, key, data);
  frame.end = bytes.size();
  ++frame.count;
  ++count;
}

}  // namespace millrace::log
