// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "counted_new.hpp"
#include "driver.hpp"
#include "millrace/firehose/delivery.hpp"

using namespace millrace;

namespace {

struct Count {
  long warm_up = 0;
  long counted = 0;
};

Task<> write(firehose::Delivery& delivery, const Batch<Message>& batch, Context& cx, Count& count) {
  constexpr int batches = 4'000;  // of 256 records: 18 objects of 5 MiB
  for (int i = 0; i < batches; ++i) co_await delivery.write(batch, cx);
  count.warm_up = allocations;
  for (int i = 0; i < batches; ++i) co_await delivery.write(batch, cx);
  count.counted = allocations - count.warm_up;
}

}  // namespace

TEST_CASE("after warm-up a million records are delivered without operator new but for names") {
  Driver driver;
  firehose::Delivery delivery(firehose::NullDestination{});
  const std::string record(100, 'r');
  Batch<Message> batch(256);
  while (!batch.full()) batch.push_back({Text(record)}, Timestamp());
  Count count;
  driver.run(write(delivery, batch, driver.cx, count));
  const auto objects = static_cast<long>(delivery.metrics()->delivered_objects.get());
  CHECK(objects == 39);
  INFO(count.counted << " allocations");
  CHECK(count.counted <= 10 * objects);
}
