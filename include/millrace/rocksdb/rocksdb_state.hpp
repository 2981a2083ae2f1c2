// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>

#include "millrace/core/export.hpp"
#include "millrace/core/units.hpp"
#include "millrace/state/row_store.hpp"

namespace millrace {

/// Where and how RocksDB keeps keyed state.
struct RocksdbStateOptions {
  /// Of a file system on this machine, made when it is not there. It is scratch: what an earlier
  /// run has left in it is removed at a start, and what this one has at its end. The checkpoints,
  /// not this, are what a start goes on from.
  std::string directory;
  /// What the keyed state of the whole pipeline may take of memory: a quarter for rows at work,
  /// which count against PipelineOptions::state_budget, too, and the rest for RocksDB's blocks,
  /// indexes and write buffers. The operating system's file cache comes on top, and gives way.
  ByteSize memory = 256_MiB;
};

/// Keeps the keyed state of `process` steps in RocksDB, so that it may be larger than memory.
///
///     Pipeline pipeline(std::move(topology), {.state_backend = rocksdb_state({.directory =
///     "rows"})});
///
/// Contract: RocksDB has threads and files of its own, which are not the Env's: a simulation keeps
/// its state in memory. The subtasks wait for the disk on their strands. Errors, as the pipeline
/// runs: conflict when another pipeline uses the directory; io, out_of_space and corrupted with the
/// step, the directory and what RocksDB says. Threads: any. It may serve several pipelines of one
/// process when their steps have other names; they share the memory.
MILLRACE_EXPORT std::shared_ptr<StateBackend> rocksdb_state(RocksdbStateOptions options);

}  // namespace millrace
