// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/disk.hpp"

#include <vector>

#include "disk_fixture.hpp"

using namespace millrace;
using namespace millrace::sim;
using Strings = std::vector<std::string>;

namespace {

std::string read_all(File& file) {
  std::string out(*file.size(), '\0');
  const auto n = file.read_at(0, out);
  REQUIRE(n);
  CHECK(*n == out.size());
  return out;
}

}  // namespace

TEST_CASE("a simulated file reads back what was written, and zeros in holes") {
  DiskFixture f;
  auto file = f.open("a");
  REQUIRE(file->write_at(4, "efg"));
  REQUIRE(file->write_at(0, "ab"));
  CHECK(read_all(*file) == std::string("ab\0\0efg", 7));
  char out[4];
  CHECK(*file->read_at(5, out) == 2);
  CHECK(*file->read_at(100, out) == 0);
  REQUIRE(file->truncate(3));
  CHECK(read_all(*file) == std::string("ab\0", 3));
  REQUIRE(file->allocate(5));
  REQUIRE(file->allocate(2));
  CHECK(read_all(*file) == std::string("ab\0\0\0", 5));
}

TEST_CASE("open modes of the simulated file system keep their promises") {
  DiskFixture f;
  CHECK(f.fs->open("a", OpenMode::read).error().code() == Errc::not_found);
  CHECK(f.fs->open("a", OpenMode::read_write).error().message() ==
        "open a: No such file or directory");
  REQUIRE(f.fs->open("a", OpenMode::create_new));
  CHECK(f.fs->open("a", OpenMode::create_new).error() ==
        Error(Errc::already_exists, "open a: File exists"));
  REQUIRE(f.fs->open("a", OpenMode::create));
  auto reader = f.open("a", OpenMode::read);
  CHECK(reader->write_at(0, "x").error().message() ==
        "write a: Bad file descriptor (opened to read)");
  CHECK(f.fs->open("no/a", OpenMode::create).error().code() == Errc::not_found);
  REQUIRE(f.fs->make_directories("d"));
  CHECK(f.fs->open("d", OpenMode::read).error().message() == "open d: Is a directory");
}

TEST_CASE("directories are made with their parents and listed in order") {
  DiskFixture f;
  REQUIRE(f.fs->make_directories("/x/y//z/"));
  REQUIRE(f.fs->make_directories("/x/y/z"));
  for (const char* name : {"/x/y/b", "/x/y/a", "/x/y/z/deep"}) f.open(name);
  CHECK(*f.fs->list("/x/y") == Strings{"a", "b", "z"});
  CHECK(*f.fs->list("/") == Strings{"x"});
  CHECK(f.fs->list("/no").error().code() == Errc::not_found);
  CHECK(f.fs->make_directories("/x/y/a/q").error().message() == "mkdir /x/y/a: Not a directory");
  CHECK((*f.fs->info("/x/y"))->is_directory);
  CHECK_FALSE(f.fs->info("/x/none")->has_value());
  auto file = f.open("/x/y/a");
  f.clock.now += Duration(5);
  REQUIRE(file->write_at(0, "123"));
  CHECK((*f.fs->info("/x/y/a"))->size == 3);
  CHECK((*f.fs->info("/x/y/a"))->modified == f.clock.now);
}

TEST_CASE("names are moved and removed as the interface says") {
  DiskFixture f;
  f.put("a", "1");
  f.put("b", "2");
  CHECK(f.fs->rename_new("a", "b").error() ==
        Error(Errc::already_exists, "rename_new a to b: File exists"));
  REQUIRE(f.fs->rename_new("a", "c"));
  REQUIRE(f.fs->rename("c", "b"));
  CHECK(f.disk.contents("b") == "1");
  CHECK(f.fs->rename("c", "b").error().code() == Errc::not_found);
  REQUIRE(f.fs->make_directories("d/e"));
  f.put("d/e/file", "3");
  REQUIRE(f.fs->rename("d", "g"));
  CHECK(f.disk.contents("g/e/file") == "3");
  CHECK(f.fs->remove("g").error().message() == "remove g: Directory not empty");
  CHECK(f.fs->remove("d").error().code() == Errc::not_found);
  CHECK(f.fs->rename("b", "g").error().message() == "rename b to g: Directory not empty");
  REQUIRE(f.fs->remove("g/e/file"));
  REQUIRE(f.fs->remove("g/e"));
  CHECK(f.fs->rename("b", "g").error().message() == "rename b to g: Is a directory");
  CHECK(f.fs->sync_directory("none").error().code() == Errc::io);
}

TEST_CASE("a full disk takes what fits and says so; removing makes room") {
  DiskFixture f(1, {.capacity = {1000}});
  f.put("old", std::string(600, 'o'));
  auto file = f.open("new");
  const auto full = file->write_at(0, std::string(500, 'n'));
  REQUIRE_FALSE(full);
  CHECK(full.error() == Error(Errc::out_of_space, "write new: No space left on device"));
  CHECK(*file->size() == 400);
  CHECK(file->allocate(401).error().code() == Errc::out_of_space);
  CHECK(file->truncate(401).error().code() == Errc::out_of_space);
  REQUIRE(file->write_at(0, "overwriting needs no room"));
  CHECK(f.disk.used() == ByteSize{1000});
  REQUIRE(f.fs->remove("old"));
  CHECK(f.disk.used() == ByteSize{400});
  REQUIRE(file->write_at(400, std::string(500, 'n')));
  f.disk.set_capacity({900});
  CHECK_FALSE(file->write_at(900, "x"));
}

TEST_CASE("a lock excludes other Files, of this process and of others, until it goes") {
  DiskFixture f;
  const auto other_process = f.disk.mount(f.clock);
  auto first = f.open("lock");
  auto second = std::move(*other_process->open("lock", OpenMode::read_write));
  REQUIRE(*first->try_lock());
  CHECK(*first->try_lock());
  CHECK_FALSE(*second->try_lock());
  CHECK(second->lock().error().message() ==
        "lock lock: another File holds it while its task is suspended, so this would never end");
  first->unlock();
  REQUIRE(second->lock());
  CHECK_FALSE(*first->try_lock());
  second.reset();
  CHECK(*first->try_lock());
  REQUIRE(first->close());
  CHECK(first->try_lock().error().message() ==
        "lock lock: Bad file descriptor (the file is closed)");
}

TEST_CASE("a bit that rots on the disk is seen by readers and survives") {
  DiskFixture f;
  f.put("a", "abc");
  REQUIRE(f.disk.flip_bit("a", 1, 0));
  CHECK(f.disk.contents("a") == "acc");
  f.disk.crash(1);
  CHECK(f.disk.contents("a") == "acc");
  CHECK(f.disk.flip_bit("a", 3, 0).error().message() == "flip_bit a: there is no byte 3");
  CHECK(f.disk.flip_bit("b", 0, 0).error().code() == Errc::not_found);
}
