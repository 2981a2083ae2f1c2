// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/units.hpp"

namespace millrace::runtime {

/// What a checkpoint consists of. It is the checkpoint: without a manifest that verifies, the files
/// beside it are nothing.
///
/// Every number has one. Besides those of checkpoints there are those that only take their number,
/// so that no writer of an older epoch can decide a checkpoint of it: a start's, which is where
/// its epoch begins, and that of a number that was left out.
struct Manifest {
  enum class Kind : std::uint8_t { checkpoint, start, skipped };
  struct Step {
    std::string name;
    std::string kind;
    std::string schema;
    std::uint32_t subtasks = 0;
    friend auto members(Step& s) { return std::tie(s.name, s.kind, s.schema, s.subtasks); }
  };
  /// A state file, of this checkpoint or an older one.
  struct File {
    CheckpointId checkpoint = 0;
    std::uint32_t number = 0;
    std::uint64_t size = 0;  ///< with its header
    std::uint64_t sum = 0;   ///< of what follows the header
    friend auto members(File& f) { return std::tie(f.checkpoint, f.number, f.size, f.sum); }
  };
  struct Item {
    static constexpr std::uint32_t in_manifest = 0xFFFFFFFF;
    std::uint32_t step = 0;  ///< index into steps
    std::uint32_t subtask = 0;
    std::uint32_t group = 0;
    std::uint32_t file = in_manifest;  ///< index into files, or that its bytes are here
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t sum = 0;
    std::string bytes = {};
    friend auto members(Item& i) {
      return std::tie(i.step, i.subtask, i.group, i.file, i.offset, i.size, i.sum, i.bytes);
    }
  };
  struct Prepared {
    std::uint32_t step = 0;
    std::uint32_t subtask = 0;
    std::string bytes;
    friend auto members(Prepared& p) { return std::tie(p.step, p.subtask, p.bytes); }
  };

  Kind kind = Kind::checkpoint;
  CheckpointId id = 0;
  std::uint64_t epoch = 0;
  std::int64_t written = 0;  ///< wall time, microseconds since 1970; 0: not known
  std::string pipeline = {};
  std::vector<Step> steps = {};
  std::vector<File> files = {};
  std::vector<Item> items = {};
  std::vector<Prepared> prepared = {};
  friend auto members(Manifest& m) {
    return std::tie(m.kind, m.id, m.epoch, m.written, m.pipeline, m.steps, m.files, m.items,
                    m.prepared);
  }
};

constexpr std::uint32_t manifest_format = 1;
constexpr ByteSize manifest_limit{std::uint64_t{1} << 30};
constexpr std::size_t state_header_size = 8 + 8 + 4 + 8 + 8;

/// Format: "MRCHKPT" 0, u32 format, u64 length of the body, u64 xxh64 of it, u64 xxh64 of the bytes
/// before; then the body by Codec. The header is the same in every format, so that a newer one is
/// told from a damaged one.
std::string to_bytes(const Manifest& manifest);
/// `file` is how messages call it. Errors: corrupted with an offset, unsupported with both formats.
Result<Manifest> parse_manifest(std::string_view bytes, const std::string& file);

/// The header of a state file: "MRSTATE" 1, u64 checkpoint, u32 number, u64 length and u64 xxh64 of
/// what follows.
std::string state_header(const Manifest::File& file);

/// "chk-12/MANIFEST"
std::string manifest_name(CheckpointId id);
/// "chk-12/state-0"
std::string state_name(CheckpointId id, std::uint32_t number);
/// What one of these names says; nothing for any other. Without a number it is a manifest's.
struct CheckpointFileName {
  CheckpointId id = 0;
  std::optional<std::uint32_t> number;
};
MILLRACE_EXPORT std::optional<CheckpointFileName> parse_checkpoint_name(std::string_view name);

/// "2026-01-31T23:59:59Z"
std::string time_text(std::int64_t microseconds);

}  // namespace millrace::runtime
