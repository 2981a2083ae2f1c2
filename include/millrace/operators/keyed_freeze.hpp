// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "millrace/graph/barrier.hpp"
#include "millrace/state/hash.hpp"

namespace millrace::detail {

/// A table's rows as they were at one moment, though the table goes on: a block of rows is written
/// down by whoever comes first, the thread that saves them or the lane that is about to change one.
/// Threads: encode() one, before_change() the table's. Cost: nothing is copied; a change waits for
/// one block at most.
/// Blocks: table.blocks(). WriteRow: group = write_row(out, node).
template <class Blocks, class WriteRow>
class FrozenRows {
 public:
  FrozenRows(Blocks blocks, StateItem common, std::string header, WriteRow write_row)
      : blocks_(std::move(blocks)),
        common_(std::move(common)),
        header_(std::move(header)),
        write_row_(std::move(write_row)),
        pieces_(blocks_.size()),
        known_(blocks_.size()) {}

  /// A row of this block is about to change. Threads: the table's.
  void before_change(std::size_t block) {
    if (block >= known_.size() || known_[block]) return;
    known_[block] = true;
    std::lock_guard lock(mutex_);
    if (!pieces_[block]) pieces_[block] = std::make_unique<Piece>(write(block));
  }
  /// Nobody wants it any more: encoded, or thrown away.
  bool over() const { return over_.load(std::memory_order_acquire); }
  void end() { over_.store(true, std::memory_order_release); }

  void encode(StateSink& sink) {
    std::array<std::string, key_groups> groups;
    for (std::size_t block = 0; block < blocks_.size(); ++block) {
      std::unique_ptr<Piece> piece;
      {
        std::lock_guard lock(mutex_);
        piece = pieces_[block] ? std::move(pieces_[block]) : std::make_unique<Piece>(write(block));
        pieces_[block] = std::make_unique<Piece>();
      }
      distribute(*piece, groups);
    }
    end();
    sink.take(std::move(common_));
    for (std::uint32_t group = 0; group < key_groups; ++group)
      if (!groups[group].empty()) sink.take({group, std::move(groups[group])});
  }

 private:
  /// The rows of one block: their bytes, and how many of them go to which group.
  struct Piece {
    std::string bytes;
    std::vector<std::pair<std::uint32_t, std::size_t>> rows;
  };
  Piece write(std::size_t block) const {
    Piece piece;
    for (const auto& node : *blocks_[block]) {
      if (!node.used()) continue;
      const std::size_t before = piece.bytes.size();
      const std::uint32_t group = write_row_(piece.bytes, node);
      piece.rows.emplace_back(group, piece.bytes.size() - before);
    }
    return piece;
  }
  // In the order of rows, whoever wrote them down: a group without a change gives the same bytes as
  // the last time.
  void distribute(const Piece& piece, std::array<std::string, key_groups>& groups) const {
    const char* at = piece.bytes.data();
    for (const auto& [group, size] : piece.rows) {
      if (groups[group].empty()) groups[group] = header_;
      groups[group].append(at, size);
      at += size;
    }
  }

  const Blocks blocks_;
  StateItem common_;
  const std::string header_;
  const WriteRow write_row_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Piece>> pieces_;  // under the mutex
  std::vector<bool> known_;                     // of the table's thread: written down
  std::atomic<bool> over_{false};
};

/// What the barrier is given.
template <class Rows>
class FrozenRowsHandle final : public FrozenState {
 public:
  explicit FrozenRowsHandle(std::shared_ptr<Rows> rows) : rows_(std::move(rows)) {}
  ~FrozenRowsHandle() override { rows_->end(); }
  void encode(StateSink& sink) override { rows_->encode(sink); }

 private:
  std::shared_ptr<Rows> rows_;
};

}  // namespace millrace::detail
