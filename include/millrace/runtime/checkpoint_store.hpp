// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/units.hpp"

namespace millrace {

/// Where a pipeline keeps its checkpoints: bytes by name, which appear whole or not at all.
///
/// A name is one or more parts joined by '/'; a part has letters, digits, '-', '_' and '.' and does
/// not begin with a dot. No name is the first parts of another. When a call has returned without an
/// error, what it did survives power loss; after one it may or may not have been done, but nothing
/// of it happens later. Errors, of every call: io, out_of_space, unavailable with the reason;
/// invalid_input for what is no name. Messages name the store and the name. Threads: one at a time.
/// Calls block: a pipeline makes them off its strands.
class MILLRACE_EXPORT CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  /// Stores the bytes under the name, replacing what is there.
  virtual Result<void> put(const std::string& name, std::string_view bytes) = 0;
  /// The same for a name that is free. Of several that try it at once one succeeds. Errors:
  /// already_exists.
  virtual Result<void> put_new(const std::string& name, std::string_view bytes) = 0;
  /// The bytes under the name. Errors: not_found; limit_exceeded when there are more than `limit`.
  virtual Result<std::string> get(const std::string& name, ByteSize limit) = 0;
  /// The names that begin with `prefix`, sorted by their bytes.
  virtual Result<std::vector<std::string>> list(const std::string& prefix) = 0;
  /// Removes the name; no error when it is not there.
  virtual Result<void> remove(const std::string& name) = 0;
  /// Keeps other processes away while what it gives lives; the owner's text is what they are told.
  /// A store that can't do so gives nothing: the checkpoints' numbers keep a writer that was
  /// overtaken from deciding anything. Either way what is in the store when it returns survives
  /// power loss, also if a process died while it put it there. Errors: conflict when another
  /// process has it.
  virtual Result<std::shared_ptr<void>> lock(const std::string& owner);
  /// What messages call this store, e.g. its directory; a name follows after '/'.
  virtual std::string where() const = 0;
};

/// Errors: invalid_input when `name` is none for a CheckpointStore.
MILLRACE_EXPORT Result<void> check_checkpoint_name(std::string_view name);

}  // namespace millrace
