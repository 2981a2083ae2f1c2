// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "millrace/core/arena.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/text.hpp"

namespace millrace {

/// Writes new bytes (formatted, unescaped) into arenas, one run of bytes at a time, without an
/// intermediate string.
///
///     char* p = writer.reserve(20);        // room for this much, contiguous with what was written
///     p = format(value, p);
///     writer.advance(p);
///     Text text = writer.finish();         // what was written since the last finish()
///
/// Threads: one strand. Lifetime: the Texts live as long as a batch that holds arena(); whoever
/// passes them on calls batch.hold(writer.arena()) after finish(). Cost: a compare a reserve; a
/// record that does not fit in the arena's rest is moved to the next one.
class MILLRACE_EXPORT TextWriter {
 public:
  explicit TextWriter(ArenaPool& pool) : pool_(&pool) {}

  /// A place for `size` more bytes. Errors: Failure (limit_exceeded) past 1 GiB in one run.
  char* reserve(std::size_t size) {
    if (static_cast<std::size_t>(end_ - cursor_) < size) [[unlikely]]
      grow(size);
    return cursor_;
  }
  /// Says how far reserve()'s place was filled.
  void advance(char* end) { cursor_ = end; }
  void append(std::string_view s) {
    char* p = reserve(s.size());
    if (!s.empty()) std::memcpy(p, s.data(), s.size());
    cursor_ = p + s.size();
  }
  void append(char c) { *reserve(1) = c, ++cursor_; }

  /// The run written since the last finish(); the next one begins.
  Text finish() {
    Text text(start_, static_cast<std::uint32_t>(cursor_ - start_));
    start_ = cursor_;
    return text;
  }
  /// Forgets the run written since the last finish().
  void discard() { cursor_ = start_; }
  /// Bytes of the run so far.
  std::string_view run() const { return {start_, static_cast<std::size_t>(cursor_ - start_)}; }
  /// A copy of `s` as a run of its own.
  Text copy(std::string_view s) {
    append(s);
    return finish();
  }
  /// The arena of the last finished run.
  const ArenaRef& arena() const { return arena_; }
  /// From now on puts the arenas that it leaves for a new one there: for whoever can't hold arena()
  /// after each finish(), since somebody else calls it several times. Lifetime: it outlives this.
  void collect_left_arenas(std::vector<ArenaRef>& in) { left_ = &in; }
  /// Lets the arena go; the next run starts in a new one.
  void release() {
    arena_ = {};
    start_ = cursor_ = end_ = nullptr;
  }

 private:
  void grow(std::size_t size);
  ArenaPool* pool_;
  ArenaRef arena_;
  std::vector<ArenaRef>* left_ = nullptr;
  char* start_ = nullptr;
  char* cursor_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace millrace
