// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/append_file.hpp"

#include "catch.hpp"
#include "driver.hpp"

using namespace millrace;
using file::AppendFile;

TEST_CASE("lines are appended to what is there, and the directory is made") {
  sim::Env sim;
  {
    AppendFile out = AppendFile::open(sim.env(), "/a/b/out.txt").value();
    REQUIRE(out.append("one\n"));
    REQUIRE(out.sync());
  }
  AppendFile out = AppendFile::open(sim.env(), "/a/b/out.txt").value();
  REQUIRE(out.append("two\nthree\n"));
  CHECK(out.read().value() == "one\ntwo\nthree\n");
}

TEST_CASE("a last line that was never finished is cut") {
  for (const auto& [before, after] : std::vector<std::pair<std::string, std::string>>{
           {"one\ntw", "one\n"},
           {"on", ""},
           {"", ""},
           {"one\n" + std::string(200'000, 'x'), "one\n"}}) {
    Driver driver;
    driver.put("/out.txt", before);
    AppendFile out = AppendFile::open(driver.sim.env(), "/out.txt").value();
    CHECK(out.read().value() == after);
    REQUIRE(out.append("next\n"));
    CHECK(driver.sim.disk().contents("/out.txt") == after + "next\n");
  }
}

TEST_CASE("a second writer is refused") {
  sim::Env sim;
  AppendFile out = AppendFile::open(sim.env(), "/out.txt").value();
  const Result<AppendFile> second = AppendFile::open(sim.env(), "/out.txt");
  REQUIRE(!second);
  CHECK(second.error().code() == Errc::conflict);
  CHECK(second.error().message() ==
        "/out.txt: somebody else has it open to append; two writers would mix their lines");
}

TEST_CASE("a full disk leaves whole lines, and there is no half line when room comes") {
  sim::Env sim;
  AppendFile out = AppendFile::open(sim.env(), "/out.txt").value();
  REQUIRE(out.append("one\n"));
  sim.disk().set_capacity({sim.disk().used().bytes + 3});
  CHECK(out.append("two two\n").error().code() == Errc::out_of_space);
  CHECK(sim.disk().contents("/out.txt") == "one\n");
  sim.disk().set_capacity({1u << 20});
  REQUIRE(out.append("two\n"));
  CHECK(out.read().value() == "one\ntwo\n");
}

TEST_CASE("a torn write that can't be taken back ends the file's use") {
  sim::Env sim;
  AppendFile out = AppendFile::open(sim.env(), "/out.txt").value();
  sim.disk().inject({.call = sim::FileCall::write, .fault = sim::FileFault::partial, .at_call = 1});
  sim.disk().inject({.call = sim::FileCall::truncate, .fault = sim::FileFault::io, .at_call = 1});
  CHECK(!out.append("one\n"));
  sim.disk().heal();
  CHECK(!out.append("two\n"));
}

TEST_CASE("a failed sync ends the file's use") {
  sim::Env sim;
  AppendFile out = AppendFile::open(sim.env(), "/out.txt").value();
  REQUIRE(out.append("one\n"));
  sim.disk().inject({.call = sim::FileCall::sync, .fault = sim::FileFault::io, .at_call = 1});
  CHECK(!out.sync());
  sim.disk().heal();
  CHECK(!out.sync());
  CHECK(!out.append("two\n"));
}
