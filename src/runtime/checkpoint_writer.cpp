// SPDX-License-Identifier: BSL-1.0
#include "runtime/checkpoint_writer.hpp"

#include <map>
#include <utility>

#include "millrace/state/hash.hpp"

namespace millrace::runtime {
namespace {

// An item no larger than this lies in the manifest: a file would cost more than it holds.
constexpr std::size_t inline_limit = 512;
constexpr std::size_t file_size = std::size_t{8} << 20;
constexpr std::uint64_t second_seed = 0x6D72636B;

}  // namespace

CheckpointContents::Fingerprint CheckpointContents::fingerprint(std::string_view bytes) {
  return fingerprint(bytes, xxh64(bytes));
}
CheckpointContents::Fingerprint CheckpointContents::fingerprint(std::string_view bytes,
                                                                std::uint64_t sum) {
  return {sum, xxh64(bytes, second_seed), bytes.size()};
}

std::optional<CheckpointContents::Place> CheckpointContents::find(
    const Fingerprint& content) const {
  const auto at = places_.find(content);
  if (at == places_.end()) return std::nullopt;
  return at->second;
}

CheckpointWriter::CheckpointWriter(CheckpointStore& store, const CheckpointContents& before,
                                   Manifest manifest)
    : store_(store),
      before_(before),
      manifest_(std::move(manifest)),
      referred_(before.files().size()) {}

Result<void> CheckpointWriter::write(const Snapshot& snapshot, const GiveItems& more) {
  try {
    list(snapshot).value();
    for (const Snapshot::Item& item : snapshot.items) add(item).value();
    if (more) more([&](const Snapshot::Item& item) { add(item).value(); });
    leave_files().value();
    finish_file().value();
  } catch (const Failure& failure) {
    remove_files();
    return failure.error();
  }
  forget_unused_files();
  note_contents();
  return {};
}

Result<void> CheckpointWriter::list(const Snapshot& snapshot) {
  for (const auto& step : snapshot.steps) {
    steps_.try_emplace(step.step, static_cast<std::uint32_t>(manifest_.steps.size()));
    manifest_.steps.push_back({step.step, step.kind, step.schema, step.subtasks});
  }
  for (const auto& prepared : snapshot.prepared) {
    Result<std::uint32_t> step = step_index(prepared.step);
    if (!step) return step.take_error();
    manifest_.prepared.push_back({*step, prepared.subtask, prepared.committable.bytes});
  }
  return {};
}

Result<void> CheckpointWriter::add(const Snapshot::Item& from) {
  Result<std::uint32_t> step = step_index(from.step);
  if (!step) return step.take_error();
  const std::string& bytes = from.state.bytes;
  const Fingerprint content = CheckpointContents::fingerprint(bytes);
  Manifest::Item item{.step = *step,
                      .subtask = from.subtask,
                      .group = from.state.group,
                      .size = bytes.size(),
                      .sum = content.sum};
  if (auto placed = place(item, bytes, content); !placed) return placed;
  stats_.bytes += item.size;
  manifest_.items.push_back(std::move(item));
  items_.push_back(content);
  return {};
}

Result<std::uint32_t> CheckpointWriter::step_index(const std::string& step) const {
  const auto at = steps_.find(step);
  if (at != steps_.end()) return at->second;
  return Error(Errc::invalid_input, "checkpoint " + std::to_string(manifest_.id) +
                                        " has something of step \"" + step +
                                        "\", which is not among its steps");
}

Result<void> CheckpointWriter::place(Manifest::Item& item, const std::string& bytes,
                                     const Fingerprint& content) {
  if (bytes.size() <= inline_limit) {
    item.bytes = bytes;
    return {};
  }
  std::optional<Place> place = contents_.find(content);
  if (!place) {
    place = before_.find(content);
    if (place) {
      place->file = refer_to(place->file);
    } else {
      Result<Place> appended = append(bytes);
      if (!appended) return appended.take_error();
      place = *appended;
    }
    contents_.add(content, *place);
  }
  item.file = place->file;
  item.offset = place->offset;
  return {};
}

std::uint32_t CheckpointWriter::refer_to(std::uint32_t file_before) {
  auto& index = referred_[file_before];
  if (!index) {
    manifest_.files.push_back(before_.files()[file_before]);
    index = static_cast<std::uint32_t>(manifest_.files.size() - 1);
  }
  return *index;
}

Result<CheckpointContents::Place> CheckpointWriter::append(std::string_view bytes) {
  if (open_ && buffer_.size() + bytes.size() > file_size)
    if (auto finished = finish_file(); !finished) return finished.take_error();
  if (!open_) {
    manifest_.files.push_back({.checkpoint = manifest_.id, .number = stats_.files});
    open_ = static_cast<std::uint32_t>(manifest_.files.size() - 1);
    buffer_.assign(state_header_size, '\0');
  }
  const Place place{*open_, buffer_.size()};
  buffer_ += bytes;
  return place;
}

Result<void> CheckpointWriter::finish_file() {
  if (!open_) return {};
  Manifest::File& file = manifest_.files[*open_];
  file.size = buffer_.size();
  file.sum = xxh64(std::string_view(buffer_).substr(state_header_size));
  buffer_.replace(0, state_header_size, state_header(file));
  open_.reset();
  ++stats_.files;
  stats_.bytes_written += buffer_.size();
  return store_.put(state_name(file.checkpoint, file.number), buffer_);
}

/// The rest of a file can't be freed while a part of it is in use.
Result<void> CheckpointWriter::leave_files() {
  std::vector<std::uint64_t> needed(manifest_.files.size());
  for (const Manifest::Item& item : manifest_.items)
    if (item.file != Manifest::Item::in_manifest) needed[item.file] += item.size;
  const auto files = static_cast<std::uint32_t>(needed.size());
  for (std::uint32_t file = 0; file < files; ++file) {
    const Manifest::File& from = manifest_.files[file];
    if (from.checkpoint == manifest_.id || needed[file] >= (from.size - state_header_size) / 3)
      continue;
    if (auto done = leave_file(file); !done) return done;
  }
  return {};
}

/// One that can't be read stays, as does an item whose bytes are not what was written: that is
/// for a start to tell.
Result<void> CheckpointWriter::leave_file(std::uint32_t file) {
  const Manifest::File from = manifest_.files[file];
  const Result<std::string> bytes =
      store_.get(state_name(from.checkpoint, from.number), ByteSize{from.size});
  if (!bytes) return {};
  std::map<std::uint64_t, Place> moved;  // by offset
  for (Manifest::Item& item : manifest_.items) {
    if (item.file != file || item.offset > bytes->size()) continue;
    const std::string_view content = std::string_view(*bytes).substr(item.offset, item.size);
    auto at = moved.find(item.offset);
    if (at == moved.end()) {
      if (xxh64(content) != item.sum) continue;
      Result<Place> appended = append(content);
      if (!appended) return appended.take_error();
      at = moved.emplace(item.offset, *appended).first;
    }
    item.file = at->second.file;
    item.offset = at->second.offset;
  }
  return {};
}

void CheckpointWriter::forget_unused_files() {
  std::vector<std::uint32_t> uses(manifest_.files.size());
  for (const Manifest::Item& item : manifest_.items)
    if (item.file != Manifest::Item::in_manifest) ++uses[item.file];
  std::vector<Manifest::File> used;
  for (std::size_t file = 0; file < uses.size(); ++file) {
    if (uses[file] == 0) continue;
    uses[file] = static_cast<std::uint32_t>(used.size());
    used.push_back(manifest_.files[file]);
  }
  for (Manifest::Item& item : manifest_.items)
    if (item.file != Manifest::Item::in_manifest) item.file = uses[item.file];
  manifest_.files = std::move(used);
}

void CheckpointWriter::note_contents() {
  contents_ = {};
  contents_.set_files(manifest_.files);
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Manifest::Item& item = manifest_.items[i];
    if (item.file == Manifest::Item::in_manifest) continue;
    contents_.add(items_[i], {item.file, item.offset});
    if (manifest_.files[item.file].checkpoint != manifest_.id) stats_.bytes_referenced += item.size;
  }
}

void CheckpointWriter::remove_files() {
  for (std::uint32_t n = 0; n < stats_.files; ++n)
    (void)store_.remove(state_name(manifest_.id, n));  // the error before is the one to tell
}

}  // namespace millrace::runtime
