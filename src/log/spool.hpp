// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "group.hpp"
#include "millrace/core/env.hpp"
#include "millrace/log/log.hpp"

namespace millrace::log {

/// A transaction's records on the disk: frames as in a segment, whose base says which shard they go
/// to, and whose CRCs start from the transaction's number.
struct Spool {
  std::string id;    // "<producer>/<checkpoint>-<number>", what the shards remember
  std::string name;  // of the file, among the stream's spools wherever the stream is now
  std::uint64_t number = 0;
  std::uint64_t size = 0;  // bytes in the file

  /// As bytes for a Committable, and back. Errors: invalid_input.
  std::string encode() const;
  static Result<Spool> decode(std::string_view bytes);
};

/// Appends records to a stream's spools and carries them into its shards.
class Transactions {
 public:
  Transactions(Env& env, Log log, std::string producer);

  /// Takes records in; writes them out when there are many.
  Result<void> add(std::span<const Record> records);
  /// Makes what was added durable; an empty id when that is nothing.
  Result<Spool> prepare(std::uint64_t checkpoint);
  Result<void> commit(const Spool& spool);
  Result<void> abort();

 private:
  Result<void> begin();
  Result<void> spill();
  std::string path_of(const Spool& spool) const { return directory_ + '/' + spool.name; }
  Result<bool> taken(const Spool& spool);
  Result<std::vector<Group>> read(const Spool& spool, File& file);

  Env& env_;
  Log log_;
  std::string producer_;
  std::string directory_;      // of the spools
  std::vector<Group> groups_;  // by shard, not yet in the file
  std::vector<Ack> routes_;
  std::uint64_t staged_ = 0;  // bytes in groups_
  Spool spool_;
  std::unique_ptr<File> file_;
};

}  // namespace millrace::log
