// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <chrono>

#include "catch.hpp"
#include "delivery_fixture.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;

namespace {

// Fails by chance; a put that failed has stored nothing.
struct Flaky {
  std::shared_ptr<Objects> objects;
  std::shared_ptr<SeededRng> rng;
  std::uint64_t percent;
  Result<void> put(std::string_view name, std::string_view bytes) {
    if (rng->below(100) < percent) return Error(Errc::unavailable, "by chance");
    return objects->put(name, bytes);
  }
};

// Each kind of misbehaviour of a transform, by the record's number and by chance.
struct Moody {
  std::shared_ptr<SeededRng> rng;

  Task<> operator()(std::span<const TransformRecord> records, TransformOutput& out, Context& cx) {
    if (rng->below(5) == 0) throw std::runtime_error("a bad day");
    if (rng->below(5) == 0) (void)co_await cx.sleep_for(std::chrono::minutes(2));
    if (rng->below(10) == 0) out.add(records[0].id, "garbage", {});
    for (const TransformRecord& each : records) {
      const std::uint64_t mood = rng->below(20);
      if (mood == 0) continue;
      if (mood == 1) {
        out.failed(each.id);
      } else {
        out.ok(each.id, each.data);
        if (mood != 2) out.key("shard", each.data.substr(0, 1));
        if (mood == 3) out.ok(each.id, each.data);
      }
    }
  }
};

void add_lines(Strings& all, const std::string& body) {
  std::size_t begin = 0;
  for (std::size_t end; (end = body.find('\n', begin)) != std::string::npos; begin = end + 1)
    all.push_back(body.substr(begin, end - begin));
}

}  // namespace

TEST_CASE("whatever fails, each record is delivered or kept by an error object, once") {
  const std::uint64_t seed = GENERATE(range(1, 61));
  INFO("seed " << seed);
  Works works;
  auto rng = std::make_shared<SeededRng>(seed);
  const std::uint64_t percent = rng->below(2) == 0 ? 30 : 90;
  Delivery delivery(Flaky{works.store.objects, rng, percent},
                    {.size = ByteSize{50 + rng->below(500)},
                     .interval = std::chrono::seconds(rng->below(100)),
                     .prefix = "to/!{partitionKeyFromLambda:shard}/",
                     .error_prefix = "bad/!{firehose:error-output-type}/",
                     .delimiter = "\n",
                     .delimiter_place = DelimiterPlace::after_each,
                     .transform = Transform(Moody{rng}, {.size = ByteSize{20 + rng->below(200)}}),
                     .partitioning = {.dynamic = DynamicPartitioning::on,
                                      .active_max = 1 + static_cast<std::uint32_t>(rng->below(12))},
                     .retry = {.duration = 20s},
                     .backup = {.destination = works.backup, .prefix = "es/"},
                     .budget = ByteSize{300 + rng->below(2'000)}});
  Strings expected;
  for (int turn = 0; turn < 30; ++turn) {
    Strings rows;
    for (std::uint64_t n = rng->below(20); n != 0; --n)
      rows.push_back(std::to_string(rng->below(10)) + "-" +
                     std::to_string(expected.size() + rows.size()));
    works.write(delivery, rows);
    expected.insert(expected.end(), rows.begin(), rows.end());
    if (rng->below(3) == 0) works.pass(delivery, 30s, 10s);
    if (rng->below(10) == 0) works.flush(delivery);
  }
  works.flush(delivery);

  Strings found;
  for (const std::string& body : works.objects().bodies("to/")) add_lines(found, body);
  const DeliveryMetrics& counts = *delivery.metrics();
  CHECK(counts.delivered_records.get() == found.size());
  for (const auto* objects : {&works.objects(), &works.backups()})
    for (const ErrorLine& line :
         error_lines(objects->bodies(objects == &works.objects() ? "bad/" : "es/")))
      found.push_back(line.raw);
  CHECK(counts.failed_records.get() == found.size() - counts.delivered_records.get());
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  CHECK(found == expected);
  CHECK(counts.records.get() == expected.size());
  CHECK(counts.buffered_bytes.get() == 0);
  CHECK(counts.active_partitions.get() == 0);
}
