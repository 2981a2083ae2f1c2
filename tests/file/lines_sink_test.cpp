// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/lines_sink.hpp"

#include "catch.hpp"
#include "driver.hpp"

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
  CHECK(driver.sim.disk().contents("/out/rows.txt") == "one\n\nthree\none\n\nthree\n");
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

TEST_CASE("a full disk fails the write with the file's name") {
  Driver driver;
  file::LinesSink sink("/out.txt");
  driver.run(sink.flush(driver.cx));
  driver.sim.disk().set_capacity({driver.sim.disk().used().bytes});
  const std::vector<std::string> rows = {"one"};
  const auto batch = batch_of(rows);
  CHECK(driver.failure(sink.write(batch, driver.cx)) == "write /out.txt: No space left on device");
}
