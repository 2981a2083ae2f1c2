// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/lake_layout.hpp"

#include <array>
#include <cstdio>

#include "millrace/core/error.hpp"
#include "millrace/store/key_path.hpp"
#include "store/digest.hpp"

namespace millrace::store {
namespace {

using std::chrono::sys_days;

struct Date {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
};

Date date_of(Timestamp time) {
  using namespace std::chrono;
  if (time < sys_days(year(0) / 1 / 1) || time >= sys_days(year(10'000) / 1 / 1)) return {};
  const year_month_day date(floor<days>(time));
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day())};
}

}  // namespace

std::string lake_prefix(const LakeTable& t) {
  for (const std::string* part : {&t.company, &t.region, &t.account, &t.environment, &t.source,
                                  &t.source_region, &t.table, &t.format, &t.stream_version})
    if (part->empty() || part->find('/') != std::string::npos)
      throw Failure({Errc::invalid_input,
                     "lake table \"" + t.table + "\": " + quoted(*part) +
                         " can't be a part of its keys; every field of LakeTable needs a value "
                         "without '/'"});
  return t.company + "-raw-" + t.region + "-" + t.account + "-" + t.environment + "/" + t.source +
         "/" + t.source_region + "/" + t.table + "/";
}

std::string lake_key(const LakeTable& table, Timestamp time, std::string_view id) {
  const Date date = date_of(time);
  std::array<char, 64> partition{};
  std::snprintf(partition.data(), partition.size(), "year=%04d/month=%02u/day=%02u/", date.year,
                date.month, date.day);
  std::array<char, 64> day{};
  std::snprintf(day.data(), day.size(), "_%04d%02u%02u-", date.year, date.month, date.day);
  std::string key = lake_prefix(table) + partition.data() + table.table + day.data();
  key.append(table.stream_version).append("-").append(id).append(".").append(table.format);
  return key;
}

std::string make_uuid(Rng& rng) {
  std::string bytes;
  for (const std::uint64_t half : {rng.next(), rng.next()})
    for (unsigned shift = 0; shift < 64; shift += 8)
      bytes += static_cast<char>((half >> shift) & 0xFF);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string uuid = to_hex(bytes);
  for (const std::size_t at : {8u, 13u, 18u, 23u}) uuid.insert(at, 1, '-');
  return uuid;
}

}  // namespace millrace::store
