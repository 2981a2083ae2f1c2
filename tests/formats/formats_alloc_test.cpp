// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv.hpp"
#include "millrace/formats/json.hpp"

#include <string>

#include "catch.hpp"
#include "counted_new.hpp"
#include "sample.hpp"

using namespace millrace;
using sample::Incident;

namespace {

// Allocations of 10,000 records after 3,000 to warm up, texts with escapes among them.
template <class Decoder, class In, class Encoder>
long allocations_of(Decoder decoder, const In& plain, const In& escaped, Encoder encoder) {
  ArenaPool pool;
  TextWriter text(pool);
  TextWriter out(pool);
  Incident value;
  long before = 0;
  std::size_t bytes = 0;
  for (int i = 0; i < 13'000; ++i) {
    if (i == 3'000) before = allocations.load();
    const Result<Decoded> done = decoder.decode(i % 3 == 0 ? escaped : plain, value, text);
    if (!done || *done != Decoded::value || !encoder.encode(value, out)) return 1'000'000;
    bytes += out.finish().size();
  }
  return bytes == 0 ? 1'000'000 : allocations - before;
}

}  // namespace

TEST_CASE("records are decoded and encoded without allocation once warmed up") {
  const std::string plain =
      R"x({"ID":"A-1","Severity":3,"Start_Time":"2/8/2016 0:37","Distance(mi)":3.23,)x"
      R"x("Night":true,"City":"A city whose name is longer than a short string","more":[{}]})x";
  const std::string escaped =
      R"x({"City":"A city whose n\u00e4me is longer than a short string","ID":"\"A\"",)x"
      R"x("Severity":3,"Start_Time":"2022-12-24T04:53:57.450051Z","Night":false})x";
  CHECK(allocations_of(json::as<Incident>(), Text(plain), Text(escaped), json::lines()) == 0);

  const Text header = "ID,Severity,Start_Time,Distance(mi),Night,City,Other";
  const csv::Row row{header, "A-1,3,2/8/2016 0:37,3.23,TRUE,A city whose name is long enough,x"};
  const csv::Row quoted{
      header, "\"A\"\"1\"\"\",4,2/8/2016 0:37,,False,\"A city, \"\"quoted\"\", too\",\"\""};
  CHECK(allocations_of(csv::as<Incident>(), row, quoted, json::lines()) == 0);
  CHECK(allocations_of(csv::as<Incident>().where(&Incident::severity, [](int s) { return s > 2; }),
                       row, quoted, csv::row()) == 0);
}
