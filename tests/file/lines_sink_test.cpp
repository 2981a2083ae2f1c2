// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/lines_sink.hpp"

#include "catch.hpp"
#include "driver.hpp"
#include "two_phase.hpp"

using namespace millrace;

namespace {

Batch<Message> batch_of(const std::vector<std::string>& rows) {
  Batch<Message> batch(16);
  for (const std::string& row : rows) batch.push_back({Text(row)}, Timestamp());
  return batch;
}

}  // namespace

TEST_CASE("each message becomes a line, in order") {
  Driver driver;
  file::LinesSink sink("/out/rows.txt");
  const std::vector<std::string> rows = {"one", "", "three"};
  const auto batch = batch_of(rows);
  driver.run(sink.write(batch, driver.cx));
  driver.run(sink.write(batch, driver.cx));
  driver.run(sink.flush(driver.cx));
  CHECK(driver.sim.disk().contents("/out/rows.txt") == "one\n\nthree\none\n\nthree\n");
}

TEST_CASE("lines are in the file once there are 64 KiB of them, or none come for a while") {
  Driver driver;
  file::LinesSink sink("/out.txt");
  const std::vector<std::string> rows = {std::string(40'000, 'x')};
  const auto batch = batch_of(rows);
  const auto size = [&] { return driver.sim.disk().contents("/out.txt").value_or("").size(); };
  driver.run(sink.write(batch, driver.cx));
  CHECK(size() == 0);
  driver.run(sink.write(batch, driver.cx));
  CHECK(size() == 80'002);
  driver.run(sink.write(batch, driver.cx));
  CHECK(size() == 80'002);
  driver.run(sink.tick(driver.cx));
  CHECK(size() == 120'003);
}

TEST_CASE("a flush without a record leaves an empty file") {
  Driver driver;
  file::LinesSink sink("/out.txt");
  driver.run(sink.flush(driver.cx));
  CHECK(driver.sim.disk().contents("/out.txt") == "");
}

TEST_CASE("what was flushed survives power loss, and what follows begins on a new line") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Driver driver;
    const std::vector<std::string> kept = {"kept"};
    const std::vector<std::string> lost = {std::string(700, 'x'), std::string(700, 'y')};
    const auto flushed = batch_of(kept);
    const auto open = batch_of(lost);
    {
      file::LinesSink sink("/out.txt");
      driver.run(sink.write(flushed, driver.cx));
      driver.run(sink.flush(driver.cx));
      driver.run(sink.write(open, driver.cx));
      driver.run(sink.tick(driver.cx));
    }
    driver.sim.disk().crash(seed);
    file::LinesSink sink("/out.txt");
    driver.run(sink.write(flushed, driver.cx));
    driver.run(sink.flush(driver.cx));
    const std::string now = driver.sim.disk().contents("/out.txt").value();
    CHECK(now.starts_with("kept\n"));
    CHECK(now.ends_with("\nkept\n"));
  }
}

TEST_CASE("a full disk fails the flush with the file's name") {
  Driver driver;
  file::LinesSink sink("/out.txt");
  driver.run(sink.flush(driver.cx));
  driver.sim.disk().set_capacity({driver.sim.disk().used().bytes});
  const std::vector<std::string> rows = {"one"};
  const auto batch = batch_of(rows);
  driver.run(sink.write(batch, driver.cx));
  CHECK(driver.failure(sink.flush(driver.cx)) == "write /out.txt: No space left on device");
}

namespace {

using two_phase::Mutant;
using two_phase::Strings;

/// The whole lines; power loss may leave others at the end, until the next start.
Strings lines_of(const sim::Disk& disk) {
  Strings lines;
  const std::string text = disk.contents("/out/rows.txt").value_or("");
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != text.npos; begin = end + 1)
    if (end == begin + 101 && text[begin] == '<' && text[end - 1] == '>')
      lines.push_back(text.substr(begin, end - begin));
  return lines;
}

two_phase::Verdict run(std::uint64_t seed, Mutant mutant = Mutant::none) {
  const auto records = [texts = std::vector<std::string>()](int from, int to) mutable {
    texts.clear();
    for (int i = from; i < to; ++i)
      texts.push_back("<" + std::string(95, 'x') + std::to_string(1000 + i) + ">");
    return batch_of(texts);
  };
  const auto make = [](Env&) { return file::LinesSink("/out/rows.txt", Guarantee::exactly_once); };
  const auto see = [](sim::Env& sim) { return lines_of(sim.disk()); };
  return two_phase::Run({.seed = seed, .mutant = mutant}, make, records, see)();
}

}  // namespace

TEST_CASE(
    "exactly once: lines are there with the commit, and a commit that comes again adds none") {
  Driver driver;
  file::LinesSink sink("/out/rows.txt", Guarantee::exactly_once);
  REQUIRE(sink.two_phase());
  driver.run(sink.abort(driver.cx));
  const std::vector<std::string> rows = {"one", "two"};
  const auto batch = batch_of(rows);
  driver.run(sink.write(batch, driver.cx));
  driver.run(sink.flush(driver.cx));
  const Committable first = driver.run(sink.prepare(1, driver.cx));
  driver.run(sink.write(batch, driver.cx));
  const Committable second = driver.run(sink.prepare(2, driver.cx));
  CHECK(driver.sim.disk().contents("/out/rows.txt") == "");
  for (const Committable& each : {first, second, first, second})
    driver.run(sink.commit(each, driver.cx));
  CHECK(driver.sim.disk().contents("/out/rows.txt") == "one\ntwo\none\ntwo\n");
  CHECK(driver.run(sink.prepare(3, driver.cx)).bytes.empty());
}

TEST_CASE("exactly once: whatever a process dies of, each line is there once and stays") {
  int deaths = 0, checkpoints = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const two_phase::Verdict verdict = run(seed);
    INFO("seed " << seed << ": " << verdict.wrong);
    CHECK(verdict.wrong.empty());
    deaths += verdict.deaths;
    checkpoints += verdict.checkpoints;
  }
  CHECK(deaths >= 500);
  CHECK(checkpoints >= 500);
}

TEST_CASE("exactly once: a protocol that is broken is found out") {
  for (const Mutant mutant : {Mutant::commits_before_decision, Mutant::spools_not_synced,
                              Mutant::undecided_not_listed_again}) {
    INFO("mutant " << static_cast<int>(mutant));
    CHECK(two_phase::found(40, [&](std::uint64_t seed) { return run(seed, mutant); }) > 0);
  }
}

TEST_CASE("exactly once: a file that was made shorter is refused, with both sizes") {
  Driver driver;
  file::LinesSink sink("/out.txt", Guarantee::exactly_once);
  driver.run(sink.abort(driver.cx));
  const std::vector<std::string> rows = {"one"};
  const auto batch = batch_of(rows);
  driver.run(sink.write(batch, driver.cx));
  driver.run(sink.commit(driver.run(sink.prepare(1, driver.cx)), driver.cx));
  driver.run(sink.write(batch, driver.cx));
  const Committable second = driver.run(sink.prepare(2, driver.cx));
  sink = file::LinesSink("/other.txt");
  driver.sim.env().fs.open("/out.txt", OpenMode::read_write).value()->truncate(0).value();
  sink = file::LinesSink("/out.txt", Guarantee::exactly_once);
  CHECK(driver.failure(sink.commit(second, driver.cx)) ==
        "/out.txt: it has 0 bytes, and lines up to byte 4 were written; bring it back from a copy");
  CHECK(driver.failure(sink.commit({"of another"}, driver.cx)).starts_with("lines sink: "));
}
