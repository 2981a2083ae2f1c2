// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/units.hpp"

namespace millrace {

/// Is given rows one by one; false when it wants no more. Lifetime of the bytes: the call.
class RowVisitor {
 public:
  virtual bool row(std::string_view key, std::string_view value) = 0;

 protected:
  ~RowVisitor() = default;
};

/// Rows as they were at one moment. Threads: any, one at a time. Lifetime: it may outlive its
/// store.
class RowSnapshot {
 public:
  virtual ~RowSnapshot() = default;
  /// Gives the rows with from <= key < to in the order of their keys' bytes. Errors: Failure.
  virtual void scan(std::string_view from, std::string_view to, RowVisitor& visitor) const = 0;
};

/// The rows of one subtask's keyed state outside of its memory: values by keys, both bytes. It is a
/// cache that is lost with the process: what lasts are the checkpoints.
/// Errors, of every call: Failure (io, out_of_space, corrupted), with the step and the place.
/// Threads: one at a time. Calls block.
class RowStore {
 public:
  virtual ~RowStore() = default;
  /// Gives the number and value of each of the keys that is there, in their order.
  class Found {
   public:
    virtual void take(std::size_t number, std::string_view value) = 0;

   protected:
    ~Found() = default;
  };
  virtual void get(const std::vector<std::string_view>& keys, Found& found) = 0;
  /// What is put and erased is seen from the next write() on.
  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual void erase(std::string_view key) = 0;
  virtual void write() = 0;
  /// As RowSnapshot::scan(), of what is there now.
  virtual void scan(std::string_view from, std::string_view to, RowVisitor& visitor) = 0;
  virtual std::unique_ptr<RowSnapshot> snapshot() = 0;
  /// What the subtask may hold in memory of rows that lie here, too.
  virtual ByteSize row_memory() const = 0;
};

/// Where the subtasks of keyed steps keep their rows.
class StateBackend {
 public:
  virtual ~StateBackend() = default;
  /// A store without rows. Errors: Failure (conflict when another has the place, io).
  virtual std::unique_ptr<RowStore> open(const std::string& step, std::uint32_t subtask,
                                         std::uint32_t parallelism) = 0;
};

}  // namespace millrace
