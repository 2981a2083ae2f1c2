// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/disk.hpp"

#include "disk_fixture.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;
using namespace millrace::sim;

TEST_CASE("a fault hits the n-th call on a matching path, once") {
  DiskFixture f;
  f.disk.inject({.call = FileCall::write, .at_call = 2, .path_contains = ".log"});
  auto log = f.open("x.log");
  auto other = f.open("y");
  REQUIRE(log->write_at(0, "1"));
  REQUIRE(other->write_at(0, "1"));
  REQUIRE(other->write_at(0, "1"));
  CHECK(log->write_at(0, "2").error() ==
        Error(Errc::io, "write x.log: Input/output error (injected)"));
  CHECK(f.disk.contents("x.log") == "1");
  REQUIRE(log->write_at(0, "3"));
  CHECK(f.disk.faults_injected() == 1);
}

TEST_CASE("every call can be made to fail, with the error that was asked for") {
  DiskFixture f;
  f.put("a", "contents");
  auto file = f.open("a");
  REQUIRE(f.fs->make_directories("d"));
  const auto code_of = [&](FileCall call, auto&& run) {
    f.disk.inject({.call = call, .fault = FileFault::out_of_space, .at_call = 1});
    const auto failed = run();
    REQUIRE_FALSE(failed);
    REQUIRE(run());
    return failed.error().code();
  };
  char out[2];
  CHECK(code_of(FileCall::open, [&] { return f.fs->open("a", OpenMode::read); }) ==
        Errc::out_of_space);
  CHECK(code_of(FileCall::read, [&] { return file->read_at(0, out); }) == Errc::out_of_space);
  CHECK(code_of(FileCall::write, [&] { return file->write_at(0, "x"); }) == Errc::out_of_space);
  CHECK(code_of(FileCall::truncate, [&] { return file->truncate(3); }) == Errc::out_of_space);
  CHECK(code_of(FileCall::allocate, [&] { return file->allocate(9); }) == Errc::out_of_space);
  CHECK(code_of(FileCall::list, [&] { return f.fs->list("d"); }) == Errc::out_of_space);
  CHECK(code_of(FileCall::make_directories, [&] { return f.fs->make_directories("e"); }) ==
        Errc::out_of_space);
  CHECK(code_of(FileCall::rename, [&] { return f.fs->rename("a", "a"); }) == Errc::out_of_space);
  CHECK(code_of(FileCall::sync_directory, [&] { return f.fs->sync_directory("d"); }) ==
        Errc::out_of_space);
  CHECK(code_of(FileCall::remove, [&] {
          return f.fs->info("a")->has_value() ? f.fs->remove("a") : Result<void>();
        }) == Errc::out_of_space);
}

TEST_CASE("a write that fails half-way leaves a part of it, never all") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    DiskFixture f(seed);
    f.disk.inject({.call = FileCall::write, .fault = FileFault::partial, .at_call = 1});
    const std::string bytes(2000, 'x');
    auto file = f.open("a");
    CHECK(file->write_at(0, bytes).error().code() == Errc::io);
    CHECK(*file->size() < bytes.size());
  }
}

TEST_CASE("a failed sync loses what was not durable, and the File takes no more") {
  DiskFixture f;
  f.put("a", "safe");
  auto file = f.open("a");
  REQUIRE(file->write_at(4, "lost"));
  f.disk.inject({.call = FileCall::sync, .at_call = 1});
  CHECK(file->sync().error() == Error(Errc::io, "sync a: Input/output error (injected)"));
  const std::string poisoned =
      "write a: an earlier sync failed, so what was written may be lost; open it again";
  CHECK(file->write_at(0, "x").error().message() == poisoned);
  CHECK_FALSE(file->sync());
  CHECK_FALSE(file->truncate(0));
  CHECK(f.disk.contents("a") == "safelost");
  // The system calls it clean now: a new File may sync, but the bytes never reach the disk.
  REQUIRE(f.open("a")->sync());
  f.disk.crash(1);
  CHECK(f.disk.contents("a") == "safe");
}

TEST_CASE("faults by probability come by seed, and healing ends them") {
  const auto count = [](std::uint64_t seed) {
    DiskFixture f(seed);
    f.disk.inject({.call = FileCall::write, .probability = 0.25});
    auto file = f.open("a");
    std::string outcome;
    for (int i = 0; i < 400; ++i) outcome += file->write_at(0, "x") ? '.' : 'F';
    CHECK(f.disk.faults_injected() > 50);
    CHECK(f.disk.faults_injected() < 150);
    f.disk.heal();
    for (int i = 0; i < 400; ++i) REQUIRE(file->write_at(0, "x"));
    return outcome;
  };
  CHECK(count(1) == count(1));
  CHECK(count(1) != count(2));
}

TEST_CASE("a hook sees every call before it is done and may fail it") {
  sim::Env sim;
  Fs& fs = sim.env().fs;
  std::string seen;
  sim.disk().on_call([&](sim::FileCall call, std::string_view path) {
    seen += std::string(to_string(call)) + ' ' + std::string(path) + '\n';
    return call == sim::FileCall::sync ? std::optional(sim::FileFault::io) : std::nullopt;
  });
  auto file = fs.open("a", OpenMode::create).value();
  CHECK(file->write_at(0, "x"));
  CHECK(file->sync().error().code() == Errc::io);
  CHECK(fs.sync_directory("."));
  CHECK(seen == "open a\nwrite a\nsync a\nsync_directory .\n");
  CHECK(sim.disk().faults_injected() == 1);
}

TEST_CASE("a process that is halted in a call has no effect from there on, and lives again after") {
  for (const bool power : {false, true}) {
    INFO("power loss: " << power);
    sim::Env sim;
    Fs& fs = sim.env().fs;
    auto kept = fs.open("kept", OpenMode::create).value();
    kept->write_at(0, "before").value();
    kept->sync().value();
    kept->write_at(0, "BEFORE").value();
    sim.disk().on_call([&](sim::FileCall call, std::string_view) {
      if (call == sim::FileCall::sync) sim.halt();
      return std::optional<sim::FileFault>();
    });
    CHECK(kept->sync().error().code() == Errc::io);
    CHECK_FALSE(kept->write_at(0, "after!"));
    CHECK_FALSE(kept->truncate(0));
    CHECK_FALSE(fs.open("other", OpenMode::create));
    CHECK_FALSE(fs.rename("kept", "moved"));
    CHECK_FALSE(fs.remove("kept"));
    CHECK(sim.run() == sim::Ended::all_done);
    CHECK(sim.halted());
    sim.disk().on_call({});
    power ? sim.crash() : sim.kill();
    CHECK_FALSE(sim.halted());
    // What the halted sync should have written is still the system's to write.
    if (!power) {
      CHECK(sim.disk().contents("kept") == "BEFORE");
      auto again = fs.open("kept", OpenMode::read_write).value();
      again->sync().value();
      sim.crash();
      CHECK(sim.disk().contents("kept") == "BEFORE");
    }
    CHECK(fs.open("other", OpenMode::create));
  }
}
