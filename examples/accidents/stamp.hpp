// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "accident.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/graph/emitter.hpp"

namespace accidents {

struct StampOptions {
  /// Nothing: the time at which the row was read. Otherwise row n (of the good ones, from 0) gets
  /// start + n x step + between zero and `disorder`, by the seed, so that totals are known before.
  std::optional<Timestamp> start = {};
  millrace::Duration step = std::chrono::milliseconds(20);
  millrace::Duration disorder{};
  std::uint64_t seed = 42;
};

/// Sets Txn_Timestamp. Its count of rows is saved with the pipeline, so that a suspended producer
/// goes on with the next stamp.
class Stamp {
 public:
  using output_type = Accident;
  explicit Stamp(StampOptions options) : options_(options) {}

  void on_record(const Accident& row, Timestamp read, millrace::Emitter<Accident>& out) {
    Accident& stamped = out.slot();
    stamped = row;
    stamped.txn_timestamp = options_.start ? of_row(rows_) : read;
    ++rows_;
    out.commit(read);
  }
  void save(std::string& bytes) const { bytes = std::to_string(rows_); }
  millrace::Result<void> load(std::string_view bytes) {
    const char* const end = bytes.data() + bytes.size();
    const auto [rest, error] = std::from_chars(bytes.data(), end, rows_);
    if (error == std::errc() && rest == end) return {};
    return millrace::Error(millrace::Errc::corrupted,
                           "the stamp's count of rows is no number: " + std::string(bytes));
  }

 private:
  Timestamp of_row(std::uint64_t row) const {
    const auto bound = static_cast<std::uint64_t>(options_.disorder.count()) + 1;
    const std::uint64_t late = millrace::SeededRng(options_.seed + row).next() % bound;
    return *options_.start + static_cast<std::int64_t>(row) * options_.step +
           millrace::Duration(static_cast<std::int64_t>(late));
  }
  StampOptions options_;
  std::uint64_t rows_ = 0;
};

}  // namespace accidents
