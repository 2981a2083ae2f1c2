// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_decode.hpp"

#include <array>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/formats/csv_split.hpp"
#include "sample.hpp"

using namespace millrace;
using sample::Incident;
using sample::With;

namespace csv_decode_app {
struct Deposit {
  std::string age;
  std::string job;
  int balance = 0;
};
constexpr auto describe(type<Deposit>) {
  return fields("Age", &Deposit::age, "Job", &Deposit::job, "Balance", &Deposit::balance);
}
struct Pair {
  Text left;
  Text right;
};
constexpr auto describe(type<Pair>) { return fields("left", &Pair::left, "right", &Pair::right); }
struct Limits {
  std::optional<std::int8_t> small;
  std::optional<std::uint64_t> large;
  std::optional<float> real;
  std::optional<double> real64;
};
constexpr auto describe(type<Limits>) {
  return fields("small", &Limits::small, "large", &Limits::large, "real", &Limits::real, "real64",
                &Limits::real64);
}
}  // namespace csv_decode_app

namespace {
const Text header = "Severity,ID,Start_Time,Night,City,Distance(mi)";

std::string decode(std::string_view row, Incident& out, Text names = header) {
  static With with(csv::as<Incident>());
  return with.decode(csv::Row{names, Text(row)}, out);
}
std::string decode(std::string_view row) {
  Incident out;
  return decode(row, out);
}
}  // namespace

TEST_CASE("columns are found by their names, in any order, and other columns are let be") {
  Incident out;
  REQUIRE(decode("3,A-1,2/8/2016 0:37,TRUE,Dublin,3.23", out) == "value");
  CHECK(out.id == Text("A-1"));
  CHECK(out.severity == 3);
  CHECK(out.start == sample::at("2016-02-08T00:37:00"));
  CHECK(out.night);
  CHECK(out.city == "Dublin");
  CHECK(out.distance == 3.23);
  REQUIRE(decode("x,Lyon,z,2016-02-08 00:37:00.5,False,4,A-2,1", out,
                 "Junk,City,More,Start_Time,Night,Severity,ID,Distance(mi)") == "value");
  CHECK(out.id == Text("A-2"));
  CHECK(out.city == "Lyon");
}

TEST_CASE("a header that changes at the same address is read anew") {
  std::string names = "Severity,ID,Start_Time,Night,City,Distance(mi)";
  Incident out;
  REQUIRE(decode("3,A-1,2/8/2016 0:37,true,Dublin,", out, Text(names)) == "value");
  names = "Severity,City,Start_Time,Night,ID,Distance(mi)";
  REQUIRE(decode("3,Dublin,2/8/2016 0:37,true,A-2,", out, Text(names)) == "value");
  CHECK(out.id == Text("A-2"));
}

TEST_CASE("what a header says is looked up once a batch, and anew in the next one") {
  std::string names = "left,right";
  With with(csv::as<csv_decode_app::Pair>());
  csv_decode_app::Pair out;
  for (const char* order : {"left,right", "right,left", "left,right"}) {
    names = order;
    const bool swapped = names.starts_with("right");
    with.format.begin_batch();
    for (int i = 0; i < 2; ++i) {
      REQUIRE(with.decode(csv::Row{Text(names), "1,2"}, out) == "value");
      CHECK(out.left == Text(swapped ? "2" : "1"));
    }
    const std::string other = "x,right,left";
    REQUIRE(with.decode(csv::Row{Text(other), "1,2,3"}, out) == "value");
    CHECK(out.left == Text("3"));
    REQUIRE(with.decode(csv::Row{Text(names), "1,2"}, out) == "value");
    CHECK(out.left == Text(swapped ? "2" : "1"));
    with.format.end_batch();
  }
  names = "right,left";
  REQUIRE(with.decode(csv::Row{Text(names), "1,2"}, out) == "value");
  CHECK(out.left == Text("2"));
}

TEST_CASE("headers of one size that take turns in a batch each say which column is which") {
  With with(csv::as<csv_decode_app::Pair>());
  csv_decode_app::Pair out;
  const std::string one = "left,right", other = "right,left";
  with.format.begin_batch();
  for (int i = 0; i < 6; ++i) {
    const bool swapped = i % 3 == 2;
    REQUIRE(with.decode(csv::Row{Text(swapped ? other : one), "1,2"}, out) == "value");
    CHECK(out.left == Text(swapped ? "2" : "1"));
  }
  with.format.end_batch();
}

TEST_CASE("a text views its record unless doubled quotes must be halved") {
  const std::string row = "3,\"A \"\"1\"\"\",2/8/2016 0:37,true,\"a,b\r\nc\",";
  Incident out;
  REQUIRE(decode(row, out) == "value");
  CHECK(out.id == Text("A \"1\""));
  CHECK(out.city == "a,b\r\nc");
  const std::string plain = "3,\"A-1\",2/8/2016 0:37,true,x,";
  REQUIRE(decode(plain, out) == "value");
  CHECK(out.id.data() == plain.data() + 3);
}

TEST_CASE("all unescaped texts of a record lie in the arena that is the writer's at its end") {
  ArenaPool pool(256);
  TextWriter text(pool);
  csv::Decoder<csv_decode_app::Pair> decoder = csv::as<csv_decode_app::Pair>();
  csv_decode_app::Pair out;
  for (std::size_t i = 0; i < 60; ++i) {
    const std::string left = std::string(i, 'l') + "\"";
    const std::string right = std::string(70 - i, 'r') + "\"";
    const std::string row = "\"" + left + "\"\",\"" + right + "\"\"";
    REQUIRE(decoder.decode(Text(row), out, text));
    CHECK(out.left.view() == left);
    CHECK(out.right.view() == right);
    const char* const begin = text.arena()->data();
    const char* const end = begin + text.arena()->capacity();
    for (const Text& field : {out.left, out.right})
      CHECK((field.data() >= begin && field.data() + field.size() <= end));
  }
}

TEST_CASE("an optional member is null for an empty field and for a column that is not there") {
  Incident out;
  out.distance = 1;
  REQUIRE(decode("3,A-1,2/8/2016 0:37,true,Dublin,", out) == "value");
  CHECK_FALSE(out.distance);
  out.distance = 1;
  REQUIRE(decode("3,A-1,2/8/2016 0:37,true,Dublin", out, "Severity,ID,Start_Time,Night,City") ==
          "value");
  CHECK_FALSE(out.distance);
}

TEST_CASE("an empty record and one of empty fields are skipped") {
  CHECK(decode("") == "skip");
  CHECK(decode(",,,,,") == "skip");
}

TEST_CASE("a record of another shape is refused, and the message says where") {
  CHECK(decode("3,A-1") == "csv: the record has 2 fields, the header has 6");
  CHECK(decode(",,,,,,") == "csv: the record has 7 fields, the header has 6");
  CHECK(decode("3,A\"1,,,,") == "csv: byte 4: a quote inside a field that does not begin with one");
  CHECK(decode("3,\"A\"1,,,,") == "csv: byte 6: \"1\" after a closing quote");
  CHECK(decode("3,\"A-1,,,,") == "csv: byte 3: the quote is not closed");
  CHECK(decode("3,A-1,\n,,,") == "csv: byte 7: a line break outside quotes");
  CHECK(decode("3,A-1,,,,\r") == "csv: byte 10: a line break outside quotes");
}

TEST_CASE("a value of another type is refused with field, column, byte, value and reason") {
  CHECK(decode("x,A-1,2/8/2016 0:37,true,Dublin,") ==
        "csv: field \"Severity\" (column 1, byte 1): expected an integer, saw \"x\"");
  CHECK(decode(",A-1,2/8/2016 0:37,true,Dublin,") ==
        "csv: field \"Severity\" (column 1, byte 1): it is empty; make the member a std::optional "
        "to allow that");
  CHECK(decode("3,A-1,2/30/2016 0:37,true,Dublin,") ==
        "csv: field \"Start_Time\" (column 3, byte 7): no such date or time of day: "
        "\"2/30/2016 0:37\"");
  CHECK(decode("3,A-1,\"soon\"\"er\",true,Dublin,") ==
        "csv: field \"Start_Time\" (column 3, byte 7): expected a time like 2016-02-08T00:37:00 or "
        "2/8/2016 0:37, saw \"soon\"er\"");
  CHECK(decode("3,A-1,2/8/2016 0:37,yes,Dublin,") ==
        "csv: field \"Night\" (column 4, byte 21): expected true or false, saw \"yes\"");
  for (const char* value : {"nan", "inf", "-inf", "0x10", "+1", " 1", "1 ", "1.2.3", "e5", "-"})
    CHECK(decode("3,A-1,2/8/2016 0:37,true,Dublin," + std::string(value)) ==
          "csv: field \"Distance(mi)\" (column 6, byte 33): expected a number, saw \"" +
              std::string(value) + "\"");
}

TEST_CASE("a number that does not fit is refused") {
  With with(csv::as<csv_decode_app::Limits>());
  csv_decode_app::Limits out;
  REQUIRE(with.decode(Text("-128,18446744073709551615,3.4e38,-1e308"), out) == "value");
  CHECK(out.small == -128);
  CHECK(out.large == 18446744073709551615u);
  CHECK(with.decode(Text("128,,,"), out) ==
        "csv: field \"small\" (column 1, byte 1): \"128\" does not fit in int8 (-128 to 127)");
  CHECK(with.decode(Text(",18446744073709551616,,"), out) ==
        "csv: field \"large\" (column 2, byte 2): \"18446744073709551616\" does not fit in uint64 "
        "(0 to 18446744073709551615)");
  CHECK(with.decode(Text(",-1,,"), out) ==
        "csv: field \"large\" (column 2, byte 2): expected an integer, saw \"-1\"");
  CHECK(with.decode(Text(",,1e39,"), out) ==
        "csv: field \"real\" (column 3, byte 3): \"1e39\" does not fit in a float");
  CHECK(with.decode(Text(",,,1e999"), out) ==
        "csv: field \"real64\" (column 4, byte 4): \"1e999\" does not fit in a double");
  CHECK(with.decode(Text(",,,1e-999"), out) ==
        "csv: field \"real64\" (column 4, byte 4): \"1e-999\" does not fit in a double");
  REQUIRE(with.decode(Text(",,,0e-999"), out) == "value");
  CHECK(out.real64 == 0);
}

TEST_CASE("a header that lacks a column is refused, and the nearest name is given") {
  Incident out;
  CHECK(decode("3", out, "Severty") == "csv: the header has no column \"ID\"");
  CHECK(decode("3,1", out, "Severty,ID") ==
        "csv: the header has no column \"Severity\"; did you mean \"Severty\"?");
  CHECK(decode("3,1", out, "ID,Severity,Severity") ==
        "csv: the column \"Severity\" comes twice in the header");
  CHECK(decode("3,1", out, "ID,\"Sev") == "in the header: csv: byte 4: the quote is not closed");
}

TEST_CASE("a header may be quoted and begin with a byte order mark") {
  Incident out;
  CHECK(decode("A-1,3,2/8/2016 0:37,true,Dublin", out,
               "\xef\xbb\xbf\"ID\",\"Severity\",Start_Time,Night,City") == "value");
}

TEST_CASE("records without a header are read by described order or by the names given") {
  With piped(csv::as<csv_decode_app::Deposit>({.delimiter = '|'}));
  csv_decode_app::Deposit out;
  REQUIRE(piped.decode(Text("59|admin.|2343"), out) == "value");
  CHECK(out.job == "admin.");
  CHECK(out.balance == 2343);
  CHECK(piped.decode(Text("59|admin.|NaN"), out) ==
        "csv: field \"Balance\" (column 3, byte 11): expected an integer, saw \"NaN\"");
  CHECK(piped.decode(Text("59|admin."), out) == "csv: the record has 2 fields, the header has 3");
  CHECK(piped.decode(Message{"59|admin.|1\r\n"}, out) == "value");
  With named(csv::as<csv_decode_app::Deposit>({.columns = {"Balance", "x", "Job", "Age"}}));
  REQUIRE(named.decode(Text("5,,tech,31"), out) == "value");
  CHECK(out.age == "31");
  CHECK(out.balance == 5);
}

TEST_CASE("a row whose splitter vouches for its shape decodes as one that is checked") {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    const std::string fill(static_cast<std::size_t>(i * 7 % 150), 'x');
    const std::string city = i % 4 == 1 ? "\"" + fill + ",\"\"\"" : fill;
    bytes += i % 5 == 2 ? "" : std::to_string(i) + "," + fill + ",2/8/2016 0:37,true," + city + ",";
    bytes += i % 7 == 3 ? "x\"y\"\n" : i % 7 == 4 ? ",\r\n" : i % 7 == 5 ? "1\r\n" : "\n";
  }
  std::vector<csv::Row> rows(70);
  REQUIRE(csv::RecordSplitter().split(bytes, Input::ended, header, rows).records == rows.size());
  int vouched = 0;
  for (const csv::Row& row : rows) {
    INFO(row.text.str());
    vouched += row.shape.vouches_for(row.text, ',');
    With trusting(csv::as<Incident>());
    With checking(csv::as<Incident>());
    Incident one, other;
    const std::string outcome = trusting.decode(row, one);
    REQUIRE(outcome == checking.decode(csv::Row{row.header, row.text}, other));
    if (outcome != "value") continue;
    CHECK(one.id == other.id);
    CHECK(one.severity == other.severity);
    CHECK(one.start == other.start);
    CHECK(one.distance == other.distance);
    CHECK(one.city == other.city);
  }
  CHECK(vouched > 40);
}

TEST_CASE("a shape that another row or delimiter had is not trusted") {
  std::array<csv::Row, 1> rows;
  const std::string bytes = "3,A-1,2/8/2016 0:37,true,Dublin,\n";
  REQUIRE(csv::RecordSplitter().split(bytes, Input::open, header, rows).records == 1);
  csv::Row changed = rows[0];
  changed.text = "3,A\"1,,,,";
  With with(csv::as<Incident>());
  Incident out;
  CHECK(with.decode(rows[0], out) == "value");
  CHECK(with.decode(changed, out) ==
        "csv: byte 4: a quote inside a field that does not begin with one");
  With piped(csv::as<csv_decode_app::Pair>({.delimiter = '|'}));
  csv_decode_app::Pair pair;
  CHECK(piped.decode(csv::Row{"left|right", rows[0].text, rows[0].shape}, pair) ==
        "csv: the record has 1 field, the header has 2");
}

TEST_CASE("a predicate rejects a record before the later members are converted") {
  int asked = 0;
  With with(csv::as<Incident>().where(&Incident::severity, [&asked](int severity) {
    ++asked;
    return severity > 3;
  }));
  Incident out;
  CHECK(with.decode(csv::Row{header, "4,A-1,2/8/2016 0:37,true,Dublin,"}, out) == "value");
  CHECK(with.decode(csv::Row{header, "3,A-1,not a time,true,Dublin,"}, out) == "skip");
  CHECK(with.decode(csv::Row{header, "x,A-1,not a time,true,Dublin,"}, out) ==
        "csv: field \"Severity\" (column 1, byte 1): expected an integer, saw \"x\"");
  CHECK(with.decode(csv::Row{header, "3,A\"1,not a time,true,Dublin,"}, out) ==
        "csv: byte 4: a quote inside a field that does not begin with one");
  CHECK(asked == 2);
}

TEST_CASE("several predicates must all hold") {
  With with(csv::as<Incident>()
                .where(&Incident::night, [](bool night) { return night; })
                .where(&Incident::severity, [](int severity) { return severity > 3; }));
  Incident out;
  CHECK(with.decode(csv::Row{header, "4,A,2/8/2016 0:37,true,Dublin,"}, out) == "value");
  CHECK(with.decode(csv::Row{header, "4,A,2/8/2016 0:37,false,Dublin,"}, out) == "skip");
  CHECK(with.decode(csv::Row{header, "3,A,2/8/2016 0:37,true,Dublin,"}, out) == "skip");
}

TEST_CASE("misuse that only shows when the program runs is a Failure with the remedy") {
  CHECK_THROWS_WITH(csv::as<csv_decode_app::Deposit>({.delimiter = '"'}),
                    "csv: the delimiter can't be a quote or a line break; try ',' or '|'");
}
