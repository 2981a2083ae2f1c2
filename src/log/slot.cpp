// SPDX-License-Identifier: BSL-1.0
#include "slot.hpp"

#include <array>
#include <string>

#include "bytes.hpp"
#include "millrace/core/crc32c.hpp"

namespace millrace::log {
namespace {

constexpr std::uint32_t magic = 0x424C504Du;  // "MPLB"
constexpr std::size_t slot_size = 72;
constexpr std::uint64_t slot_distance = 512;  // a sector each

std::optional<Published> decode(std::string_view bytes) {
  const char* p = bytes.data();
  if (get<std::uint32_t>(p) != magic) return std::nullopt;
  if (get<std::uint32_t>(p + 64) != mask_crc(crc32c(0, bytes.substr(0, 64)))) return std::nullopt;
  const auto flags = get<std::uint32_t>(p + 4);
  return Published{.generation = get<std::uint64_t>(p + 8),
                   .epoch = get<std::uint64_t>(p + 16),
                   .segment = get<std::uint64_t>(p + 24),
                   .position = get<std::uint64_t>(p + 32),
                   .readable = get<std::uint64_t>(p + 40),
                   .durable = get<std::uint64_t>(p + 48),
                   .durable_position = get<std::uint64_t>(p + 56),
                   .ended = (flags & 1) != 0,
                   .rolling = (flags & 2) != 0,
                   .poisoned = (flags & 4) != 0};
}

}  // namespace

Result<std::optional<Published>> read_published(File& file) {
  std::array<char, slot_distance + slot_size> bytes{};
  auto n = file.read_at(0, bytes);
  if (!n) return n.take_error();
  const auto first = decode({bytes.data(), slot_size});
  const auto second = decode({bytes.data() + slot_distance, slot_size});
  if (!first) return second;
  if (!second) return first;
  return first->generation > second->generation ? first : second;
}

Result<void> write_published(File& file, const Published& p) {
  std::string bytes;
  put(bytes, magic);
  put(bytes,
      std::uint32_t{p.ended} | std::uint32_t{p.rolling} << 1 | std::uint32_t{p.poisoned} << 2);
  for (const auto n :
       {p.generation, p.epoch, p.segment, p.position, p.readable, p.durable, p.durable_position})
    put(bytes, n);
  put(bytes, mask_crc(crc32c(0, bytes)));
  put(bytes, std::uint32_t{0});
  return file.write_at(p.generation % 2 * slot_distance, bytes);
}

}  // namespace millrace::log
