// SPDX-License-Identifier: BSL-1.0
#include "runtime/checkpoint_writer.hpp"

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
      reusable_(before.files().size()),
      referred_(before.files().size()) {}

Result<void> CheckpointWriter::write(const Snapshot& snapshot) {
  Result<void> done = write_items(snapshot);
  if (!done) remove_files();
  return done;
}

Result<void> CheckpointWriter::write_items(const Snapshot& snapshot) {
  for (const auto& step : snapshot.steps) {
    steps_.try_emplace(step.step, static_cast<std::uint32_t>(manifest_.steps.size()));
    manifest_.steps.push_back({step.step, step.kind, step.schema, step.subtasks});
  }
  for (const auto& prepared : snapshot.prepared) {
    Result<std::uint32_t> step = step_index(prepared.step);
    if (!step) return step.take_error();
    manifest_.prepared.push_back({*step, prepared.subtask, prepared.committable.bytes});
  }
  const std::vector<Fingerprint> contents = compare(snapshot);
  for (std::size_t i = 0; i < snapshot.items.size(); ++i) {
    const Snapshot::Item& from = snapshot.items[i];
    Result<std::uint32_t> step = step_index(from.step);
    if (!step) return step.take_error();
    Manifest::Item item{.step = *step,
                        .subtask = from.subtask,
                        .group = from.state.group,
                        .size = from.state.bytes.size(),
                        .sum = contents[i].sum};
    if (auto placed = place(item, from.state.bytes, contents[i]); !placed) return placed;
    manifest_.items.push_back(std::move(item));
  }
  if (auto finished = finish_file(); !finished) return finished;
  contents_.set_files(manifest_.files);
  return {};
}

Result<std::uint32_t> CheckpointWriter::step_index(const std::string& step) const {
  const auto at = steps_.find(step);
  if (at != steps_.end()) return at->second;
  return Error(Errc::invalid_input, "checkpoint " + std::to_string(manifest_.id) +
                                        " has something of step \"" + step +
                                        "\", which is not among its steps");
}

std::vector<CheckpointWriter::Fingerprint> CheckpointWriter::compare(const Snapshot& snapshot) {
  std::vector<Fingerprint> contents;
  contents.reserve(snapshot.items.size());
  std::vector<std::uint64_t> live(before_.files().size());
  for (const auto& item : snapshot.items) {
    contents.push_back(CheckpointContents::fingerprint(item.state.bytes));
    if (const auto place = before_.find(contents.back())) live[place->file] += contents.back().size;
  }
  // The rest of a file can't be freed while a part of it is in use.
  for (std::size_t i = 0; i < live.size(); ++i)
    reusable_[i] = live[i] >= (before_.files()[i].size - state_header_size) / 3;
  return contents;
}

Result<void> CheckpointWriter::place(Manifest::Item& item, const std::string& bytes,
                                     const Fingerprint& content) {
  if (bytes.size() <= inline_limit) {
    item.bytes = bytes;
    return {};
  }
  if (const auto here = contents_.find(content)) {
    item.file = here->file;
    item.offset = here->offset;
    return {};
  }
  const auto old = before_.find(content);
  if (old && reusable_[old->file]) {
    item.file = refer_to(old->file);
    item.offset = old->offset;
    stats_.bytes_referenced += item.size;
  } else if (auto appended = append(item, bytes); !appended) {
    return appended;
  }
  contents_.add(content, {item.file, item.offset});
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

Result<void> CheckpointWriter::append(Manifest::Item& item, const std::string& bytes) {
  if (open_ && buffer_.size() + bytes.size() > file_size)
    if (auto finished = finish_file(); !finished) return finished;
  if (!open_) {
    manifest_.files.push_back({.checkpoint = manifest_.id, .number = stats_.files});
    open_ = static_cast<std::uint32_t>(manifest_.files.size() - 1);
    buffer_.assign(state_header_size, '\0');
  }
  item.file = *open_;
  item.offset = buffer_.size();
  buffer_ += bytes;
  return {};
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

void CheckpointWriter::remove_files() {
  for (std::uint32_t n = 0; n < stats_.files; ++n)
    (void)store_.remove(state_name(manifest_.id, n));  // the error before is the one to tell
}

}  // namespace millrace::runtime
