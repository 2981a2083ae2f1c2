// SPDX-License-Identifier: BSL-1.0
#include "generate.hpp"

#include <algorithm>

#include "catch.hpp"

using namespace accidents;

namespace {

std::string generated(const GenerateOptions& options) {
  Generator generator(options);
  std::string out;
  while (generator.next(out)) {
  }
  return out;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("the same seed gives the same bytes, another seed others") {
  const std::string one = generated({.rows = 1000, .seed = 7});
  CHECK(one == generated({.rows = 1000, .seed = 7}));
  CHECK(one != generated({.rows = 1000, .seed = 8}));
}

TEST_CASE("both releases have their number of columns") {
  CHECK(std::count(header_47.begin(), header_47.end(), ',') == 46);
  CHECK(std::count(header_46.begin(), header_46.end(), ',') == 45);
  CHECK(generated({.rows = 10}).starts_with(header_47));
  CHECK(generated({.rows = 10, .release = Release::columns_46}).starts_with(header_46));
}

TEST_CASE("generated rows hold the traps of the real file") {
  const std::string csv = generated({.rows = 2000, .seed = 1});
  CHECK(has(csv, ".000000000,"));               // ISO with a fraction
  CHECK(has(csv, "\"\"Mixing Bowl\"\", two"));  // ... with a comma
  CHECK(has(csv, ", Forest Ridge Dr,"));        // a leading blank
  CHECK(has(csv, "\n" + std::string(46, ',') + "\n"));
  CHECK(csv.back() != '\n');
  const std::string last = csv.substr(csv.rfind('\n') + 1);
  CHECK(last.starts_with("A-2001,"));
  CHECK(std::count(last.begin(), last.end(), ',') < 46);
}

TEST_CASE("a file is as large as asked for, to a row") {
  const std::string csv = generated({.bytes = {3'000'000}, .empty_rows = 0, .cut_last_row = false});
  CHECK(csv.size() >= 3'000'000);
  CHECK(csv.size() < 3'001'024);
  CHECK(csv.back() == '\n');
}

TEST_CASE("as many rows are bad as asked for") {
  const std::string csv = generated({.rows = 1000, .bad_rows = 4});
  CHECK(has(csv, ",very "));
  CHECK(has(csv, ",about "));
  CHECK(has(csv, ",1.2."));
  CHECK(has(csv, ",one,field,too,many\n"));
}

TEST_CASE("no rows give a header alone") {
  CHECK(generated({.rows = 0, .empty_rows = 0, .cut_last_row = false}) == header_47);
}
