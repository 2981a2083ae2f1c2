// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/clock.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/file.hpp"
#include "millrace/core/units.hpp"

namespace millrace::sim {

/// What a power loss may do to names; contents always need File::sync().
enum class DiskModel : unsigned char {
  /// Each name by itself: it is durable only after sync_directory() of its parent, or, for one that
  /// was made, after its file's sync(). The others survive or not, one by one.
  strict,
  /// A journal: names become durable in the order they were changed, and the sync of any file or
  /// directory makes all changes before it durable.
  ext4,
};

/// The calls that a fault can hit.
enum class FileCall : unsigned char {
  open,
  read,
  write,
  sync,
  truncate,
  allocate,
  list,
  make_directories,
  rename,
  remove,
  sync_directory,
};
MILLRACE_EXPORT std::string_view to_string(FileCall call);

enum class FileFault : unsigned char {
  out_of_space,  ///< fails with out_of_space and does nothing
  io,            ///< fails with io; a sync drops what it should have written
  partial,       ///< a write fails with io after a part of it was done
};

/// "The third write to *.log fails": every condition must hold.
struct FaultRule {
  FileCall call = FileCall::write;
  FileFault fault = FileFault::io;
  std::uint64_t at_call = 0;    ///< the n-th such call from now on, from 1; 0: by probability
  double probability = 0;       ///< of each call, when at_call is 0
  std::string path_contains{};  ///< empty: any path
};

struct DiskOptions {
  DiskModel model = DiskModel::strict;
  ByteSize capacity{std::uint64_t{1} << 40};
};

/// What outlives a simulated process: files with durable contents and writes that are not durable
/// yet. Threads: one. Lifetime: outlives every Fs and File on it.
class MILLRACE_EXPORT Disk {
 public:
  explicit Disk(std::uint64_t seed, DiskOptions options = {});
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  /// Power loss: of what was not synced, any part survives, whole, torn at 512-byte sectors, as
  /// zeros, or out of order. Files that were open answer every call with io from now on.
  void crash(std::uint64_t seed);
  /// The process that has this Fs dies, the system stays: its locks go, nothing is lost. Its open
  /// files answer as after crash(); the Fs is that of its next start.
  void kill(Fs& process);
  /// The process that has this Fs stops in the middle of what it does: its calls fail and change
  /// nothing more, until it has died by kill() or crash(). May be called from on_call().
  void halt(Fs& process);

  /// Adds a fault; several may be active.
  void inject(FaultRule rule);
  /// Asked before each call that a fault can hit whether one does; the rules are asked after it.
  void on_call(std::function<std::optional<FileFault>(FileCall, std::string_view path)> ask);
  /// Takes all faults away, but for those of on_call().
  void heal();
  /// How many faults were injected so far.
  std::uint64_t faults_injected() const;
  /// Turns over one bit of a file at rest. Errors: not_found, when there is no such byte.
  Result<void> flip_bit(const std::string& path, std::uint64_t offset, unsigned bit);
  /// Bytes that may be stored from now on; files that are there stay.
  void set_capacity(ByteSize capacity);

  /// What a reader sees, for checks; nothing when there is no such file.
  std::optional<std::string> contents(const std::string& path) const;
  /// Every file and directory, sorted; directories end with '/'.
  std::vector<std::string> paths() const;
  ByteSize used() const;

  /// The file system as one process sees it. Locks are between the Files of all of them.
  std::unique_ptr<Fs> mount(const Clock& clock);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace millrace::sim
