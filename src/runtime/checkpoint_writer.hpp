// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "millrace/runtime/checkpoint_store.hpp"
#include "runtime/manifest.hpp"
#include "runtime/snapshot.hpp"

namespace millrace::runtime {

struct CheckpointStats {
  std::uint64_t bytes = 0;             ///< of all items
  std::uint64_t bytes_written = 0;     ///< state files and manifest
  std::uint64_t bytes_referenced = 0;  ///< of items that lie in older checkpoints' files
  std::uint32_t files = 0;             ///< state files written
};

/// What a checkpoint's files hold, so that the next one need not write it again: content by its
/// fingerprint. Two contents of equal fingerprints would be taken for one: by accident that has a
/// chance of 2^-128 a pair.
class CheckpointContents {
 public:
  struct Fingerprint {
    std::uint64_t sum = 0;  ///< xxh64, as the manifest has it
    std::uint64_t second = 0;
    std::uint64_t size = 0;
    bool operator==(const Fingerprint&) const = default;
  };
  struct Place {
    std::uint32_t file = 0;  ///< index into files()
    std::uint64_t offset = 0;
  };
  static Fingerprint fingerprint(std::string_view bytes);
  static Fingerprint fingerprint(std::string_view bytes, std::uint64_t sum);

  const std::vector<Manifest::File>& files() const { return files_; }
  std::optional<Place> find(const Fingerprint& content) const;
  void set_files(const std::vector<Manifest::File>& files) { files_ = files; }
  void add(const Fingerprint& content, Place place) { places_.try_emplace(content, place); }

 private:
  struct Hash {
    std::size_t operator()(const Fingerprint& f) const { return f.sum; }
  };
  std::vector<Manifest::File> files_;
  std::unordered_map<Fingerprint, Place, Hash> places_;
};

/// Writes the state files of one checkpoint and makes its manifest.
class CheckpointWriter {
 public:
  /// `before`: what may be referred to. `manifest`: its kind, id, epoch and time are set.
  CheckpointWriter(CheckpointStore& store, const CheckpointContents& before, Manifest manifest);

  /// Errors: invalid_input when an item or a committable is of a step that is not listed; those of
  /// put(); the Failure of `more`. What was written is removed then, as far as that can be done.
  Result<void> write(const Snapshot& snapshot, const GiveItems& more);
  void remove_files();

  const Manifest& manifest() const { return manifest_; }
  /// For the next checkpoint, once this one is decided.
  CheckpointContents& contents() { return contents_; }
  const CheckpointStats& stats() const { return stats_; }

 private:
  using Fingerprint = CheckpointContents::Fingerprint;
  using Place = CheckpointContents::Place;
  Result<void> list(const Snapshot& snapshot);
  Result<void> add(const Snapshot::Item& from);
  Result<std::uint32_t> step_index(const std::string& step) const;
  Result<void> place(Manifest::Item& item, const std::string& bytes, const Fingerprint& content);
  std::uint32_t refer_to(std::uint32_t file_before);
  Result<Place> append(std::string_view bytes);
  Result<void> finish_file();
  /// Copies what is needed of files that are hardly needed any more, so that they can go.
  Result<void> leave_files();
  Result<void> leave_file(std::uint32_t file);
  void forget_unused_files();
  void note_contents();

  CheckpointStore& store_;
  const CheckpointContents& before_;
  Manifest manifest_;
  CheckpointContents contents_;
  CheckpointStats stats_;
  std::unordered_map<std::string, std::uint32_t> steps_;
  std::vector<Fingerprint> items_;                      // of manifest_.items
  std::vector<std::optional<std::uint32_t>> referred_;  // before_.files() in manifest_.files
  std::optional<std::uint32_t> open_;                   // index of the file that buffer_ becomes
  std::string buffer_;
};

}  // namespace millrace::runtime
