// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/rng.hpp"
#include "millrace/sim/disk.hpp"

namespace millrace::sim {

/// A change of a file's contents that is not durable yet.
struct Change {
  enum class Kind : unsigned char { write, resize } kind;
  std::uint64_t at;  // the offset of a write, the new size of a resize
  std::string bytes;
};

/// One start of a process, until its death: what its open files have in common.
struct Life {
  bool over = false;
  bool halted = false;  // nothing of it has any effect any more, and it is not over yet
};
using LifeRef = std::shared_ptr<Life>;

struct Inode {
  bool is_directory = false;
  bool linked = true;   // has a name, so its bytes count
  std::string live;     // what readers see
  std::string durable;  // what a power loss can't take
  std::vector<Change> pending;
  Timestamp modified{};
  const File* lock_owner = nullptr;
  const Life* lock_life = nullptr;
};
using InodeRef = std::shared_ptr<Inode>;
using Names = std::map<std::string, InodeRef, std::less<>>;

/// A change of names that is not durable yet.
struct NameChange {
  enum class Kind : unsigned char { add, remove, move } kind;
  std::string path;
  std::string to;
  InodeRef inode;
};

void apply_change(std::string& contents, const Change& change);
void apply_change(Names& names, const NameChange& change);
/// What stands before the last '/'; "" for a name without one.
std::string_view parent_of(std::string_view path);
/// Without doubled and trailing '/', so that each file has one spelling.
std::string tidy(std::string_view path);

struct Disk::State {
  State(std::uint64_t seed, DiskOptions o) : options(o), rng(seed) {}

  /// Makes a name change, visible now and durable later.
  void change(NameChange change);
  void sync_contents(Inode& inode);
  /// The names that the sync of this file or directory makes durable.
  void sync_names_for_file(const InodeRef& inode);
  void sync_names_in(std::string_view directory);
  bool is_directory(std::string_view path) const;
  /// The fault for this call, if a rule hits it.
  std::optional<FileFault> fault(FileCall call, std::string_view path);
  LifeRef start_life();
  /// Its files answer no more, its locks are gone.
  void end_life(Life& life);

  DiskOptions options;
  SeededRng rng;
  Names live_names;
  Names durable_names;
  std::vector<NameChange> pending_names;
  std::vector<FaultRule> rules;
  std::function<std::optional<FileFault>(FileCall, std::string_view)> ask;
  std::uint64_t faults_injected = 0;
  std::uint64_t used = 0;  // bytes of contents that readers see
  std::vector<LifeRef> lives;
};

Error failed(Errc code, std::string_view call, std::string_view path, std::string_view reason);
Error injected(FileFault fault, std::string_view call, std::string_view path);
std::unique_ptr<File> make_file(std::shared_ptr<Disk::State> disk, const Clock& clock, LifeRef life,
                                InodeRef inode, std::string path, bool writable);
void kill_process(Disk::State& disk, Fs& process);
void halt_process(Fs& process);
std::unique_ptr<Fs> make_fs(std::shared_ptr<Disk::State> state, const Clock& clock);

}  // namespace millrace::sim
