// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/object_name.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono;

namespace {

constexpr std::string_view uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";
const Timestamp time = sys_days(2026y / 7 / 13) + 14h + 5min + 9s;

std::string key(const ObjectNaming& naming, const TimeZone& zone = {}) {
  return object_key("raw/", naming, time, zone, uuid);
}
std::string refusal(const ObjectNaming& naming) {
  const auto checked = check(naming);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code() == Errc::invalid_input);
  return checked.error().message();
}

}  // namespace

TEST_CASE("an object's key names stream, version, instant and a uuid") {
  ObjectNaming naming{.stream = "bank", .version = 3};
  CHECK(key(naming) == "raw/bank-3-2026-07-13-14-05-09-0f8fad5b-d9cb-469f-a165-70867728950e");
  CHECK(key(naming, TimeZone::fixed("+10:00").value())
            .starts_with("raw/bank-3-2026-07-14-00-05-09-"));
}

TEST_CASE("the extension is the compression's, or the one that was set") {
  ObjectNaming naming;
  for (const auto& [compression, extension] :
       {std::pair{Compression::uncompressed, ""}, std::pair{Compression::gzip, ".gz"},
        std::pair{Compression::zip, ".zip"}, std::pair{Compression::snappy, ".snappy"},
        std::pair{Compression::hadoop_snappy, ".snappy"}}) {
    naming.compression = compression;
    CHECK(key(naming).ends_with(std::string("70867728950e") + extension));
  }
  naming.hadoop_extension = HadoopExtension::hsnappy;
  CHECK(extension_of(naming) == ".hsnappy");
  naming.file_extension = ".log";
  CHECK(key(naming).ends_with("e.log"));
  naming.file_extension = "";
  CHECK(key(naming).ends_with("28950e"));
  naming.file_extension.reset();
  CHECK(key(for_errors(naming)).ends_with("28950e"));
}

TEST_CASE("names that Firehose does not take are refused") {
  CHECK(check({}));
  CHECK(check({.stream = "a_B.c-9", .file_extension = ".x!-_.*'()9"}));
  CHECK(refusal({.stream = ""}) == "delivery stream \"\": a name has 1 to 64 characters");
  CHECK(refusal({.stream = std::string(65, 'a')}).ends_with("1 to 64 characters"));
  CHECK(refusal({.stream = "a/b"}) ==
        "delivery stream \"a/b\": only a-z, A-Z, 0-9, _ . and - may be in a name");
  CHECK(refusal({.stream = "s", .version = 0}) ==
        "delivery stream \"s\": versions begin with 1, this one is 0");
  CHECK(refusal({.file_extension = "log"}) ==
        "file extension \"log\": it must be empty, or a dot and what follows it");
  CHECK(refusal({.file_extension = "."}).find("must be empty") != std::string::npos);
  for (const char* extension : {".LOG", ".a/b", ".a b", ".\n"})
    CHECK(refusal({.file_extension = extension}).find("may follow its dot") != std::string::npos);
  CHECK(refusal({.file_extension = "." + std::string(128, 'a')}).find("more than 128") !=
        std::string::npos);
}
