// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>

#include "millrace/core/file.hpp"
#include "millrace/runtime/checkpoint_store.hpp"

namespace millrace {

/// Checkpoints as files in a directory, which is made when the first one is written.
///
/// A name is a file's path in it. A file is written in `.tmp/`, synced, renamed, and its
/// directory synced; `LOCK` says who has the directory. Files are 0600, directories 0700.
/// Lifetime: the Fs outlives it.
class MILLRACE_EXPORT DirectoryCheckpointStore final : public CheckpointStore {
 public:
  DirectoryCheckpointStore(Fs& fs, std::string directory);
  Result<void> put(const std::string& name, std::string_view bytes) override;
  Result<void> put_new(const std::string& name, std::string_view bytes) override;
  Result<std::string> get(const std::string& name, ByteSize limit) override;
  Result<std::vector<std::string>> list(const std::string& prefix) override;
  Result<void> remove(const std::string& name) override;
  /// An advisory lock between processes, also of other users of the directory. Clears away what
  /// processes that died have left half written, and syncs the rest.
  Result<std::shared_ptr<void>> lock(const std::string& owner) override;
  std::string where() const override { return directory_; }

 private:
  Result<void> write(const std::string& name, std::string_view bytes, bool replace);
  Result<std::string> write_temporary(std::string_view bytes);
  Result<void> list_below(const std::string& directory, const std::string& prefix,
                          std::vector<std::string>& names);
  Result<void> settle();
  Error locked_by(File& lock) const;
  std::string path(const std::string& name) const { return directory_ + '/' + name; }

  Fs& fs_;
  std::string directory_;
  std::uint64_t next_temporary_ = 0;
};

}  // namespace millrace
