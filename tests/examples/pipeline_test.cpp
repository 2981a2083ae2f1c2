// SPDX-License-Identifier: BSL-1.0
#include "pipeline.hpp"

#include <algorithm>

#include "alarm.hpp"
#include "catch.hpp"
#include "columns.hpp"
#include "millrace/formats/time.hpp"
#include "millrace/testing/bench.hpp"

using namespace accidents;
using namespace std::chrono_literals;
namespace csv = millrace::csv;
using millrace::testing::Bench;

namespace {

constexpr std::string_view good_row =
    "A-2716600,3,2/8/2016 0:37,2016-02-08 06:37:00.000000000,40.10891,-83.09286,40.11206,-83.03187,"
    "3.23,\"Between Sawmill Rd/Exit 20 and \"\"OH-315\"\", Exit 22 - Accident\",,Outerbelt E,R,"
    "Dublin,Franklin,OH,43017,US,US/Eastern,KOSU,2/8/2016 0:53,42.1,36.1,58,29.76,10,SW,10.4,0,"
    "Light Rain,FALSE,FALSE,FALSE,FALSE,FALSE,FALSE,FALSE,FALSE,FALSE,FALSE,FALSE,FALSE,FALSE,"
    "Night,Night,Night,Night";

csv::Row row(std::string_view text) { return {header_47.substr(0, header_47.size() - 1), text}; }

/// Messages as texts that outlive their batch: "key data".
Stream<std::string> as_text(Stream<Message> messages, std::string_view name) {
  return messages.map(std::string(name),
                      [](const Message& m) { return m.key.str() + " " + m.data.str(); });
}

const millrace::Timestamp day{std::chrono::sys_days{std::chrono::year{2022} / 12 / 24}};

auto producer_of(const StampOptions& stamp) {
  return [stamp](Stream<csv::Row> rows) { return as_text(incidents(rows, stamp), "text"); };
}

std::string incident(std::string_view id, int severity, millrace::Timestamp txn) {
  return "{\"ID\":\"" + std::string(id) + "\",\"Severity\":" + std::to_string(severity) +
         ",\"City\":\"Dublin\",\"County\":null,\"Distance(mi)\":1.5,\"Txn_Timestamp\":\"" +
         millrace::format_time(txn).value() + "\",\"Side\":\"R\"}";
}

}  // namespace

TEST_CASE("a row becomes the raw layer's JSON: ISO times, nulls, its stamp; Severity is the key") {
  Bench<csv::Row, std::string> bench{producer_of({.start = day + 450051us})};
  bench.push(row(good_row));
  const std::vector<std::string> out = bench.take();
  REQUIRE(out.size() == 1);
  CHECK(
      out[0] ==
      R"~(3 {"ID":"A-2716600","Source":null,"Severity":3,"Start_Time":"2016-02-08T00:37:00",)~"
      R"~("End_Time":"2016-02-08T06:37:00","Start_Lat":40.10891,"Start_Lng":-83.09286,)~"
      R"~("End_Lat":40.11206,"End_Lng":-83.03187,"Distance(mi)":3.23,)~"
      R"~("Description":"Between Sawmill Rd/Exit 20 and \"OH-315\", Exit 22 - Accident",)~"
      R"~("Number":null,"Street":"Outerbelt E","Side":"R","City":"Dublin","County":"Franklin",)~"
      R"~("State":"OH","Zipcode":"43017","Country":"US","Timezone":"US/Eastern",)~"
      R"~("Airport_Code":"KOSU","Weather_Timestamp":"2016-02-08T00:53:00","Temperature(F)":42.1,)~"
      R"~("Wind_Chill(F)":36.1,"Humidity(%)":58,"Pressure(in)":29.76,"Visibility(mi)":10,)~"
      R"~("Wind_Direction":"SW","Wind_Speed(mph)":10.4,"Precipitation(in)":0,)~"
      R"~("Weather_Condition":"Light Rain","Amenity":false,"Bump":false,"Crossing":false,)~"
      R"~("Give_Way":false,"Junction":false,"No_Exit":false,"Railway":false,"Roundabout":false,)~"
      R"~("Station":false,"Stop":false,"Traffic_Calming":false,"Traffic_Signal":false,)~"
      R"~("Turning_Loop":false,"Sunrise_Sunset":"Night","Civil_Twilight":"Night",)~"
      R"~("Nautical_Twilight":"Night","Astronomical_Twilight":"Night",)~"
      R"~("Txn_Timestamp":"2022-12-24T00:00:00.450051"})~");
}

TEST_CASE(
    "only good rows get a stamp; a bad one is a letter with its bytes, an empty one skipped") {
  Bench<csv::Row, std::string> bench{producer_of({.start = day, .step = 20ms})};
  const std::string bad = "A-2,very" + std::string(good_row.substr(11));
  const std::string empty(46, ',');
  const std::string_view cut = good_row.substr(0, 200);
  for (const std::string_view text :
       {std::string_view(bad), std::string_view(empty), good_row, cut, good_row})
    bench.push(row(text));
  const std::vector<std::string> out = bench.take();
  REQUIRE(out.size() == 2);
  CHECK(out[0].ends_with(R"~("Txn_Timestamp":"2022-12-24T00:00:00"})~"));
  CHECK(out[1].ends_with(R"~("Txn_Timestamp":"2022-12-24T00:00:00.020000"})~"));
  const auto letters = bench.take_dead_letters();
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].bytes == bad);
  CHECK(letters[1].bytes == cut);
  const auto* parse = bench.metrics().find("parse-row");
  REQUIRE(parse);
}

TEST_CASE("without a start the stamp is the time at which the row was read") {
  Bench<csv::Row, std::string> bench{producer_of({})};
  bench.push(row(good_row), day + 7h);
  CHECK(bench.take().at(0).ends_with(R"~("Txn_Timestamp":"2022-12-24T07:00:00"})~"));
}

TEST_CASE("disorder is bounded, and the same for the same seed") {
  Stamp stamp({.start = day, .step = 20ms, .disorder = 2s, .seed = 3});
  std::string bytes;
  stamp.save(bytes);
  CHECK(bytes == "0");
  CHECK(stamp.load("17"));
  const auto bad = stamp.load("many");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message() == "the stamp's count of rows is no number: many");
}

TEST_CASE("what is more severe than the threshold goes to stream 2, projected") {
  Bench<Message, std::string> bench{
      [](Stream<Message> in) { return as_text(analysis(in, {.threshold = 3}).severe, "text"); }};
  const std::string severe = incident("A-1", 4, day);
  const std::string other = incident("A-2", 3, day + 1s);
  bench.push({.data = severe});
  bench.push({.data = other});
  CHECK(bench.take() ==
        std::vector<std::string>{R"~(4 {"ID":"A-1","Severity":4,"City":"Dublin","County":null,)~"
                                 R"~("Txn_Timestamp":"2022-12-24T00:00:00"})~"});
}

TEST_CASE(
    "totals come per severity and window once the watermark, 5 s behind, has passed its end") {
  Bench<Message, std::string> bench{
      [](Stream<Message> in) { return as_text(analysis(in, {}).totals, "text"); }};
  const std::string first = incident("A-1", 2, day + 10s);
  const std::string second = incident("A-2", 2, day + 59s);
  const std::string behind = incident("A-3", 2, day + 64s);
  const std::string beyond = incident("A-4", 2, day + 65s);
  bench.push({.data = first});
  bench.push({.data = second});
  bench.push({.data = behind});
  CHECK(bench.take().empty());
  bench.push({.data = beyond});
  const std::vector<std::string> totals = bench.take();
  REQUIRE(totals.size() == 1);
  CHECK(totals[0] ==
        R"~( {"window_start":"2022-12-24T00:00:00","window_end":"2022-12-24T00:01:00",)~"
        R"~("severity":2,"accidents":2,"distance_mi":3,"mean_distance_mi":1.5,"fire":1})~");
  bench.end();
  CHECK(bench.take().size() == 1);
}

TEST_CASE(
    "an accident that is late within the allowance corrects its total; a later one goes aside") {
  Bench<Message, std::string> bench{[](Stream<Message> in) {
    const Analysis a = analysis(in, {.allowed_lateness = 10s});
    return as_text(a.totals, "totals-text").merge("both", as_text(a.late, "late-text"));
  }};
  const std::string on_time = incident("A-1", 2, day + 10s);
  const std::string beyond = incident("A-2", 2, day + 66s);
  const std::string late = incident("A-3", 2, day + 20s);
  const std::string far_beyond = incident("A-4", 2, day + 100s);
  for (const std::string* text : {&on_time, &beyond, &late, &far_beyond, &late}) {
    bench.push({.data = *text});
    bench.advance(0s);
  }
  const std::vector<std::string> out = bench.take();
  REQUIRE(out.size() == 3);
  CHECK(out[0].find(R"~("accidents":1)~") != std::string::npos);
  CHECK(out[1].find(R"~("accidents":2)~") != std::string::npos);
  CHECK(out[1].find(R"~("fire":2)~") != std::string::npos);
  CHECK(out[2].find(R"~("ID":"A-3")~") != std::string::npos);
}

TEST_CASE("a severe record is one count in the metric, with its three dimensions") {
  const Severe s{"A-1", 4, "Saint-Jérôme", std::nullopt, day};
  const auto datum = to_datum(s);
  CHECK(millrace::cloudwatch::validate(datum));
  CHECK(datum.metric_namespace == "accidents_reports_namespace");
  CHECK(datum.metric_name == "us_accidents_severity_high");
  CHECK(datum.value == 1);
  CHECK(datum.storage_resolution_s == 1);
  CHECK(datum.dimensions ==
        std::vector<millrace::cloudwatch::Dimension>{{"severity_accident", "4"},
                                                     {"city_accident", "Saint-J??r??me"},
                                                     {"county_accident", "unknown"}});
}

TEST_CASE("an alert names the accident, its severity and its place") {
  const Severe s{"A-1", 4, "Dublin", "Franklin", day};
  const auto alert = to_alert(s);
  CHECK(millrace::sns::validate(alert));
  CHECK(alert.subject == "Accident of severity 4 in Dublin, Franklin");
  CHECK(alert.message == "Accident A-1, severity 4, in Dublin, Franklin county.");
}

TEST_CASE("what counts has a severity above 2, what alarms one of at least 4") {
  Bench<Message, std::string> bench{[](Stream<Message> in) {
    const Watch w = watch(in);
    const auto id = [](const Severe& s) { return s.id.str(); };
    return w.counted.map("c", id).merge("both", w.alarming.map("a", id));
  }};
  const std::string two = incident("A-2", 2, day);
  const std::string three = incident("A-3", 3, day);
  const std::string four = incident("A-4", 4, day);
  for (const std::string* text : {&two, &three, &four}) bench.push({.data = *text});
  std::vector<std::string> ids = bench.take();
  std::sort(ids.begin(), ids.end());
  CHECK(ids == std::vector<std::string>{"A-3", "A-4", "A-4"});
}
