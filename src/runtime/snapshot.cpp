// SPDX-License-Identifier: BSL-1.0
#include "runtime/snapshot.hpp"

#include "millrace/state/hash.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view magic = "MRSNAP01";
constexpr std::size_t header_size = 8 + 8 + 8;
constexpr std::uint64_t size_max = std::uint64_t{1} << 34;

/// Reads what was written; past the end it stays failed and gives zeros.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}
  template <class U>
  U number() {
    if (rest_.size() < sizeof(U)) return fail(), U{};
    U value{};
    for (std::size_t i = 0; i < sizeof(U); ++i)
      value |= static_cast<U>(static_cast<U>(static_cast<unsigned char>(rest_[i])) << (8 * i));
    rest_.remove_prefix(sizeof(U));
    return value;
  }
  std::string string() {
    const auto size = number<std::uint64_t>();
    if (rest_.size() < size) return fail(), std::string{};
    std::string s(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return s;
  }
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

 private:
  void fail() { failed_ = true, rest_ = {}; }
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

Result<Snapshot> from_bytes(std::string_view bytes, const std::string& file) {
  const auto corrupted = [&](const std::string& what) {
    return Error(Errc::corrupted, "snapshot " + file + ": " + what +
                                      "; restore the file, or remove it to start without it");
  };
  if (bytes.size() < header_size)
    return corrupted("it has " + std::to_string(bytes.size()) + " bytes, too few for its header");
  if (bytes.substr(0, 6) != magic.substr(0, 6)) return corrupted("it is not a snapshot");
  if (bytes.substr(0, 8) != magic)
    return Error(Errc::unsupported, "snapshot " + file + ": format " +
                                        std::string(bytes.substr(6, 2)) +
                                        " is newer than this library's, 01");
  Cursor header(bytes.substr(8, 16));
  const auto size = header.number<std::uint64_t>();
  const auto sum = header.number<std::uint64_t>();
  const std::string_view body = bytes.substr(header_size);
  if (size > size_max || body.size() != size || xxh64(body, 0) != sum)
    return corrupted("its check does not match at offset 24");
  Cursor in(body);
  Snapshot snapshot;
  snapshot.id = in.number<std::uint64_t>();
  snapshot.pipeline = in.string();
  for (auto n = in.number<std::uint32_t>(); n != 0 && !in.failed(); --n) {
    std::string step = in.string();
    snapshot.steps.push_back({std::move(step), in.number<std::uint32_t>()});
  }
  for (auto n = in.number<std::uint32_t>(); n != 0 && !in.failed(); --n) {
    Snapshot::Item item;
    item.step = in.string();
    item.subtask = in.number<std::uint32_t>();
    item.state.group = in.number<std::uint32_t>();
    item.state.bytes = in.string();
    snapshot.items.push_back(std::move(item));
  }
  for (auto n = in.number<std::uint32_t>(); n != 0 && !in.failed(); --n) {
    Snapshot::Prepared prepared;
    prepared.step = in.string();
    prepared.subtask = in.number<std::uint32_t>();
    prepared.committable.bytes = in.string();
    snapshot.prepared.push_back(std::move(prepared));
  }
  if (in.failed() || !in.at_end()) return corrupted("its fields do not add up");
  return snapshot;
}

}  // namespace millrace::runtime
