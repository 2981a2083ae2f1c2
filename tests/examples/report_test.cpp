// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <algorithm>

#include "catch.hpp"
#include "common/chart.hpp"

using namespace accidents;
using namespace examples;
using namespace std::chrono;

namespace {

Report small_report() {
  const millrace::Timestamp start{sys_days{year{2022} / 12 / 24} + 4h};
  return {.numbers = {{"rows", 1234567}},
          .totals = {{2, start, 79, 100.0}, {4, start + 1min, 4, 2.0}, {2, start + 1min, 75, 80.0}},
          .metric = {{start + 61s, "O'Fallon", "<b>&"}},
          .places = {{"totals", "out/totals.jsonl"}}};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("the page asks nothing of the outside and runs no script") {
  const std::string page = report_html(small_report());
  for (const char* outside : {"<script", "http:", "https:", "src=", "@import", "url(", "<link"})
    CHECK_FALSE(has(page, outside));
  CHECK(has(page, "prefers-color-scheme: dark"));
}

TEST_CASE("what came in from outside is escaped") {
  const std::string page = report_html(small_report());
  CHECK(has(page, "O&#39;Fallon, &lt;b&gt;&amp;"));
  CHECK_FALSE(has(page, "<b>"));
}

TEST_CASE("every number of the totals stands in the page as text") {
  const std::string page = report_html(small_report());
  CHECK(has(page, "<dt>rows</dt><dd>1,234,567</dd>"));
  CHECK(has(page, "<td>2022-12-24T04:01:00</td><td>4</td><td>4</td><td>0.500</td>"));
  CHECK(has(page, "<th scope=\"row\">2</th><td>154</td>"));
  CHECK(has(page,
            "aria-label=\"Severity 2: 154 in all, from 2022-12-24T04:00:00 to "
            "2022-12-24T04:01:00, at most 79 a column\""));
}

TEST_CASE("a page without results says so") {
  const std::string page = report_html({});
  CHECK(has(page, "No window has closed."));
  CHECK(has(page, "nothing yet"));
  CHECK(std::count(page.begin(), page.end(), '<') > 20);
}

TEST_CASE("the terminal's table has a line per severity") {
  CHECK(totals_text(small_report()) ==
        "severity   accidents  mean distance (mi)\n"
        "       2         154               1.169\n"
        "       4           4               0.500\n");
}

TEST_CASE("many columns are condensed and keep their sum") {
  std::vector<Column> columns(1000, Column{"x", 2});
  const std::vector<Column> few = condensed(columns, 240);
  REQUIRE(few.size() == 200);
  CHECK(few.front().value == 10);
  CHECK(few.front().label == "x and the next 4");
}

TEST_CASE("thousands are grouped") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567) == "1,234,567");
}
