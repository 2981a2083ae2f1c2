// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/store/object.hpp"

namespace millrace::store {

/// Objects by key in a directory: S3's semantics without a service.
///
/// An object is an ordinary file at the path that to_path() gives its key; it appears whole or not
/// at all, and when a call has returned it survives power loss. Own files lie in `.millrace/`.
/// Keys are any 1 to 1024 bytes; none leads outside the root. Symbolic links are not followed; one
/// that somebody puts there while a call looks for its path may be, so whoever may write to the
/// root has to be trusted.
///
/// Errors, of every call: io and out_of_space with the system's reason, after which nothing new is
/// visible; invalid_input and limit_exceeded for a key that can't be one, invalid_input for a key
/// whose path leads through a symbolic link. Messages name the root, the call and the key.
/// Threads: any; several processes may use one root. Calls block: coroutines use cx.blocking().
/// Lifetime: the Env outlives it; copies share one state.
class MILLRACE_EXPORT Directory {
 public:
  /// Opens the store in `root`, which is made when it is not there, and removes the temporary files
  /// of processes that died. Errors: io, out_of_space.
  static Result<Directory> open(Env& env, std::string root);

  /// Stores an object and gives its ETag.
  /// Errors: already_exists (IfExists::refuse, key taken), conflict (if_match, another ETag),
  /// not_found (if_match, no object), invalid_input (both conditions).
  /// Cost: one file written and synced, one rename, a directory synced.
  Result<std::string> put(std::string_view key, std::string_view bytes,
                          const PutOptions& options = {});

  /// The object's bytes, or the part of them that `range` names.
  /// Errors: not_found; invalid_input when the range begins past the end (S3's InvalidRange).
  Result<std::string> get(std::string_view key, const ByteRange& range = {}) const;
  /// The same into an arena. Errors: limit_exceeded past 1 GiB, too.
  Result<Text> get(std::string_view key, TextWriter& out, const ByteRange& range = {}) const;

  /// Size, time and ETag. Errors: not_found. Cost: reads the object to compute its ETag.
  Result<ObjectInfo> head(std::string_view key) const;

  /// Removes the object; no error when it is not there, as in S3.
  Result<void> remove(std::string_view key);

  /// One page of the keys. Errors: invalid_input for a token that list() did not make.
  /// Cost: reads each directory that holds a key of the page.
  Result<ListPage> list(const ListOptions& options = {}) const;

  /// Begins an object whose parts come one by one. Uploads outlive the process: whoever begins one
  /// completes or aborts it, if need be found again by uploads().
  Result<Upload> create_upload(std::string_view key);
  /// Stores part `number`, 1 to 10000, replacing an earlier one, and gives its ETag. Parts may be
  /// of any size. Errors: not_found when the upload is gone; invalid_input.
  Result<Part> upload_part(const Upload& upload, std::uint32_t number, std::string_view bytes);
  /// Makes the object of these parts, numbers ascending, and gives its ETag.
  /// Errors: as put(); not_found when the upload is gone; invalid_input for a part that is not
  /// there or has another ETag. The upload stays after an error.
  Result<std::string> complete(const Upload& upload, const std::vector<Part>& parts,
                               const PutOptions& options = {});
  /// Drops the upload; no error when it is gone.
  Result<void> abort(const Upload& upload);
  /// Uploads in progress of keys that begin with `prefix`, by id.
  Result<std::vector<Upload>> uploads(std::string_view prefix = {}) const;

  const std::string& root() const;

 private:
  class State;
  explicit Directory(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace millrace::store
