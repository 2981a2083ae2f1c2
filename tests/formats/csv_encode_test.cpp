// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_encode.hpp"

#include <limits>
#include <string>

#include "catch.hpp"
#include "sample.hpp"

using namespace millrace;
using sample::Incident;
using sample::With;

namespace csv_encode_app {
struct One {
  std::optional<std::string> only;
};
constexpr auto describe(type<One>) { return fields("a \"b\", c", &One::only); }
}  // namespace csv_encode_app

TEST_CASE("a struct is written as one record, quoted where it must be") {
  With with(csv::row());
  Incident value;
  value.id = "say \"hi\"";
  value.severity = -4;
  value.start = sample::at("2/8/2016 0:37");
  value.city = "a,b";
  CHECK(with.encode(value) == "\"say \"\"hi\"\"\",-4,2016-02-08T00:37:00,,false,\"a,b\"");
  value.id = "plain text";
  value.distance = 0.1;
  value.night = true;
  value.city = "line\r\nbreak";
  CHECK(with.encode(value) == "plain text,-4,2016-02-08T00:37:00,0.1,true,\"line\r\nbreak\"");
  With piped(csv::row({.delimiter = '|'}));
  value.city = "a|b,c";
  CHECK(piped.encode(value) == "plain text|-4|2016-02-08T00:37:00|0.1|true|\"a|b,c\"");
}

TEST_CASE("a record of one empty field is not an empty line") {
  CHECK(With(csv::row()).encode(csv_encode_app::One{}) == "\"\"");
}

TEST_CASE("the header holds the described names") {
  CHECK(csv::header<Incident>() == "ID,Severity,Start_Time,Distance(mi),Night,City");
  CHECK(csv::header<Incident>({.delimiter = '|'}) ==
        "ID|Severity|Start_Time|Distance(mi)|Night|City");
  CHECK(csv::header<csv_encode_app::One>() == "\"a \"\"b\"\", c\"");
}

TEST_CASE("what CSV can't say is an error that names the field") {
  With with(csv::row());
  Incident value;
  value.distance = std::numeric_limits<double>::infinity();
  CHECK(with.encode(value) ==
        "csv: field \"Distance(mi)\": NaN or infinity can't be written; use a std::optional, or "
        "filter it out before");
  value.distance.reset();
  value.start = end_of_time;
  CHECK(with.encode(value) ==
        "csv: field \"Start_Time\": the time 9223372036854775807 us since 1970 lies outside the "
        "years 0 to 9999 that can be written");
}
