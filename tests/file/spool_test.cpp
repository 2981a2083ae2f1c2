// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/spool.hpp"

#include <algorithm>

#include "catch.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;
using namespace millrace::file;

namespace {

using Strings = std::vector<std::string>;

SpoolDirectory directory_of(Env& env, const std::string& owner = "sink") {
  SpoolDirectory directory("/spool", owner);
  directory.open(env).value();
  return directory;
}

Strings read(const SpoolDirectory& directory, const SpoolMark& mark) {
  Strings all;
  SpoolReader reader = SpoolReader::open(directory, mark).value();
  for (std::string_view record; reader.next(record).value();) all.emplace_back(record);
  return all;
}

std::string failure(const SpoolDirectory& directory, const SpoolMark& mark) {
  auto reader = SpoolReader::open(directory, mark);
  if (!reader) return reader.error().message();
  std::string_view record;
  for (;;) {
    const Result<bool> more = reader->next(record);
    if (!more) return more.error().message();
    if (!*more) return "no failure";
  }
}

}  // namespace

TEST_CASE("what was packed is unpacked, and damaged bytes are known") {
  std::string bytes;
  Packer(bytes)
      .number(0)
      .number(300)
      .text(std::string_view("a\0b", 3))
      .number(~std::uint64_t{0})
      .text("");
  Unpacker good(bytes);
  CHECK(good.number() == 0);
  CHECK(good.number() == 300);
  CHECK(good.text() == std::string_view("a\0b", 3));
  CHECK(good.number() == ~std::uint64_t{0});
  CHECK(good.text().empty());
  CHECK(good.done());
  CHECK(good.number() == 0);
  CHECK_FALSE(good.good());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Unpacker cut(std::string_view(bytes).substr(0, size));
    for (int i = 0; i < 2; ++i) (void)cut.number();
    (void)cut.text(), (void)cut.number(), (void)cut.text();
    CHECK_FALSE(cut.good());
  }
  Unpacker many("\xFF\x7F");
  CHECK(many.count() == 0);
  CHECK_FALSE(many.good());
}

TEST_CASE("records are read back up to a mark, whatever was written behind it") {
  sim::Env sim;
  SpoolDirectory directory = directory_of(sim.env());
  Spool spool;
  spool.append({"one"});
  spool.append({"t", "w", "o"});
  spool.append({""});
  CHECK(spool.pending() == 18);
  spool.sync(directory).value();
  const SpoolMark first = spool.mark();
  spool.append({std::string(700'000, 'x')});
  spool.write(directory).value();
  CHECK(read(directory, first) == Strings{"one", "two", ""});
  CHECK(read(directory, spool.mark()) == Strings{"one", "two", "", std::string(700'000, 'x')});
}

TEST_CASE("after a restart a spool goes on behind its mark") {
  sim::Disk disk(1);
  SpoolMark mark;
  {
    sim::Env sim({.seed = 5}, disk);
    SpoolDirectory directory = directory_of(sim.env());
    Spool spool;
    spool.append({"kept"});
    spool.sync(directory).value();
    directory.sync().value();
    mark = spool.mark();
    spool.append({"written after the mark"});
    spool.write(directory).value();
    sim.crash();
  }
  sim::Env sim({.seed = 5}, disk);
  SpoolDirectory directory = directory_of(sim.env());
  directory.keep_only({mark}).value();
  Spool spool(mark);
  spool.append({"new"});
  spool.sync(directory).value();
  spool.close().value();
  spool.append({"newer"});
  spool.sync(directory).value();
  CHECK(read(directory, spool.mark()) == Strings{"kept", "new", "newer"});
}

TEST_CASE("nothing written is no file, and reads as nothing") {
  sim::Env sim;
  SpoolDirectory directory = directory_of(sim.env());
  Spool spool;
  spool.sync(directory).value();
  CHECK(spool.empty());
  CHECK(spool.mark() == SpoolMark{});
  CHECK(read(directory, spool.mark()).empty());
  CHECK(sim.env().fs.list("/spool").value() == Strings{"sink.lock"});
}

TEST_CASE("only the owner's spools are dropped, and those kept are looked for") {
  sim::Env sim;
  SpoolDirectory mine = directory_of(sim.env());
  SpoolDirectory theirs = directory_of(sim.env(), "sink.2");
  Spool a, b, c;
  for (Spool* spool : {&a, &b}) {
    spool->append({"mine"});
    spool->sync(mine).value();
  }
  c.append({"theirs"});
  c.sync(theirs).value();
  mine.keep_only({a.mark()}).value();
  CHECK(read(mine, a.mark()) == Strings{"mine"});
  CHECK(read(theirs, c.mark()) == Strings{"theirs"});
  CHECK(failure(mine, b.mark()).find("is gone, and a checkpoint lists it") != std::string::npos);
  CHECK(mine.keep_only({b.mark()}).error().code() == Errc::not_found);
  SpoolMark longer = c.mark();
  longer.size = 100;
  CHECK(theirs.keep_only({longer}).error().message().find(
            "has 10 bytes where the checkpoint says 100") != std::string::npos);
  theirs.remove({c.mark(), c.mark()}).value();
}

TEST_CASE("an owner's name is taken by one at a time") {
  sim::Env sim;
  SpoolDirectory first = directory_of(sim.env());
  SpoolDirectory second("/spool", "sink");
  const Result<void> opened = second.open(sim.env());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == Errc::conflict);
  CHECK(opened.error().message().find("another sink keeps its spools under this name") !=
        std::string::npos);
}

TEST_CASE("each flipped bit of a spool is found") {
  sim::Env sim;
  SpoolDirectory directory = directory_of(sim.env());
  Spool spool;
  for (const char* record : {"one", "two", "three"}) spool.append({record});
  spool.sync(directory).value();
  const std::string path = directory.path_of(spool.mark());
  for (std::uint64_t at = 0; at < spool.mark().size; ++at)
    for (unsigned bit = 0; bit < 8; ++bit) {
      sim.disk().flip_bit(path, at, bit).value();
      const std::string found = failure(directory, spool.mark());
      CHECK(found.find("spool " + path + ": ") == 0);
      CHECK(found.find("restore the file from a copy") != std::string::npos);
      sim.disk().flip_bit(path, at, bit).value();
    }
  CHECK(failure(directory, spool.mark()) == "no failure");
}

TEST_CASE("a full disk loses nothing: the write comes again") {
  sim::Env sim;
  SpoolDirectory directory = directory_of(sim.env());
  Spool spool;
  spool.append({"one"});
  sim.disk().inject(
      {.call = sim::FileCall::open, .fault = sim::FileFault::out_of_space, .at_call = 1});
  CHECK(spool.sync(directory).error().code() == Errc::out_of_space);
  sim.disk().heal();
  spool.sync(directory).value();
  spool.append({std::string(100'000, 'x')});
  sim.disk().inject({.call = sim::FileCall::write, .fault = sim::FileFault::partial, .at_call = 1});
  CHECK_FALSE(spool.write(directory));
  sim.disk().heal();
  spool.append({"three"});
  spool.sync(directory).value();
  CHECK(read(directory, spool.mark()) == Strings{"one", std::string(100'000, 'x'), "three"});
}

TEST_CASE("what a mark holds survives power loss at any moment after it") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    sim::Disk disk(seed, {.model = seed % 2 ? sim::DiskModel::strict : sim::DiskModel::ext4});
    SpoolMark mark;
    Strings expected;
    for (int life = 0; life < 4; ++life) {
      sim::Env sim({.seed = rng.next()}, disk);
      SpoolDirectory directory = directory_of(sim.env());
      if (mark.size != 0) directory.keep_only({mark}).value();
      REQUIRE(read(directory, mark) == expected);
      Spool spool(mark);
      Strings written = expected;
      for (std::uint64_t n = rng.below(8); n != 0; --n) {
        written.push_back(std::string(rng.below(2'000), static_cast<char>('a' + rng.below(26))));
        spool.append({written.back()});
        if (rng.below(2) == 0) spool.write(directory).value();
        if (rng.below(3) != 0) continue;
        spool.sync(directory).value();
        directory.sync().value();
        mark = spool.mark();
        expected = written;
      }
      sim.crash();
    }
  }
}
