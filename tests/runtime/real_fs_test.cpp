// SPDX-License-Identifier: BSL-1.0
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "catch.hpp"
#include "millrace/core/file.hpp"
#include "millrace/runtime/real_env.hpp"

using namespace millrace;
using Strings = std::vector<std::string>;

namespace {

struct Fixture {
  Fixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-fs-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    dir = pattern;
  }
  ~Fixture() { std::filesystem::remove_all(dir); }
  std::string at(const std::string& name) const { return dir + '/' + name; }
  std::unique_ptr<File> open(const std::string& name, OpenMode mode = OpenMode::create) {
    auto file = fs.open(at(name), mode);
    if (!file) FAIL(file.error().message());
    return std::move(*file);
  }

  RealEnv real;
  Fs& fs = real.env().fs;
  std::string dir;
};

unsigned mode_of(const std::string& path) {
  struct stat st;
  REQUIRE(::stat(path.c_str(), &st) == 0);
  return st.st_mode & 0777u;
}

}  // namespace

TEST_CASE("a real file reads back what was written, and zeros in holes") {
  Fixture f;
  auto file = f.open("a");
  REQUIRE(file->write_at(4, "efg"));
  REQUIRE(file->write_at(0, "ab"));
  REQUIRE(file->sync());
  std::string out(10, '?');
  CHECK(*file->read_at(0, out) == 7);
  CHECK(out == std::string("ab\0\0efg???", 10));
  CHECK(*file->read_at(100, out) == 0);
  REQUIRE(file->truncate(3));
  REQUIRE(file->allocate(0));
  CHECK(*file->size() == 3);
  REQUIRE(file->allocate(5000));
  CHECK(*file->size() == 5000);
  REQUIRE(file->allocate(10));
  CHECK(*file->size() == 5000);
  REQUIRE(file->close());
  CHECK(file->write_at(0, "x").error() ==
        Error(Errc::io, "write " + f.at("a") + ": Bad file descriptor"));
  CHECK(file->size().error().code() == Errc::io);
}

TEST_CASE("files and directories are made for their owner alone") {
  Fixture f;
  f.open("a");
  REQUIRE(f.fs.make_directories(f.at("x/y//z/")));
  REQUIRE(f.fs.make_directories(f.at("x/y/z")));
  CHECK(mode_of(f.at("a")) == 0600);
  CHECK(mode_of(f.at("x/y")) == 0700);
  CHECK(f.fs.make_directories(f.at("a/b")).error() ==
        Error(Errc::io, "mkdir " + f.at("a") + ": Not a directory"));
}

TEST_CASE("open modes of the real file system keep their promises") {
  Fixture f;
  CHECK(f.fs.open(f.at("a"), OpenMode::read).error() ==
        Error(Errc::not_found, "open " + f.at("a") + ": No such file or directory"));
  CHECK(f.fs.open(f.at("a"), OpenMode::read_write).error().code() == Errc::not_found);
  f.open("a", OpenMode::create_new);
  CHECK(f.fs.open(f.at("a"), OpenMode::create_new).error() ==
        Error(Errc::already_exists, "open " + f.at("a") + ": File exists"));
  CHECK_FALSE(f.open("a", OpenMode::read)->write_at(0, "x"));
  CHECK(f.fs.open(f.dir, OpenMode::read).error().message() == "open " + f.dir + ": Is a directory");
}

TEST_CASE("a symbolic link is refused, and a pipe does not hang") {
  Fixture f;
  f.open("a");
  std::filesystem::create_symlink(f.at("a"), f.at("link"));
  CHECK(f.fs.open(f.at("link"), OpenMode::read).error() ==
        Error(Errc::io, "open " + f.at("link") + ": it is a symbolic link, which is not followed"));
  REQUIRE(::mkfifo(f.at("pipe").c_str(), 0600) == 0);
  auto pipe = f.open("pipe", OpenMode::read);
  char out[1];
  CHECK(pipe->read_at(0, out).error().message() == "read " + f.at("pipe") + ": Illegal seek");
}

TEST_CASE("names of the real file system are listed, moved and removed") {
  Fixture f;
  for (const char* name : {"b", "a", ".hidden"}) f.open(name);
  REQUIRE(f.fs.make_directories(f.at("d")));
  CHECK(*f.fs.list(f.dir) == Strings{".hidden", "a", "b", "d"});
  CHECK(f.fs.list(f.at("none")).error().code() == Errc::not_found);
  CHECK(f.fs.rename_new(f.at("a"), f.at("b")).error() ==
        Error(Errc::already_exists,
              "rename_new " + f.at("a") + " to " + f.at("b") + ": File exists"));
  REQUIRE(f.fs.rename_new(f.at("a"), f.at("c")));
  REQUIRE(f.fs.rename(f.at("c"), f.at("b")));
  CHECK(f.fs.rename(f.at("c"), f.at("b")).error().code() == Errc::not_found);
  REQUIRE(f.fs.sync_directory(f.dir));
  CHECK_FALSE(f.fs.sync_directory(f.at("none")));
  f.open("d/x");
  CHECK(f.fs.remove(f.at("d")).error() ==
        Error(Errc::io, "remove " + f.at("d") + ": Directory not empty"));
  REQUIRE(f.fs.remove(f.at("d/x")));
  REQUIRE(f.fs.remove(f.at("d")));
  CHECK(f.fs.remove(f.at("d")).error().code() == Errc::not_found);
}

TEST_CASE("info says what there is, and nothing when there is nothing") {
  Fixture f;
  REQUIRE(f.open("a")->write_at(0, "123"));
  const auto info = *f.fs.info(f.at("a"));
  REQUIRE(info.has_value());
  CHECK(info->size == 3);
  CHECK_FALSE(info->is_directory);
  const Duration age = f.real.env().clock.wall() - info->modified;
  CHECK(age < std::chrono::hours(1));
  CHECK(age > -std::chrono::hours(1));
  CHECK((*f.fs.info(f.dir))->is_directory);
  CHECK_FALSE(f.fs.info(f.at("none"))->has_value());
  CHECK_FALSE(f.fs.info(f.at("a/b"))->has_value());
}

TEST_CASE("a full device is out of space") {
  Fixture f;
  auto full = f.fs.open("/dev/full", OpenMode::read_write);
  REQUIRE(full);
  CHECK((*full)->write_at(0, "x").error() ==
        Error(Errc::out_of_space, "write /dev/full: No space left on device"));
}

TEST_CASE("a write past the file size limit fails and leaves what fitted") {
  Fixture f;
  auto file = f.open("a");
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = 1000;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto written = file->write_at(0, std::string(2000, 'x'));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, old_handler);
  CHECK(written.error() == Error(Errc::io, "write " + f.at("a") + ": File too large"));
  CHECK(*file->size() == 1000);
}

TEST_CASE("a directory that may not be written refuses new files") {
  Fixture f;
  if (::geteuid() == 0) {
    // Root may write anywhere but here.
    CHECK(f.fs.open("/proc/millrace", OpenMode::create).error().code() != Errc::already_exists);
    CHECK(f.fs.make_directories("/proc/millrace/x")
              .error()
              .message()
              .starts_with("mkdir /proc/millrace: "));
    return;
  }
  REQUIRE(f.fs.make_directories(f.at("d")));
  REQUIRE(::chmod(f.at("d").c_str(), 0500) == 0);
  CHECK(f.fs.open(f.at("d/a"), OpenMode::create).error() ==
        Error(Errc::io, "open " + f.at("d/a") + ": Permission denied"));
  CHECK(f.fs.make_directories(f.at("d/x")).error().message() ==
        "mkdir " + f.at("d/x") + ": Permission denied");
}

TEST_CASE("a sync that the system refuses poisons the File") {
  Fixture f;
  auto null = std::move(*f.fs.open("/dev/null", OpenMode::read_write));
  CHECK(null->sync().error() == Error(Errc::io, "sync /dev/null: Invalid argument"));
  const std::string reason =
      "write /dev/null: an earlier sync failed, so what was written may be lost; open it again";
  CHECK(null->write_at(0, "x").error() == Error(Errc::io, reason));
  CHECK_FALSE(null->sync());
  CHECK_FALSE(null->truncate(0));
  CHECK_FALSE(null->allocate(1));
}

TEST_CASE("a lock excludes other Files of this process") {
  Fixture f;
  auto first = f.open("lock");
  auto second = f.open("lock");
  REQUIRE(first->lock());
  CHECK_FALSE(*second->try_lock());
  first->unlock();
  CHECK(*second->try_lock());
  second.reset();
  CHECK(*first->try_lock());
}

TEST_CASE("a lock excludes other processes, and ends with them") {
  Fixture f;
  auto file = f.open("lock");
  int to_child[2];
  int to_parent[2];
  REQUIRE(::pipe(to_child) == 0);
  REQUIRE(::pipe(to_parent) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // Its own open file description: it opens the file again.
    auto mine = f.fs.open(f.at("lock"), OpenMode::read_write);
    char byte = mine && (*mine)->lock() ? 'L' : 'E';
    if (::write(to_parent[1], &byte, 1) != 1) ::_exit(1);
    if (::read(to_child[0], &byte, 1) != 1) ::_exit(2);
    ::_exit(0);
  }
  char byte = 0;
  REQUIRE(::read(to_parent[0], &byte, 1) == 1);
  CHECK(byte == 'L');
  CHECK_FALSE(*file->try_lock());
  REQUIRE(::write(to_child[1], "x", 1) == 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(*file->try_lock());
  for (const int fd : {to_child[0], to_child[1], to_parent[0], to_parent[1]}) ::close(fd);
}
