// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/runtime/checkpoint_inspect.hpp"
#include "millrace/runtime/checkpoint_store.hpp"
#include "runtime/manifest.hpp"
#include "runtime/snapshot.hpp"

/// How checkpoints lie in their store, and how they are read.
namespace millrace::runtime {

/// What is in a store, by number, whether it can be read or not.
struct CheckpointListing {
  struct Number {
    bool manifest = false;
    std::vector<std::uint32_t> state_files;
  };
  std::map<CheckpointId, Number> numbers;
  bool old_snapshot = false;  ///< old_snapshot_name is there
};
Result<CheckpointListing> list_checkpoint_files(CheckpointStore& store);

/// "state/chk-12/MANIFEST": how messages call what lies in a store.
std::string path_of(const CheckpointStore& store, const std::string& name);

/// The one file of a suspended pipeline that older programs wrote.
inline const std::string old_snapshot_name = "snapshot";

/// Errors: not_found, corrupted, unsupported, io.
Result<Manifest> read_manifest(CheckpointStore& store, CheckpointId id);
/// What the manifest of the old snapshot would be. Errors: the same.
Result<Manifest> read_old_manifest(CheckpointStore& store);
/// That of a checkpoint, and nothing else that has its number. Errors: the same; not_found says how
/// to see those that there are.
Result<Manifest> find_checkpoint(CheckpointStore& store, CheckpointId id);

/// Reads every state file that an item of the manifest is in, hands each item of it whose bytes are
/// those that were written to `take`, with its index, and tells of all damage. Errors: io,
/// unavailable.
Result<void> read_items(CheckpointStore& store, const Manifest& manifest,
                        const std::function<void(std::size_t, std::string_view)>& take,
                        std::vector<CheckpointDamage>& damage);
std::string to_text(const CheckpointDamage& damage);

/// The same for all items or an error. Damage to bytes that the checkpoint does not need becomes a
/// warning. Errors: corrupted with the first file and offset that it needs; io, unavailable.
Result<void> read_whole(CheckpointStore& store, const Manifest& manifest,
                        const std::function<void(std::size_t, std::string_view)>& take,
                        std::vector<std::string>& warnings);

/// All of a checkpoint but its items.
Snapshot snapshot_of(const Manifest& manifest);
/// The items without their bytes.
std::vector<Snapshot::Item> items_of(const Manifest& manifest);
std::shared_ptr<const StoredItems> stored_items(CheckpointStore& store, Manifest manifest);

}  // namespace millrace::runtime
