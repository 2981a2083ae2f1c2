// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/lines.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "driver.hpp"
#include "millrace/runtime/real_env.hpp"

using namespace millrace;

namespace {

using Lines = std::vector<std::string>;

std::string text(const Message& message) { return message.data.str(); }

// Lines of many lengths, some longer than an arena.
std::string many_lines(std::uint64_t seed, Lines& lines) {
  SeededRng rng(seed);
  std::string bytes;
  for (int i = 0; i < 400; ++i) {
    const std::uint64_t size = rng.below(50) == 0 ? rng.below(200'000) : rng.below(3000);
    lines.push_back(std::string(size, static_cast<char>('a' + i % 26)) + std::to_string(i));
    bytes += lines.back() + "\n";
  }
  return bytes;
}

}  // namespace

TEST_CASE("the lines of a file come in order, the last one also without a line break") {
  Driver driver;
  driver.put("/in.txt", "one\ntwo\r\n\nlast");
  auto source = file::lines("/in.txt");
  CHECK(driver.read(source, text) == Lines{"one", "two", "", "last"});
}

TEST_CASE("an empty file has no lines") {
  Driver driver;
  driver.put("/in.txt", "");
  auto source = file::lines("/in.txt");
  CHECK(driver.read(source, text).empty());
}

TEST_CASE("lines that straddle arenas or are longer than one come whole") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    Driver driver;
    Lines lines;
    driver.put("/in.txt", many_lines(seed, lines));
    auto source = file::lines("/in.txt");
    CHECK(driver.read(source, text) == lines);
  }
}

TEST_CASE("a source resumed at any position goes on with the next line") {
  Driver driver(7);
  Lines lines;
  driver.put("/in.txt", many_lines(9, lines));
  for (std::size_t batches = 0; batches < 60; batches += 7) {
    auto first = file::lines("/in.txt");
    CHECK(first.position().empty());
    Lines all = driver.read(first, text, batches);
    auto second = file::lines("/in.txt");
    if (batches > 0) second.resume(first.position());
    if (batches > 0) CHECK(second.position() == first.position());
    const Lines rest = driver.read(second, text);
    all.insert(all.end(), rest.begin(), rest.end());
    CHECK(all == lines);
  }
}

TEST_CASE("text of a batch lives as long as the batch") {
  Driver driver(64);
  Lines lines;
  driver.put("/in.txt", many_lines(3, lines));
  std::vector<Batch<Message>> batches;
  auto source = file::lines("/in.txt");
  for (ReadStatus status = ReadStatus::more; status != ReadStatus::end;) {
    batches.emplace_back(64);
    status = driver.run(source.read(batches.back(), driver.cx));
  }
  Lines all;
  for (const auto& batch : batches)
    for (std::uint32_t i = 0; i < batch.size(); ++i) all.push_back(text(batch[i]));
  CHECK(all == lines);
}

TEST_CASE("a file that is not there, a position past its end or of another source: each says so") {
  Driver driver;
  Batch<Message> batch;
  auto missing = file::lines("/no.txt");
  CHECK(driver.failure(missing.read(batch, driver.cx)).find("open /no.txt: No such file") == 0);
  driver.put("/in.txt", "one\n");
  auto cut = file::lines("/in.txt");
  cut.resume({"5"});
  CHECK(driver.failure(cut.read(batch, driver.cx)) ==
        "/in.txt: the position is byte 5, but the file has 4: it is another file, or it was cut");
  for (const char* token : {"shard-1", "-1", "4 ", "99999999999999999999"}) {
    auto foreign = file::lines("/in.txt");
    foreign.resume({token});
    CHECK(driver.failure(foreign.read(batch, driver.cx)) ==
          "/in.txt: the position \"" + std::string(token) +
              "\" is not a byte offset; it is another source's");
  }
}

TEST_CASE("a line longer than max_record is an error that names file, line and byte") {
  Driver driver;
  driver.put("/in.txt", "one\ntwo\n" + std::string(200'000, 'x') + "\n");
  auto source = file::lines("/in.txt", {.max_record = ByteSize{1000}});
  Batch<Message> batch;
  CHECK(driver.run(source.read(batch, driver.cx)) == ReadStatus::more);
  CHECK(batch.size() == 2);
  CHECK(driver.failure(source.read(batch, driver.cx)) ==
        "/in.txt:3 (byte 8): a line longer than max_record, 1000 bytes; is it a text file? Else "
        "raise ReadOptions");
}

TEST_CASE("a read error of the disk is the source's error") {
  Driver driver;
  driver.put("/in.txt", "one\n");
  driver.sim.disk().inject(
      {.call = sim::FileCall::read, .fault = sim::FileFault::io, .at_call = 1});
  auto source = file::lines("/in.txt");
  Batch<Message> batch;
  CHECK(driver.failure(source.read(batch, driver.cx)).find("read /in.txt: ") == 0);
}

TEST_CASE("an error of what was read ahead comes behind the lines before it") {
  for (const std::uint64_t call : {17u, 20u}) {
    Driver driver;
    Lines lines;
    driver.put("/in.txt", many_lines(call, lines));
    driver.sim.disk().inject(
        {.call = sim::FileCall::read, .fault = sim::FileFault::io, .at_call = call});
    auto source = file::lines("/in.txt");
    Batch<Message> batch;
    Lines seen;
    const auto read = [&]() -> Task<ReadStatus> {
      batch.clear();
      return source.read(batch, driver.cx);
    };
    std::string failure = "no failure";
    for (int i = 0; i < 1000 && failure == "no failure"; ++i) {
      failure = driver.failure(read());
      if (failure == "no failure")
        for (std::uint32_t k = 0; k < batch.size(); ++k) seen.push_back(text(batch[k]));
    }
    CHECK(failure.find("read /in.txt: ") == 0);
    CHECK(seen.size() > 50);
    REQUIRE(seen.size() < lines.size());
    CHECK(std::equal(seen.begin(), seen.end(), lines.begin()));
  }
}

TEST_CASE("a source may go while more of its file is being read") {
  std::string directory =
      (std::filesystem::temp_directory_path() / "millrace-lines-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()));
  const std::string path = directory + "/in.txt";
  std::ofstream(path) << std::string(4 << 20, '\n');
  RealEnv real;
  StopFlag stop;
  ArenaPool arenas;
  const std::shared_ptr<Strand> strand = real.env().scheduler.make_strand();
  Context cx(real.env(), *strand, stop, arenas, "step");
  int read = 0;
  const auto some = [&]() -> Task<> {
    auto source = file::lines(path);
    Batch<Message> batch;
    for (int i = 0; i < 3; ++i, batch.clear())
      if (co_await source.read(batch, cx) == ReadStatus::more) ++read;
  };
  for (int i = 0; i < 50; ++i) real.env().scheduler.spawn(strand, some());
  real.run();
  CHECK(read == 150);
  std::filesystem::remove_all(directory);
}
