// SPDX-License-Identifier: BSL-1.0
#include <cstdlib>
#include <new>

#include "catch.hpp"
#include "millrace/file/csv.hpp"
#include "source_driver.hpp"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

using namespace millrace;

TEST_CASE("a CSV source allocates nothing a row once it is warm") {
  Driver driver;
  std::string bytes = "id,city\n";
  for (int i = 0; i < 200'000; ++i) bytes += std::to_string(i) + ",\"Dublin, OH\"\n";
  driver.put("/a.csv", bytes);
  auto source = file::csv("/a.csv");
  Batch<csv::Row> batch;
  std::uint64_t rows = 0;
  std::size_t warm = 0;
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
