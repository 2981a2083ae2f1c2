// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "millrace/core/batch.hpp"
#include "millrace/graph/origin.hpp"
#include "millrace/graph/port.hpp"

namespace millrace {

/// Records on their way to another strand, with the watermarks between them: so that those of a
/// stream whose every batch moves the watermark need not travel one by one.
template <class T>
struct Parcel {
  /// This watermark comes after the first `after` records. A later one comes after more of them.
  struct Mark {
    std::uint32_t after;
    Timestamp watermark;
  };
  static constexpr std::size_t most_marks = 32;
  explicit Parcel(std::uint32_t capacity) : batch(capacity) { marks.reserve(most_marks); }

  bool empty() const { return batch.empty() && marks.empty(); }
  /// Contract: fewer than most_marks are there.
  void mark(Timestamp watermark) {
    if (!marks.empty() && marks.back().after == batch.size())
      marks.back().watermark = watermark;
    else
      marks.push_back({batch.size(), watermark});
  }
  void clear() {
    batch.clear();
    marks.clear();
    origin = nullptr;
  }

  Batch<T> batch;
  std::vector<Mark> marks;
  const Origin* origin = nullptr;  ///< what is known of where all of its records come from
};

/// The near end of a queue to another strand.
template <class T>
class ParcelPort : public Port<T> {
 public:
  /// Takes the parcel, and gives an empty one of the same capacity for it.
  virtual void send(std::unique_ptr<Parcel<T>>& parcel) = 0;
};

}  // namespace millrace
