// SPDX-License-Identifier: BSL-1.0
#include "common/flags.hpp"

#include <array>

#include "catch.hpp"

using namespace examples;
using namespace std::chrono_literals;

namespace {

struct Target {
  std::string directory;
  std::uint64_t rows = 0;
  millrace::Duration step{};
  millrace::ByteSize bytes{};
  millrace::Timestamp start{};

  template <std::size_t N>
  millrace::Result<void> parse(std::array<const char*, N> args) {
    Flags flags;
    flags.add("dir", directory, "DIR", "where");
    flags.add("rows", rows, "N", "how many");
    flags.add("step", step, "D", "how long");
    flags.add("bytes", bytes, "S", "how large");
    flags.add("start", start, "T", "when");
    return flags.parse({const_cast<char* const*>(args.data()), N});
  }
  std::string error(const char* flag, const char* value) {
    auto parsed = parse(std::array{flag, value});
    return parsed ? "" : parsed.error().message();
  }
};

}  // namespace

TEST_CASE("flags set their targets, with a blank or an equals sign") {
  Target t;
  const auto parsed = t.parse(std::array{"--dir", "out", "--rows=12", "--step", "20ms",
                                         "--bytes=5MiB", "--start", "2022-12-24T04:00:00"});
  REQUIRE(parsed);
  CHECK(t.directory == "out");
  CHECK(t.rows == 12);
  CHECK(t.step == 20ms);
  CHECK(t.bytes.bytes == 5u << 20);
  CHECK(t.start.time_since_epoch() == 1671854400s);
}

TEST_CASE("a flag that is not there is named with its nearest") {
  CHECK(Target().error("--rowz", "1") ==
        "unknown flag --rowz; did you mean \"--rows\"? (--help lists them)");
  CHECK(Target().error("rows", "1") ==
        "unknown flag rows; did you mean \"--rows\"? (--help lists them)");
}

TEST_CASE("a value that is not one says what is wanted") {
  CHECK(Target().error("--rows", "12x") == "--rows wants a whole number, got \"12x\"");
  CHECK(Target().error("--rows", "-1") == "--rows wants a whole number, got \"-1\"");
  CHECK(Target().error("--step", "20") ==
        "--step wants a time such as 20ms, 5s or 1min, got \"20\"");
  CHECK(Target().error("--bytes", "5MX") ==
        "--bytes wants a size such as 500MB or 5MiB, got \"5MX\"");
  CHECK(Target().error("--start", "soon").starts_with("--start "));
  const auto parsed = Target().parse(std::array{"--rows"});
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().message() == "--rows wants a value: N");
}

TEST_CASE("sizes and times that overflow are refused") {
  CHECK_FALSE(parse_size("99999999999GB"));
  CHECK_FALSE(parse_duration("99999999999999h"));
}

TEST_CASE("help lists the flags in order, aligned") {
  Flags flags;
  std::string a;
  flags.add("dir", a, "DIR", "where results go");
  flags.add("a-flag-with-quite-a-long-name", a, "X", "that pushes its text");
  CHECK(flags.help() ==
        "  --dir DIR                   where results go\n"
        "  --a-flag-with-quite-a-long-name X  that pushes its text\n");
}
