// SPDX-License-Identifier: BSL-1.0
#include "runtime/checkpoint_files.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "millrace/state/hash.hpp"

namespace millrace::runtime {
namespace {

constexpr ByteSize old_limit{std::uint64_t{1} << 35};

std::string bytes_text(std::uint64_t n) { return std::to_string(n) + " bytes"; }

/// One state file of a checkpoint while its items are taken out.
class StateFile {
 public:
  StateFile(CheckpointStore& store, const Manifest::File& file)
      : file_(file), name_(path_of(store, state_name(file.checkpoint, file.number))) {}

  /// Errors: those that are no damage.
  Result<void> read(CheckpointStore& store) {
    Result<std::string> bytes = store.get(state_name(file_.checkpoint, file_.number), {file_.size});
    if (bytes) {
      bytes_ = std::move(*bytes);
      check();
      return {};
    }
    const Errc code = bytes.error().code();
    if (code == Errc::not_found)
      wrong_ = CheckpointDamage{name_, 0, "the file is not there"};
    else if (code == Errc::limit_exceeded)
      wrong_ = CheckpointDamage{name_, file_.size, bytes.error().message()};
    else
      return bytes.take_error();
    return {};
  }
  /// The item's bytes, when they are those that were written.
  std::optional<std::string_view> find(const Manifest::Item& item) const {
    if (item.offset > bytes_.size() || item.size > bytes_.size() - item.offset) return std::nullopt;
    const std::string_view bytes = std::string_view(bytes_).substr(item.offset, item.size);
    if (wrong_ && xxh64(bytes) != item.sum) return std::nullopt;
    return bytes;
  }
  const std::string& name() const { return name_; }
  std::uint64_t size() const { return bytes_.size(); }
  /// What is wrong with the file as a whole.
  const std::optional<CheckpointDamage>& wrong() const { return wrong_; }

 private:
  void check() {
    const std::string_view bytes = bytes_;
    const auto at = [&](std::uint64_t offset, std::string what) {
      wrong_ = CheckpointDamage{name_, offset, std::move(what)};
    };
    if (bytes.size() != file_.size)
      at(bytes.size(), "it has " + bytes_text(bytes.size()) + " of " + std::to_string(file_.size));
    else if (bytes.substr(0, state_header_size) != state_header(file_))
      at(0, "its header is not the one that was written");
    else if (xxh64(bytes.substr(state_header_size)) != file_.sum)
      at(state_header_size, "what follows does not match its checksum");
  }

  const Manifest::File& file_;
  std::string name_;
  std::string bytes_;
  std::optional<CheckpointDamage> wrong_;
};

std::string describe(const Manifest& manifest, const Manifest::Item& item) {
  std::string text = "state of step \"" + manifest.steps[item.step].name + "\", subtask " +
                     std::to_string(item.subtask);
  if (item.group != StateItem::every_subtask) text += ", group " + std::to_string(item.group);
  return text;
}

Snapshot::Item item_of(const Manifest& manifest, const Manifest::Item& item,
                       std::string_view bytes) {
  return {manifest.steps[item.step].name,
          item.subtask,
          {.group = item.group, .bytes = std::string(bytes)}};
}

class ItemsInStore final : public StoredItems {
 public:
  ItemsInStore(CheckpointStore& store, Manifest manifest)
      : store_(store), manifest_(std::move(manifest)) {}

  Result<void> each(const std::function<Result<void>(Snapshot::Item)>& take) const override {
    Result<void> taken;
    const auto take_bytes = [&](std::size_t i, std::string_view bytes) {
      if (taken) taken = take(item_of(manifest_, manifest_.items[i], bytes));
    };
    std::vector<std::string> told_before;
    if (auto read = read_whole(store_, manifest_, take_bytes, told_before); !read) return read;
    return taken;
  }

 private:
  CheckpointStore& store_;
  const Manifest manifest_;
};

}  // namespace

std::string path_of(const CheckpointStore& store, const std::string& name) {
  return store.where() + '/' + name;
}

Result<CheckpointListing> list_checkpoint_files(CheckpointStore& store) {
  Result<std::vector<std::string>> names = store.list("");
  if (!names) return names.take_error();
  CheckpointListing listing;
  for (const std::string& name : *names) {
    if (name == old_snapshot_name) listing.old_snapshot = true;
    const auto parsed = parse_checkpoint_name(name);
    if (!parsed) continue;
    auto& number = listing.numbers[parsed->id];
    if (parsed->number)
      number.state_files.push_back(*parsed->number);
    else
      number.manifest = true;
  }
  return listing;
}

Result<Manifest> read_manifest(CheckpointStore& store, CheckpointId id) {
  const std::string name = manifest_name(id);
  Result<std::string> bytes = store.get(name, manifest_limit);
  if (!bytes) {
    if (bytes.error().code() != Errc::limit_exceeded) return bytes.take_error();
    return Error(Errc::corrupted, path_of(store, name) + ", offset " +
                                      std::to_string(manifest_limit.bytes) +
                                      ": no manifest is so long");
  }
  Result<Manifest> manifest = parse_manifest(*bytes, path_of(store, name));
  if (manifest && manifest->id != id)
    return Error(Errc::corrupted, path_of(store, name) + ", offset 0: it is that of checkpoint " +
                                      std::to_string(manifest->id));
  return manifest;
}

Result<Manifest> read_old_manifest(CheckpointStore& store) {
  const std::string path = path_of(store, old_snapshot_name);
  Result<std::string> bytes = store.get(old_snapshot_name, old_limit);
  if (!bytes) return bytes.take_error();
  Result<Snapshot> old = from_bytes(*bytes, path);
  if (!old) return old.take_error();
  Manifest manifest{.id = old->id, .pipeline = old->pipeline};
  std::map<std::string, std::uint32_t> steps;
  for (const auto& step : old->steps) {
    steps.try_emplace(step.step, static_cast<std::uint32_t>(manifest.steps.size()));
    manifest.steps.push_back({step.step, step.kind, step.schema, step.subtasks});
  }
  const auto unknown = [&](const std::string& step) {
    return Error(Errc::corrupted, "snapshot " + path + ": it has something of step \"" + step +
                                      "\", which it does "
                                      "not list");
  };
  for (auto& item : old->items) {
    if (!steps.contains(item.step)) return unknown(item.step);
    manifest.items.push_back({.step = steps[item.step],
                              .subtask = item.subtask,
                              .group = item.state.group,
                              .size = item.state.bytes.size(),
                              .sum = xxh64(item.state.bytes),
                              .bytes = std::move(item.state.bytes)});
  }
  for (auto& prepared : old->prepared) {
    if (!steps.contains(prepared.step)) return unknown(prepared.step);
    manifest.prepared.push_back(
        {steps[prepared.step], prepared.subtask, std::move(prepared.committable.bytes)});
  }
  return manifest;
}

Result<Manifest> find_checkpoint(CheckpointStore& store, CheckpointId id) {
  Result<Manifest> manifest = read_manifest(store, id);
  if (manifest && manifest->kind == Manifest::Kind::checkpoint) return manifest;
  if (!manifest && manifest.error().code() != Errc::not_found) return manifest;
  Result<Manifest> old = read_old_manifest(store);
  if (old && old->id == id) return old;
  if (!old && old.error().code() != Errc::not_found) return old;
  return Error(Errc::not_found, "state directory " + store.where() + ": there is no checkpoint " +
                                    std::to_string(id) + "; millrace checkpoint ls " +
                                    store.where() + " shows those that are");
}

Result<void> read_items(CheckpointStore& store, const Manifest& manifest,
                        const std::function<void(std::size_t, std::string_view)>& take,
                        std::vector<CheckpointDamage>& damage) {
  const auto& items = manifest.items;
  std::vector<std::uint32_t> by_file(items.size());
  std::iota(by_file.begin(), by_file.end(), 0);
  std::ranges::stable_sort(by_file, {}, [&](std::uint32_t i) { return items[i].file; });
  auto next = by_file.begin();
  for (std::uint32_t n = 0; n < manifest.files.size(); ++n) {
    if (next == by_file.end() || items[*next].file != n) continue;
    StateFile file(store, manifest.files[n]);
    if (auto read = file.read(store); !read) return read;
    bool lost = false;
    for (; next != by_file.end() && items[*next].file == n; ++next) {
      const Manifest::Item& item = items[*next];
      const auto bytes = file.find(item);
      if (bytes) {
        take(*next, *bytes);
        continue;
      }
      lost = true;
      damage.push_back({file.name(), std::min(item.offset, file.size()),
                        file.size() == 0
                            ? file.wrong()->what
                            : describe(manifest, item) + ", of " + bytes_text(item.size) +
                                  ", is not what was written"});
    }
    if (file.wrong() && !lost) {
      damage.push_back(*file.wrong());
      damage.back().in_use = false;
    }
  }
  for (; next != by_file.end(); ++next) take(*next, items[*next].bytes);
  return {};
}

std::string to_text(const CheckpointDamage& damage) {
  return damage.file + ", offset " + std::to_string(damage.offset) + ": " + damage.what;
}

Result<void> read_whole(CheckpointStore& store, const Manifest& manifest,
                        const std::function<void(std::size_t, std::string_view)>& take,
                        std::vector<std::string>& warnings) {
  std::vector<CheckpointDamage> damage;
  if (auto read = read_items(store, manifest, take, damage); !read) return read;
  for (const CheckpointDamage& d : damage) {
    if (d.in_use) return Error(Errc::corrupted, to_text(d));
    warnings.push_back(to_text(d) + "; checkpoint " + std::to_string(manifest.id) +
                       " needs nothing of it");
  }
  return {};
}

Snapshot snapshot_of(const Manifest& manifest) {
  Snapshot snapshot{.id = manifest.id, .pipeline = manifest.pipeline};
  for (const auto& step : manifest.steps)
    snapshot.steps.push_back({step.name, step.subtasks, step.kind, step.schema});
  for (const auto& prepared : manifest.prepared)
    snapshot.prepared.push_back(
        {manifest.steps[prepared.step].name, prepared.subtask, {prepared.bytes}});
  return snapshot;
}

std::vector<Snapshot::Item> items_of(const Manifest& manifest) {
  std::vector<Snapshot::Item> items;
  for (const auto& item : manifest.items) items.push_back(item_of(manifest, item, {}));
  return items;
}

std::shared_ptr<const StoredItems> stored_items(CheckpointStore& store, Manifest manifest) {
  return std::make_shared<ItemsInStore>(store, std::move(manifest));
}

}  // namespace millrace::runtime
