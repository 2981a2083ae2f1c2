// SPDX-License-Identifier: BSL-1.0
#include "runtime/manifest.hpp"

#include <charconv>
#include <concepts>

#include "millrace/state/codec.hpp"
#include "millrace/state/hash.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view magic{"MRCHKPT\0", 8};
constexpr std::string_view state_magic{"MRSTATE\1", 8};
constexpr std::size_t header_sum_at = 8 + 4 + 8 + 8;
constexpr std::size_t header_size = header_sum_at + 8;

struct Header {
  std::uint32_t format = 0;
  std::uint64_t size = 0;
  std::uint64_t sum = 0;
  std::uint64_t header_sum = 0;
};

Header read_header(std::string_view bytes) {
  Header header;
  StateReader in(bytes.substr(magic.size(), header_size - magic.size()));
  (void)Codec<std::uint32_t>::read(in, header.format);
  (void)Codec<std::uint64_t>::read_each(in, header.size, header.sum, header.header_sum);
  return header;
}

/// The first thing that does not add up, or nothing.
std::string_view check_fields(const Manifest& m) {
  if (m.kind > Manifest::Kind::skipped) return "its kind is unknown";
  for (const auto& file : m.files)
    if (file.checkpoint > m.id || file.size < state_header_size) return "a file can't be";
  for (const auto& item : m.items) {
    if (item.step >= m.steps.size()) return "an item's step is not listed";
    if (item.file == Manifest::Item::in_manifest) continue;
    if (item.file >= m.files.size()) return "an item's file is not listed";
    const std::uint64_t size = m.files[item.file].size;
    if (item.offset > size || item.size > size - item.offset) return "an item is past its file";
  }
  for (const auto& prepared : m.prepared)
    if (prepared.step >= m.steps.size()) return "a committable's step is not listed";
  return {};
}

template <std::unsigned_integral U>
std::optional<U> whole_number(std::string_view text) {
  U value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;  // one name for each number
  return value;
}

}  // namespace

std::string to_bytes(const Manifest& manifest) {
  std::string body;
  Codec<Manifest>::write(body, manifest);
  std::string out(magic);
  detail::write_int(out, manifest_format);
  detail::write_int(out, std::uint64_t{body.size()});
  detail::write_int(out, xxh64(body));
  detail::write_int(out, xxh64(out));
  return out + body;
}

Result<Manifest> parse_manifest(std::string_view bytes, const std::string& file) {
  const auto corrupted = [&](std::size_t offset, const std::string& what) {
    return Error(Errc::corrupted, file + ", offset " + std::to_string(offset) + ": " + what);
  };
  if (bytes.size() < header_size)
    return corrupted(bytes.size(),
                     "it ends within its header of " + std::to_string(header_size) + " bytes");
  if (bytes.substr(0, magic.size()) != magic) return corrupted(0, "it is not a manifest");
  const Header header = read_header(bytes);
  if (xxh64(bytes.substr(0, header_sum_at)) != header.header_sum)
    return corrupted(magic.size(), "its header does not match its checksum");
  if (header.format != manifest_format)
    return Error(Errc::unsupported,
                 file + ": it has format " + std::to_string(header.format) +
                     ", this program reads " + std::to_string(manifest_format) +
                     (header.format > manifest_format ? "; use the newer program" : ""));
  const std::string_view body = bytes.substr(header_size);
  if (body.size() != header.size)
    return corrupted(bytes.size(), "it ends with " + std::to_string(body.size()) + " of " +
                                       std::to_string(header.size) + " bytes after its header");
  if (xxh64(body) != header.sum)
    return corrupted(header_size, "what follows does not match its checksum");
  Manifest manifest;
  StateReader in(body);
  if (auto read = Codec<Manifest>::read(in, manifest); !read)
    return corrupted(header_size, read.error().message());
  if (!in.empty()) return corrupted(bytes.size() - in.left(), "something follows its fields");
  if (const auto wrong = check_fields(manifest); !wrong.empty())
    return corrupted(header_size, std::string(wrong));
  return manifest;
}

std::string state_header(const Manifest::File& file) {
  std::string out(state_magic);
  detail::write_int(out, file.checkpoint);
  detail::write_int(out, file.number);
  detail::write_int(out, file.size - state_header_size);
  detail::write_int(out, file.sum);
  return out;
}

std::string manifest_name(CheckpointId id) { return "chk-" + std::to_string(id) + "/MANIFEST"; }

std::string state_name(CheckpointId id, std::uint32_t number) {
  return "chk-" + std::to_string(id) + "/state-" + std::to_string(number);
}

std::optional<CheckpointFileName> parse_checkpoint_name(std::string_view name) {
  constexpr std::string_view directory = "chk-";
  constexpr std::string_view state = "state-";
  const std::size_t slash = name.find('/');
  if (!name.starts_with(directory) || slash == std::string_view::npos) return std::nullopt;
  const auto id = whole_number<CheckpointId>(name.substr(4, slash - 4));
  if (!id) return std::nullopt;
  const std::string_view file = name.substr(slash + 1);
  if (file == "MANIFEST") return CheckpointFileName{*id, std::nullopt};
  if (!file.starts_with(state)) return std::nullopt;
  const auto number = whole_number<std::uint32_t>(file.substr(state.size()));
  if (!number) return std::nullopt;
  return CheckpointFileName{*id, number};
}

std::string time_text(std::int64_t microseconds) {
  using namespace std::chrono;
  const Timestamp time{Duration(microseconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  const auto two = [](auto n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(int(date.year())) + '-' + two(unsigned(date.month())) + '-' +
         two(unsigned(date.day())) + 'T' + two(clock.hours().count()) + ':' +
         two(clock.minutes().count()) + ':' + two(clock.seconds().count()) + 'Z';
}

}  // namespace millrace::runtime
