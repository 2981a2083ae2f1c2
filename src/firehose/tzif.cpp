// SPDX-License-Identifier: BSL-1.0
#include "firehose/tzif.hpp"

#include <algorithm>

namespace millrace::firehose {
namespace {

Error corrupted(const char* why) { return {Errc::corrupted, std::string("TZif: ") + why}; }

constexpr std::size_t header_size = 44;
constexpr int offset_max = 26 * 3600;

std::int64_t big_endian(std::string_view bytes) {
  // The first byte has the sign.
  auto value =
      static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<signed char>(bytes[0])));
  for (const char c : bytes.substr(1)) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

struct Counts {
  std::uint64_t utc = 0;
  std::uint64_t standard = 0;
  std::uint64_t leaps = 0;
  std::uint64_t changes = 0;
  std::uint64_t types = 0;
  std::uint64_t letters = 0;

  std::uint64_t size(std::uint64_t time_size) const {
    return changes * (time_size + 1) + types * 6 + letters + leaps * (time_size + 4) + standard +
           utc;
  }
};

Counts read_counts(std::string_view header) {
  const auto count = [&](std::size_t i) {
    return static_cast<std::uint64_t>(big_endian(header.substr(20 + 4 * i, 4)) & 0xFFFFFFFF);
  };
  return {count(0), count(1), count(2), count(3), count(4), count(5)};
}

}  // namespace

/// One header and the data that follows it.
class Tzif::Reader {
 public:
  /// Takes a block off `bytes`; false when it is cut off.
  bool take(std::string_view& bytes, std::uint64_t time_size) {
    if (bytes.size() < header_size || !bytes.starts_with("TZif")) return false;
    counts_ = read_counts(bytes);
    time_size_ = time_size;
    bytes.remove_prefix(header_size);
    const std::uint64_t size = counts_.size(time_size);
    if (bytes.size() < size) return false;
    data_ = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return true;
  }

  Result<Tzif> read() const {
    if (counts_.leaps != 0)
      return Error(Errc::unsupported, "TZif: it counts leap seconds, as the zones in right/ do");
    if (counts_.types == 0) return corrupted("it has no local time at all");
    Tzif zone(0);
    for (std::uint64_t i = 0; i < counts_.types; ++i)
      if (offset_of(i) < -offset_max || offset_of(i) > offset_max)
        return corrupted("an offset is more than 26 hours");
    zone.first_ = static_cast<int>(offset_of(0));
    for (std::uint64_t i = 0; i < counts_.changes; ++i) {
      const std::int64_t time = big_endian(data_.substr(i * time_size_, time_size_));
      const auto type = static_cast<unsigned char>(data_[counts_.changes * time_size_ + i]);
      if (type >= counts_.types)
        return corrupted("a change leads to a local time that is not there");
      if (!zone.changes_.empty() && time <= zone.changes_.back().time)
        return corrupted("its changes are out of order");
      zone.changes_.push_back({time, static_cast<int>(offset_of(type))});
    }
    return zone;
  }

 private:
  std::int64_t offset_of(std::uint64_t type) const {
    return big_endian(data_.substr(counts_.changes * (time_size_ + 1) + type * 6, 4));
  }
  Counts counts_;
  std::uint64_t time_size_ = 0;
  std::string_view data_;
};

Result<Tzif> Tzif::parse(std::string_view bytes) {
  const char version = bytes.size() < header_size ? '\0' : bytes[4];
  Reader reader;
  if (!reader.take(bytes, 4))
    return corrupted("it does not begin with TZif and all that its header counts");
  if (version == '\0') return reader.read();
  // The same again, in 64 bits, and the rule for what comes after it between two line breaks.
  if (!reader.take(bytes, 8)) return corrupted("its part of 64 bits is cut off");
  Result<Tzif> zone = reader.read();
  if (!zone) return zone;
  if (bytes.size() < 2 || bytes.front() != '\n' || bytes.back() != '\n')
    return corrupted("its last line is cut off");
  const std::string_view rule = bytes.substr(1, bytes.size() - 2);
  if (rule.empty()) return zone;
  zone->rule_ = PosixRule::parse(rule);
  if (!zone->rule_) return corrupted("its last line is no rule of POSIX");
  return zone;
}

int Tzif::offset(std::int64_t time) const {
  const auto after =
      std::upper_bound(changes_.begin(), changes_.end(), time,
                       [](std::int64_t t, const Change& change) { return t < change.time; });
  if (after == changes_.end() && rule_) return rule_->offset(time);
  return after == changes_.begin() ? first_ : std::prev(after)->offset;
}

}  // namespace millrace::firehose
