// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/position.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/core/time.hpp"
#include "millrace/runtime/checkpoint_store.hpp"

/// Looks at a pipeline's checkpoints without changing them, also while it runs.
namespace millrace {

/// What a number in a store of checkpoints stands for.
enum class CheckpointState : unsigned char {
  complete,    ///< its manifest is whole and its files are there; verify_checkpoint() reads them
  damaged,     ///< `problem` says where
  unfinished,  ///< files without a manifest: being written, or left by a process that died
  start,       ///< no checkpoint: a process began here
  skipped,     ///< no checkpoint: one was begun and came to nothing
};

/// The state's name, e.g. "complete". Lifetime: static.
MILLRACE_EXPORT std::string_view to_string(CheckpointState state);

/// What a listing shows of a checkpoint.
struct CheckpointSummary {
  CheckpointId id = 0;
  CheckpointState state = CheckpointState::complete;
  std::string problem = {};
  std::string pipeline = {};
  std::uint64_t epoch = 0;                ///< the number of the start whose process wrote it
  std::optional<Timestamp> written = {};  ///< nothing for a snapshot of an older program
  std::uint64_t bytes = 0;                ///< of state
  std::uint64_t bytes_written = 0;        ///< of the files that are its own
  std::uint64_t bytes_referenced = 0;     ///< of its state, what lies in older checkpoints' files
  std::size_t steps = 0;
};

/// A step as a checkpoint has it.
struct CheckpointStep {
  std::string name;
  std::string kind;    ///< empty in snapshots of older programs
  std::string schema;  ///< the type of its state; empty when it has none
  std::uint32_t subtasks = 0;
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
};

/// A piece of a step's state.
struct CheckpointItem {
  std::string step;
  std::uint32_t subtask = 0;
  std::optional<std::uint32_t> group = {};  ///< the key group, if it is one's
  std::uint64_t size = 0;
  std::uint64_t sum = 0;  ///< xxh64 of the bytes: equal for equal state
};

/// How far a source has read one of its partitions.
struct CheckpointPosition {
  std::string step;
  std::string partition;
  Position position;
  bool ended = false;
};

/// What a two-phase sink has prepared: visible once the checkpoint has been committed.
struct CheckpointCommittable {
  std::string step;
  std::uint32_t subtask = 0;
  std::string bytes;
};

/// All that a checkpoint says about itself.
struct CheckpointDetails {
  CheckpointSummary summary;
  std::vector<CheckpointStep> steps;
  std::vector<CheckpointItem> items;
  std::vector<CheckpointPosition> positions;
  std::vector<CheckpointCommittable> committables;
};

/// A place in a file whose bytes are not those that were written.
struct CheckpointDamage {
  std::string file;
  std::uint64_t offset = 0;
  std::string what;
  bool in_use = true;  ///< false: the checkpoint needs nothing of it
};

/// Every number that is there, in order. Errors: io. Cost: reads the manifests, not the state.
MILLRACE_EXPORT Result<std::vector<CheckpointSummary>> list_checkpoints(CheckpointStore& store);

/// One of them. Errors: not_found, corrupted (file and offset named), unsupported, io.
/// Cost: reads the manifest and the files that hold positions.
MILLRACE_EXPORT Result<CheckpointDetails> describe_checkpoint(CheckpointStore& store,
                                                              CheckpointId id);

/// Reads all its bytes and gives every damage to its state files.
/// Errors: not_found, corrupted when it is the manifest that is damaged, unsupported, io.
MILLRACE_EXPORT Result<std::vector<CheckpointDamage>> verify_checkpoint(CheckpointStore& store,
                                                                        CheckpointId id);

}  // namespace millrace
