// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/time_zone.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "firehose/tzif.hpp"
#include "millrace/store/key_path.hpp"

namespace millrace::firehose {
namespace {

constexpr std::size_t name_max = 50;
constexpr std::uint64_t file_max = 4u << 20;
constexpr int offset_hours_max = 18;

Error refused(Errc code, std::string_view name, std::string_view why) {
  return {code, "time zone " + store::quoted(name) + ": " + std::string(why)};
}

// What a name of an offset says: +h, +hh, +hhmm, +hh:mm, +hhmmss, +hh:mm:ss, as Java reads them.
std::optional<int> read_offset(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int sign = text[0] == '-' ? -1 : 1;
  std::string digits;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool colon = text[i] == ':' && (i == 3 || i == 6) && i + 1 < text.size();
    if (text[i] >= '0' && text[i] <= '9')
      digits += text[i];
    else if (!colon)
      return std::nullopt;
  }
  // With colons there must be one before each pair but the first.
  const auto colons = static_cast<std::size_t>(std::count(text.begin(), text.end(), ':'));
  if (digits.size() == 1) digits.insert(0, 1, '0');
  if (digits.size() % 2 != 0 || digits.size() > 6) return std::nullopt;
  if (colons != 0 && colons != digits.size() / 2 - 1) return std::nullopt;
  const auto pair = [&](std::size_t i) {
    return i + 1 < digits.size() ? (digits[i] - '0') * 10 + (digits[i + 1] - '0') : 0;
  };
  if (pair(2) > 59 || pair(4) > 59) return std::nullopt;
  return sign * (pair(0) * 3600 + pair(2) * 60 + pair(4));
}

bool can_be_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  };
  return !name.empty() && name.front() != '/' && name.back() != '/' &&
         name.find("//") == std::string_view::npos && std::all_of(name.begin(), name.end(), fits);
}

Result<std::string> read_file(Fs& fs, const std::string& path) {
  auto file = fs.open(path, OpenMode::read);
  if (!file) return file.take_error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  if (*size > file_max) return Error(Errc::corrupted, path + ": too large for a time zone's file");
  std::string bytes(*size, '\0');
  const auto read = (*file)->read_at(0, bytes);
  if (!read) return read.error();
  bytes.resize(*read);
  return bytes;
}

// The zone that tzdata.zi has `name` as another name for: "L Europe/Kyiv Europe/Kiev".
std::optional<std::string> find_link(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const std::size_t blank = line.find(' ', 2);
    if (line.starts_with("L ") && blank != std::string_view::npos && line.substr(blank + 1) == name)
      return std::string(line.substr(2, blank - 2));
  }
  return std::nullopt;
}

Result<std::string> read_zone(Fs& fs, std::string_view name, const std::string& directory) {
  const auto there = fs.info(directory);
  if (!there) return there.error();
  if (!*there)
    return refused(Errc::not_found, name,
                   "there are no zones in " + directory +
                       "; install tzdata, or write an offset such as +09:00");
  const std::string path = directory + "/" + std::string(name);
  const auto info = fs.info(path);
  const bool is_directory = info && *info && (*info)->is_directory;
  auto bytes = is_directory ? Error(Errc::not_found, path) : read_file(fs, path);
  if (bytes) return bytes;
  // A link, which Fs does not follow, or no zone at all.
  const auto links = read_file(fs, directory + "/tzdata.zi");
  const auto target = links ? find_link(*links, name) : std::nullopt;
  if (target && can_be_name(*target)) return read_file(fs, directory + "/" + *target);
  if (bytes.error().code() != Errc::not_found) return bytes;
  return refused(Errc::not_found, name,
                 directory + " has no such zone; names are those of IANA, such as Asia/Tokyo");
}

}  // namespace

class TimeZone::Rules : public Tzif {
 public:
  explicit Rules(Tzif zone) : Tzif(std::move(zone)) {}
};

TimeZone::TimeZone() : name_("UTC") {}

const std::string& TimeZone::name() const { return name_; }

std::chrono::seconds TimeZone::offset(Timestamp time) const {
  if (!rules_) return std::chrono::seconds(0);
  // The first second of all can't be rounded down.
  time = std::max(time, Timestamp::min() + std::chrono::seconds(1));
  const auto since = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch();
  return std::chrono::seconds(rules_->offset(since.count()));
}

Result<TimeZone> TimeZone::fixed(std::string_view name) {
  constexpr std::array<std::string_view, 6> plain = {"UTC", "GMT", "UT", "Z", "Etc/UTC", "Etc/GMT"};
  if (std::find(plain.begin(), plain.end(), name) != plain.end())
    return TimeZone(std::string(name), nullptr);
  std::string_view text = name;
  for (const std::string_view before : {"UTC", "GMT", "UT"})
    if (name.starts_with(before)) {
      text.remove_prefix(before.size());
      break;
    }
  const auto seconds = read_offset(text);
  if (!seconds)
    return refused(Errc::not_found, name, "neither UTC nor an offset from it, such as +09:00");
  if (*seconds > offset_hours_max * 3600 || *seconds < -offset_hours_max * 3600)
    return refused(Errc::invalid_input, name, "an offset has at most 18 hours");
  return TimeZone(std::string(name), std::make_shared<Rules>(Tzif(*seconds)));
}

Result<TimeZone> TimeZone::find(std::string_view name, Fs& fs, std::string_view directory) {
  if (name.size() > name_max)
    return refused(Errc::invalid_input, name, "a name has at most 50 characters");
  auto by_offset = fixed(name);
  if (by_offset || by_offset.error().code() != Errc::not_found) return by_offset;
  if (!can_be_name(name))
    return refused(Errc::invalid_input, name,
                   "no name of a zone; write one of IANA's, such as Asia/Tokyo, or +09:00");
  const auto bytes = read_zone(fs, name, std::string(directory));
  if (!bytes) return bytes.error();
  auto zone = Tzif::parse(*bytes);
  if (!zone) return refused(zone.error().code(), name, zone.error().message());
  return TimeZone(std::string(name), std::make_shared<Rules>(std::move(zone).value()));
}

}  // namespace millrace::firehose
