// SPDX-License-Identifier: BSL-1.0
#include <chrono>

#include "catch.hpp"
#include "delivery_fixture.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;

namespace {

DeliveryOptions by_field(std::uint32_t active_max = 500) {
  return {.prefix = "c=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy}/",
          .error_prefix = "bad/!{firehose:error-output-type}/",
          .delimiter = "\n",
          .partitioning = {.dynamic = DynamicPartitioning::on,
                           .query = "{customer: .customer_id}",
                           .active_max = active_max}};
}

std::string row(const std::string& customer, int n) {
  return "{\"customer_id\":\"" + customer + "\",\"n\":" + std::to_string(n) + "}";
}

std::vector<ErrorLine> bad(Works& works) {
  return error_lines(works.objects().bodies("bad/processing-failed/"));
}

}  // namespace

TEST_CASE("two values of a partition key give two objects") {
  Works works;
  Delivery delivery(works.store, by_field());
  works.write(delivery, {row("a", 1), row("b", 2), row("a", 3)});
  CHECK(delivery.metrics()->active_partitions.get() == 2);
  works.flush(delivery);
  CHECK(works.objects().bodies("c=a/2026/") == Strings{row("a", 1) + "\n" + row("a", 3)});
  CHECK(works.objects().bodies("c=b/2026/") == Strings{row("b", 2)});
  CHECK(works.objects().calls.size() == 2);
  CHECK(delivery.metrics()->active_partitions.get() == 0);
}

TEST_CASE("each partition has its own size and interval") {
  Works works;
  DeliveryOptions options = by_field();
  options.size = ByteSize{2 * row("a", 1).size() + 1};
  options.interval = 60s;
  Delivery delivery(works.store, options);
  works.write(delivery, {row("a", 1), row("b", 1), row("a", 2)});
  CHECK(works.objects().bodies("c=a/").size() == 1);
  CHECK(works.objects().bodies("c=b/").empty());
  works.pass(delivery, 30s);
  works.write(delivery, {row("a", 3)});
  works.pass(delivery, 31s);
  CHECK(works.objects().bodies("c=b/").size() == 1);
  CHECK(works.objects().bodies("c=a/").size() == 1);
  works.pass(delivery, 30s);
  CHECK(works.objects().bodies("c=a/").size() == 2);
}

TEST_CASE("a key that is missing, null or empty, and a record that is no JSON, fail the record") {
  Works works;
  Delivery delivery(works.store, by_field());
  const Strings rows{"{\"n\":1}", "{\"customer_id\":null}", "{\"customer_id\":\"\"}", "oops",
                     row("a", 1)};
  works.write(delivery, rows);
  works.flush(delivery);
  CHECK(works.objects().bodies("c=").size() == 1);
  const auto lines = bad(works);
  REQUIRE(lines.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(lines[i].code == "DynamicPartitioning.MetadataExtractionFailed");
    CHECK(lines[i].raw == rows[i]);
  }
  CHECK(delivery.metrics()->failed_records.get() == 4);
}

TEST_CASE("a record of a new partition past the limit fails, until one was delivered") {
  Works works;
  DeliveryOptions options = by_field(2);
  options.interval = 60s;
  Delivery delivery(works.store, options);
  works.write(delivery, {row("a", 1), row("b", 2), row("c", 3), row("a", 4)});
  CHECK(delivery.metrics()->partitions_exceeded.get() == 1);
  works.pass(delivery, 61s);
  works.write(delivery, {row("c", 5)});
  works.flush(delivery);
  CHECK(works.objects().bodies("c=c/") == Strings{row("c", 5)});
  REQUIRE(bad(works).size() == 1);
  CHECK(bad(works)[0].code == "activePartitionExceeded");
  CHECK(bad(works)[0].message == "the record is of a new partition, and 2 are active");
  CHECK(bad(works)[0].raw == row("c", 3));
}

TEST_CASE("500 partitions are active by default; the 501st record fails") {
  Works works;
  Delivery delivery(works.store, by_field());
  for (int i = 0; i < 501; ++i) works.write(delivery, {row("c" + std::to_string(i), i)});
  CHECK(delivery.metrics()->active_partitions.get() == 500);
  CHECK(delivery.metrics()->partitions_exceeded.get() == 1);
  works.flush(delivery);
  CHECK(works.objects().bodies("c=").size() == 500);
  CHECK(bad(works).size() == 1);
}

TEST_CASE("the transform's metadata are keys as well; without them its records fail") {
  Works works;
  Delivery delivery(
      works.store,
      {.prefix = "!{partitionKeyFromLambda:shop}/",
       .error_prefix = "bad/!{firehose:error-output-type}/",
       .transform = Transform([](std::span<const TransformRecord> r, TransformOutput& out) {
         for (const TransformRecord& each : r) {
           out.ok(each.id, "new " + std::string(each.data));
           if (each.data != "keyless") out.key("shop", each.data);
         }
       }),
       .partitioning = {.dynamic = DynamicPartitioning::on}});
  works.write(delivery, {"north", "keyless", "south", "north"});
  works.flush(delivery);
  CHECK(works.objects().bodies("north/") == Strings{"new northnew north"});
  CHECK(works.objects().bodies("south/") == Strings{"new south"});
  REQUIRE(bad(works).size() == 1);
  CHECK(bad(works)[0].raw == "keyless");
}

TEST_CASE("a prefix that a key makes too long fails the record") {
  Works works;
  Delivery delivery(works.store, by_field());
  works.write(delivery, {row(std::string(600, 'x'), 1)});
  works.flush(delivery);
  CHECK(bad(works).size() == 1);
  CHECK(delivery.metrics()->active_partitions.get() == 0);
}

TEST_CASE("aggregates of the producer library are taken apart, before sub-records") {
  Works works;
  const std::vector<KplRecord> members{{.partition_key = "k", .data = "one\ntwo"},
                                       {.partition_key = "k", .data = "three"}};
  const std::string aggregate = kpl_aggregate(members).value();
  Delivery delivery(works.store,
                    {.delimiter = "|", .sub_records = {.type = SubRecordType::delimited}});
  works.write(delivery, {aggregate, "four", "\xF3 no aggregate"});
  works.flush(delivery);
  CHECK(works.objects().bodies() == Strings{"one|two|three|four|\xF3 no aggregate"});
  CHECK(delivery.metrics()->incoming_records.get() == 3);
  CHECK(delivery.metrics()->records.get() == 5);
  CHECK(delivery.metrics()->delivered_records.get() == 5);
}

TEST_CASE("an aggregate stays whole when de-aggregation is off") {
  Works works;
  const std::vector<KplRecord> members{{.partition_key = "k", .data = "one"}};
  const std::string aggregate = kpl_aggregate(members).value();
  Delivery delivery(works.store, {.kpl = KplDeaggregation::off});
  works.write(delivery, {aggregate});
  works.flush(delivery);
  CHECK(works.objects().bodies() == Strings{aggregate});
}

TEST_CASE("aggregates are taken apart on the simple way and counted by their members") {
  Works works;
  const std::vector<KplRecord> members{{.partition_key = "k", .data = "one"},
                                       {.partition_key = "k", .data = "two"}};
  const std::string aggregate = kpl_aggregate(members).value();
  Delivery delivery(works.store, {.delimiter = "|"});
  works.write(delivery, {"zero", aggregate, "three"});
  works.flush(delivery);
  CHECK(works.objects().bodies() == Strings{"zero|one|two|three"});
  CHECK(delivery.metrics()->records.get() == 4);
}

TEST_CASE("JSON texts side by side become records; bytes that are none fail as they came") {
  Works works;
  Delivery delivery(works.store, {.delimiter = "\n", .sub_records = {.type = SubRecordType::json}});
  works.write(delivery, {"{\"a\":1}{\"a\":2} [3]", "{\"a\":"});
  works.flush(delivery);
  CHECK(works.objects().bodies("2026") == Strings{"{\"a\":1}\n{\"a\":2}\n[3]"});
  const auto lines = error_lines(works.objects().bodies("processing-failed/"));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].code == "MultiRecordDeaggregation.Failed");
  CHECK(lines[0].raw == "{\"a\":");
}
