// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "counted_new.hpp"
#include "driver.hpp"
#include "millrace/file/csv.hpp"

using namespace millrace;

TEST_CASE("a CSV source allocates nothing a row once it is warm") {
  Driver driver;
  std::string bytes = "id,city\n";
  for (int i = 0; i < 200'000; ++i) bytes += std::to_string(i) + ",\"Dublin, OH\"\n";
  driver.put("/a.csv", bytes);
  auto source = file::csv("/a.csv");
  Batch<csv::Row> batch;
  std::uint64_t rows = 0;
  long warm = 0;
  std::uint64_t reads = 0;
  for (ReadStatus status = ReadStatus::more; status != ReadStatus::end; ++reads) {
    batch.clear();
    status = driver.run(source.read(batch, driver.cx));
    rows += batch.size();
    if (reads == 100) warm = allocations;
  }
  CHECK(rows == 200'000);
  // The driver spawns a task a read and the simulation queues it; the rows cost nothing.
  CHECK(static_cast<double>(allocations - warm) / static_cast<double>(reads - 101) < 8);
}
