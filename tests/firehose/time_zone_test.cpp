// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/time_zone.hpp"

#include "catch.hpp"
#include "millrace/runtime/real_env.hpp"
#include "millrace/sim/env.hpp"
#include "vectors.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono;

namespace {

int hours_at(const TimeZone& zone, std::string_view instant) {
  const auto offset = zone.offset(vectors::time(instant));
  REQUIRE(offset.count() % 3600 == 0);
  return static_cast<int>(offset.count() / 3600);
}

void put(Fs& fs, const std::string& path, std::string_view bytes) {
  auto file = fs.open(path, OpenMode::create).value();
  file->truncate(0).value();
  file->write_at(0, bytes).value();
}

std::string be(std::uint64_t value, int size) {
  std::string out;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

/// A TZif file of version 2 with one change, and the parts that a test spoils.
struct ZoneFile {
  std::string magic = "TZif";
  std::uint64_t leaps = 0;
  std::uint64_t types = 2;
  std::vector<std::int64_t> changes = {0};
  std::uint8_t type = 1;
  std::int64_t offset = 3600;
  std::string rule = "\n<+01>-1\n";

  std::string block(int time_size) const {
    const std::string counts =
        be(0, 4) + be(0, 4) + be(leaps, 4) + be(changes.size(), 4) + be(types, 4) + be(4, 4);
    std::string out = magic + "2" + std::string(15, '\0') + counts;
    for (const std::int64_t change : changes)
      out += be(static_cast<std::uint64_t>(change), time_size);
    for (std::size_t i = 0; i < changes.size(); ++i) out += static_cast<char>(type);
    for (std::uint64_t i = 0; i < types; ++i)
      out += be(i == 0 ? 0 : static_cast<std::uint64_t>(offset), 4) + std::string(2, '\0');
    return out + std::string("UTC\0", 4) +
           std::string(leaps * static_cast<std::size_t>(time_size + 4), '\0');
  }
  std::string bytes() const { return block(4) + block(8) + rule; }
};

class Zones {
 public:
  Zones() {
    fs().make_directories("/zones").value();
    put(fs(), "/zones/Good", ZoneFile().bytes());
    put(fs(), "/zones/tzdata.zi", "# version x\nL Good Other/Name\nL Gone Bad\nL ../x Up\n");
  }
  Fs& fs() { return env_.env().fs; }
  Result<TimeZone> find(std::string_view name) { return TimeZone::find(name, fs(), "/zones"); }
  std::string refusal(const std::string& bytes) {
    put(fs(), "/zones/Spoiled", bytes);
    const auto zone = find("Spoiled");
    REQUIRE_FALSE(zone);
    CHECK((zone.error().code() == Errc::corrupted || zone.error().code() == Errc::unsupported));
    return zone.error().message();
  }

 private:
  sim::Env env_;
};

}  // namespace

TEST_CASE("UTC and fixed offsets need no files") {
  CHECK(TimeZone().name() == "UTC");
  CHECK(TimeZone().offset(Timestamp{}) == 0s);
  const std::pair<const char*, int> zones[] = {
      {"UTC", 0},         {"Z", 0},          {"Etc/GMT", 0},     {"+09:00", 32400},
      {"-0530", -19800},  {"+9", 32400},     {"UTC+01", 3600},   {"GMT-3", -10800},
      {"UT+00:30", 1800}, {"+010203", 3723}, {"-18:00", -64800}, {"+01:02:03", 3723}};
  for (const auto& [name, offset] : zones) {
    INFO(name);
    const auto zone = TimeZone::fixed(name);
    REQUIRE(zone);
    CHECK(zone->offset(Timestamp{}).count() == offset);
    CHECK(zone->name() == name);
  }
}

TEST_CASE("what is no offset is refused") {
  for (const char* name : {"", "+", "+1:00", "+09:", "+09:0", "+0900:00", "+09:60", "+123",
                           "+0900000", "09:00", "utc", "UTC 1", "+:09", "Asia/Tokyo"}) {
    INFO(name);
    const auto zone = TimeZone::fixed(name);
    REQUIRE_FALSE(zone);
    CHECK(zone.error().code() == Errc::not_found);
  }
  CHECK(TimeZone::fixed("+18:01").error().message() ==
        "time zone \"+18:01\": an offset has at most 18 hours");
}

TEST_CASE("the system's zones know summer time, long ago and long after the table's end") {
  RealEnv env;
  const auto find = [&](const char* name) { return TimeZone::find(name, env.env().fs).value(); };
  const TimeZone york = find("America/New_York");
  CHECK(hours_at(york, "2024-03-10T06:59:59") == -5);
  CHECK(hours_at(york, "2024-03-10T07:00:00") == -4);
  CHECK(hours_at(york, "2024-11-03T05:59:59") == -4);
  CHECK(hours_at(york, "2024-11-03T06:00:00") == -5);
  CHECK(hours_at(york, "2200-07-01T00:00:00") == -4);
  CHECK(hours_at(york, "2200-12-31T23:00:00") == -5);
  CHECK(york.offset(start_of_time).count() == -17762);
  CHECK(york.offset(end_of_time).count() == -18000);
  const TimeZone sydney = find("Australia/Sydney");
  CHECK(hours_at(sydney, "2200-01-01T00:00:00") == 11);
  CHECK(hours_at(sydney, "2200-06-01T00:00:00") == 10);
  const TimeZone dublin = find("Europe/Dublin");
  CHECK(hours_at(dublin, "2200-01-01T00:00:00") == 0);
  CHECK(hours_at(dublin, "2200-07-01T00:00:00") == 1);
  CHECK(hours_at(find("Asia/Tokyo"), "2200-07-01T00:00:00") == 9);
  // A link, which files of Env are not: its target is in tzdata.zi.
  CHECK(hours_at(find("US/Eastern"), "2024-07-01T00:00:00") == -4);
  CHECK(find("US/Eastern").name() == "US/Eastern");
}

TEST_CASE("a zone's file has its changes, and its rule for what comes after") {
  Zones zones;
  const TimeZone zone = zones.find("Good").value();
  CHECK(zone.offset(Timestamp(-1s)) == 0s);
  CHECK(zone.offset(Timestamp(0s)) == 1h);
  CHECK(zones.find("Other/Name").value().offset(Timestamp(0s)) == 1h);
  put(zones.fs(), "/zones/One", std::string(ZoneFile().block(4)).replace(4, 1, 1, '\0'));
  CHECK(zones.find("One").value().offset(Timestamp(0s)) == 1h);
}

TEST_CASE("a zone that is not there is named, with what to do") {
  Zones zones;
  CHECK(zones.find("No/Where").error().message() ==
        "time zone \"No/Where\": /zones has no such zone; names are those of IANA, such as "
        "Asia/Tokyo");
  CHECK(zones.find("Bad").error().code() == Errc::not_found);
  CHECK(zones.find("Up").error().code() == Errc::not_found);
  const auto none = TimeZone::find("Asia/Tokyo", zones.fs(), "/nowhere");
  CHECK(none.error().message() ==
        "time zone \"Asia/Tokyo\": there are no zones in /nowhere; install tzdata, or write an "
        "offset such as +09:00");
  zones.fs().make_directories("/zones/Asia").value();
  CHECK(zones.find("Asia").error().code() == Errc::not_found);
  for (const char* name : {"../etc/passwd", "/etc/passwd", "Asia//Tokyo", "Asia/", "A B", "a.b"})
    CHECK(zones.find(name).error().message().find("no name of a zone") != std::string::npos);
  CHECK(zones.find(std::string(51, 'a')).error().message().find("at most 50 characters") !=
        std::string::npos);
}

TEST_CASE("a spoiled file of a zone gives an error, wherever it is cut") {
  Zones zones;
  const std::string whole = ZoneFile().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_FALSE(zones.refusal(whole.substr(0, size)).empty());
  }
  CHECK(zones.refusal("TZig" + whole.substr(4)).find("does not begin with TZif") !=
        std::string::npos);
  CHECK(zones.refusal(ZoneFile{.leaps = 1}.bytes()).find("leap seconds") != std::string::npos);
  CHECK(zones.refusal(ZoneFile{.types = 0}.bytes()).find("no local time") != std::string::npos);
  CHECK(zones.refusal(ZoneFile{.changes = {5, 5}}.bytes()).find("out of order") !=
        std::string::npos);
  CHECK(zones.refusal(ZoneFile{.type = 2}.bytes()).find("not there") != std::string::npos);
  CHECK(zones.refusal(ZoneFile{.offset = 100'000}.bytes()).find("26 hours") != std::string::npos);
  for (const char* rule :
       {"\nXX1\n", "\nEST\n", "\nEST25\n", "\nEST5EDT\n", "\nEST5EDT,M3.2.0\n",
        "\nEST5EDT,M13.2.0,M11.1.0\n", "\nEST5EDT,M3.6.0,M11.1.0\n", "\nEST5EDT,M3.2.7,M11.1.0\n",
        "\nEST5EDT,J0,M11.1.0\n", "\nEST5EDT,366,1\n", "\nEST5EDT,1/168,2\n", "\nEST5EDT,1,2x\n",
        "\n<+1\n", "\nEST5:60\n"})
    CHECK(zones.refusal(ZoneFile{.rule = rule}.bytes()).find("no rule of POSIX") !=
          std::string::npos);
}

TEST_CASE("a rule may name days of the year") {
  Zones zones;
  const auto zone_of = [&](const char* rule) {
    put(zones.fs(), "/zones/Rule", ZoneFile{.rule = rule}.bytes());
    return zones.find("Rule").value();
  };
  // J60 is March 1 of every year; 59, counted from 0, is February 29 when there is one.
  const TimeZone julian = zone_of("\nAAA0BBB,J60/0,J300/0\n");
  CHECK(hours_at(julian, "2024-02-29T23:00:00") == 0);
  CHECK(hours_at(julian, "2024-03-01T00:00:00") == 1);
  CHECK(hours_at(julian, "2023-03-01T00:00:00") == 1);
  const TimeZone counted = zone_of("\nAAA0BBB-2,59/0,300/0\n");
  CHECK(hours_at(counted, "2024-02-29T00:00:00") == 2);
  CHECK(hours_at(counted, "2023-02-28T23:00:00") == 0);
  CHECK(hours_at(counted, "2023-03-01T00:00:00") == 2);
}
