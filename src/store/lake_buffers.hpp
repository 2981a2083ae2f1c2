// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <deque>
#include <map>
#include <string>

#include "millrace/core/batch.hpp"
#include "millrace/core/env.hpp"
#include "millrace/core/message.hpp"
#include "millrace/store/lake_sink.hpp"

namespace millrace::store {

/// An object in memory; its name is fixed when its first record comes.
struct LakeObject {
  Timestamp time;  ///< the first record's
  std::string key;
  std::string bytes;
};

/// Sorts records into one growing object a day, and says which are to be stored.
class LakeBuffers {
 public:
  explicit LakeBuffers(LakeOptions options);

  /// Takes in a batch; objects that it fills or that have grown old move to closed().
  void add(const Batch<Message>& batch, Env& env);
  /// Moves the objects that have grown old to closed().
  void close_old(Env& env);
  void close_all();
  void clear();
  /// What waits to be stored, oldest first; the sink pops what it has stored.
  std::deque<LakeObject>& closed() { return closed_; }
  const std::string& prefix() const { return prefix_; }
  const LakeOptions& options() const { return options_; }

 private:
  struct Open {
    LakeObject object;
    MonotonicTime since;
  };
  using Objects = std::map<std::chrono::sys_days, Open>;
  Objects::iterator close(Objects::iterator which);

  LakeOptions options_;
  std::string prefix_;
  Objects open_;
  std::deque<LakeObject> closed_;
};

}  // namespace millrace::store
