// SPDX-License-Identifier: BSL-1.0
#include "millrace/testing/bench.hpp"

#include "catch.hpp"
#include "millrace/millrace.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Bid {
  Timestamp time{};
  double price = 0;
  std::string item;
};
using Total = Windowed<int, double>;

Timestamp at(Duration since_eight) {
  using namespace std::chrono;
  return Timestamp(sys_days(2020y / April / 15)) + 8h + since_eight;
}
Stream<Total> totals(Stream<Bid> bids) {
  return bids.event_time("bidtime", &Bid::time, watermark::bounded_out_of_orderness(0s))
      .key_by([](const Bid&) { return 0; })
      .window(tumbling(10min))
      .aggregate("totals", agg::sum(&Bid::price));
}
Stream<Bid> dear(Stream<Bid> bids) {
  return bids.filter("dear", [](const Bid& b) { return b.price > 3; });
}

}  // namespace

TEST_CASE("ten-minute windows over the six reference bids total 11.00 and 10.00") {
  testing::Bench<Bid, Total> bench{totals};
  const std::vector<std::pair<Duration, double>> bids = {
      {5min, 4.00}, {7min, 2.00}, {9min, 5.00}, {11min, 3.00}, {13min, 1.00}, {17min, 6.00}};
  for (const auto& [since, price] : bids) bench.push({at(since), price, "x"});
  CHECK(bench.take() == std::vector<Total>{{0, {at(0min), at(10min)}, 11.00}});
  bench.end();
  CHECK(bench.take() == std::vector<Total>{{0, {at(10min), at(20min)}, 10.00}});
}

TEST_CASE("a bench hands out what came out since the last take, with its time") {
  testing::Bench<Bid, Bid> bench{dear};
  bench.push({.price = 5, .item = "ship"}, at(1min));
  bench.push({.price = 1, .item = "boat"}, at(2min));
  auto out = bench.take_timed();
  REQUIRE(out.size() == 1);
  CHECK(out[0].value.item == "ship");
  CHECK(out[0].time == at(1min));
  CHECK(bench.take().empty());
}

TEST_CASE("a bench's watermark closes windows of a stream that was pushed with times") {
  testing::Bench<Bid, Windowed<std::string, std::uint64_t>> bench{[](Stream<Bid> bids) {
    return bids.key_by(&Bid::item).window(tumbling(1min)).aggregate("count", agg::count());
  }};
  bench.push({.item = "a"}, at(10s));
  bench.push({.item = "a"}, at(59s));
  CHECK(bench.take().empty());
  bench.watermark(at(60s));
  const auto out = bench.take();
  REQUIRE(out.size() == 1);
  CHECK(out[0].key == "a");
  CHECK(out[0].value == 2);
}

TEST_CASE("a bench shows the metrics of every step, and virtual time passes when told to") {
  testing::Bench<Bid, Bid> bench{[](Stream<Bid> bids) {
    return bids.event_time("at", &Bid::time,
                           watermark::bounded_out_of_orderness(10s).idle_after(30s));
  }};
  bench.push({at(1min), 0, ""});
  bench.advance(1min);
  const PipelineMetrics metrics = bench.metrics();
  CHECK((metrics.find("at")->watermark == at(50s)));
  CHECK(metrics.find("at")->in == 1);
  CHECK(metrics.find("no such step") == nullptr);
  CHECK(bench.take().size() == 1);
}

TEST_CASE("an exception in a step becomes a dead letter that the bench shows") {
  testing::Bench<std::string, int> bench{[](Stream<std::string> in) {
    return in.map("parse", [](const std::string& s) { return std::stoi(s); });
  }};
  bench.push("12");
  bench.push("twelve");
  bench.push("13");
  CHECK(bench.take() == std::vector<int>{12, 13});
  const auto letters = bench.take_dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].step == "parse");
  CHECK(letters[0].bytes == "twelve");
  CHECK(letters[0].reason == "the step's function threw: stoi");
}

TEST_CASE("a failing step's error comes out of the call that met it") {
  testing::Bench<std::string, int> bench{[](Stream<std::string> in) {
    return in.map(
        "parse", [](const std::string& s) { return std::stoi(s); }, OnError::fail);
  }};
  bench.push("twelve");
  CHECK_THROWS_AS(bench.take(), Failure);
}
