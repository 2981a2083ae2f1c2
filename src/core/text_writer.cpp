// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/text_writer.hpp"

#include <string>

#include "millrace/core/error.hpp"

namespace millrace {

void TextWriter::grow(std::size_t size) {
  constexpr std::size_t run_max = std::size_t{1} << 30;
  const auto written = static_cast<std::size_t>(cursor_ - start_);
  if (written + size > run_max) {
    discard();
    throw Failure({Errc::limit_exceeded, "text: one value needs " + std::to_string(written + size) +
                                             " bytes, the limit is " + std::to_string(run_max)});
  }
  // Twice what is written: a long value is copied a constant number of times.
  const std::size_t want = written == 0 ? size : 2 * written + size;
  ArenaRef next = pool_->take(static_cast<std::uint32_t>(want));
  if (written != 0) std::memcpy(next->data(), start_, written);
  if (left_ && arena_) left_->push_back(std::move(arena_));
  arena_ = std::move(next);
  start_ = arena_->data();
  cursor_ = start_ + written;
  end_ = start_ + arena_->capacity();
}

}  // namespace millrace
