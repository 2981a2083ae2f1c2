// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/json_validate.hpp"

#include <iterator>
#include <random>
#include <string>

#include "catch.hpp"
#include "json_cases.hpp"

using namespace millrace;

namespace {
std::string problem(std::string_view text, json::ValidateOptions options = {}) {
  const Result<void> result = json::validate(text, options);
  return result ? "good" : result.error().message();
}
// At the end of its own allocation, so that a sanitizer sees a byte read too many.
bool good(std::string_view text) {
  const std::vector<char> bytes(text.begin(), text.end());
  return json::validate({bytes.data(), bytes.size()}).has_value();
}
std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}
}  // namespace

TEST_CASE("each text of the JSON grammar is accepted") {
  STATIC_REQUIRE(std::size(cases::accepted) + std::size(cases::refused) > 250);
  for (const std::string_view text : cases::accepted) {
    INFO(text);
    CHECK(problem(text) == "good");
    CHECK(good(text));
  }
}

TEST_CASE("each text outside the JSON grammar is refused") {
  for (const std::string_view text : cases::refused) {
    INFO(text);
    CHECK_FALSE(good(text));
  }
}

TEST_CASE("a text that the grammar leaves to the reader gets a clean answer") {
  for (const std::string_view text : cases::free) {
    INFO(text);
    // Numbers of any size are of the grammar; half a surrogate pair says nothing.
    CHECK(good(text) == (text.find('\\') == text.npos));
  }
}

TEST_CASE("nesting past the limit is an error, however deep the text is") {
  const std::string too_deep = "json: line 1, column 129: nested deeper than 128 levels";
  CHECK(problem(repeated("[", 128) + repeated("]", 128)) == "good");
  CHECK(problem(repeated("[", 129) + repeated("]", 129)) == too_deep);
  for (const std::size_t depth : {100'000u, 1'000'000u}) {
    CHECK(problem(repeated("[", depth)) == too_deep);
    CHECK(problem(repeated("[", depth) + repeated("]", depth)) == too_deep);
    CHECK(problem(repeated("{\"a\":", depth) + "1" + repeated("}", depth)) ==
          "json: line 1, column 641: nested deeper than 128 levels");
    CHECK(problem(repeated("[{\"a\":", depth)) ==
          "json: line 1, column 385: nested deeper than 128 levels");
  }
  CHECK(problem(repeated("[", 4096) + repeated("]", 4096), {.max_depth = 1'000'000}) == "good");
  CHECK(problem(repeated("[", 4097), {.max_depth = 1'000'000}) ==
        "json: line 1, column 4097: nested deeper than 4096 levels");
  CHECK(problem("[[]]", {.max_depth = 1}) == "json: line 1, column 2: nested deeper than 1 levels");
}

TEST_CASE("a problem is told with its line, column and reason") {
  CHECK(problem("") == "json: line 1, column 1: expected a value, saw the end");
  CHECK(problem("{\"a\": tru}") == "json: line 1, column 7: expected a value, saw \"tru\"");
  CHECK(problem("{\n  \"a\": 1,\n  b: 2}") ==
        "json: line 3, column 3: expected a member's name in quotes, saw \"b\"");
  CHECK(problem("{\"a\" 1}") == "json: line 1, column 6: expected ':' after the name, saw \"1\"");
  CHECK(problem("{\"a\":1 \"b\"}") ==
        "json: line 1, column 8: expected ',' or '}', saw the string \"b\"");
  CHECK(problem("[1 2]") == "json: line 1, column 4: expected ',' or ']', saw \"2\"");
  CHECK(problem("[1,]") == "json: line 1, column 4: expected a value, saw \"]\"");
  CHECK(problem("[01]") == "json: line 1, column 2: a number can't begin with 0");
  CHECK(problem("[1.e]") == "json: line 1, column 4: expected a digit, saw \"e\"");
  CHECK(problem("[1] [2]") == "json: line 1, column 5: bytes after the value: \"[2]\"");
  CHECK(problem("[\"a]") == "json: line 1, column 2: the string is not closed");
  CHECK(problem("[\"a\\") == "json: line 1, column 4: the string is not closed");
  CHECK(problem("[\"\\x\"]") == "json: line 1, column 3: no such escape: \"\\x\"");
  CHECK(problem("[\"\\u12g4\"]") ==
        "json: line 1, column 3: \\u needs four hex digits: \"\\u12g4\"");
  CHECK(problem("[\"\\ud800x\"]") ==
        "json: line 1, column 3: half of a surrogate pair: \"\\ud800x\"]\"");
  CHECK(problem("[\"a\tb\"]") ==
        "json: line 1, column 4: a control character in a string must be escaped: \"\\x09\"");
  CHECK(problem("[\"a\xff\"]") == "json: line 1, column 4: not UTF-8: \"\\xff\"]\"");
  CHECK(problem(std::string(60, 'x')) == "json: line 1, column 1: expected a value, saw \"" +
                                             std::string(40, 'x') + "\"... (48 bytes)");
}

TEST_CASE("a problem is found at any distance from the end of the bytes") {
  for (std::size_t size = 0; size < 80; ++size) {
    const std::string text = "\"" + std::string(size, 'x');
    CHECK(good(text + "\""));
    CHECK_FALSE(good(text));
    CHECK_FALSE(good(text + "\x01\""));
    CHECK_FALSE(good(text + "\xc3\""));
    CHECK(good(text + "\xc3\xa9\""));
  }
}

TEST_CASE("lines are checked one by one, and the message counts them") {
  CHECK(json::validate_lines("{}\n[]\r\n\n3").value() == 3);
  CHECK(json::validate_lines("").value() == 0);
  CHECK(json::validate_lines("{}\n{]\n").error().message() ==
        "json: line 2, column 2: expected a member's name in quotes, saw \"]\"");
  CHECK(json::validate_lines("1\n\n2 3", {.first_line = 10}).error().message() ==
        "json: line 12, column 3: bytes after the value: \"3\"");
}

TEST_CASE("any bytes get an answer, and a changed text is never read past its end") {
  std::mt19937 random(8259);
  for (int round = 0; round < 30'000; ++round) {
    std::string text(cases::accepted[random() % std::size(cases::accepted)]);
    for (unsigned k = 0; k <= random() % 3; ++k) {
      const std::size_t at = random() % (text.size() + 1);
      switch (random() % 3) {
        case 0:
          text.insert(at, 1, static_cast<char>(random()));
          break;
        case 1:
          text.insert(at, cases::refused[random() % std::size(cases::refused)]);
          break;
        default:
          text.resize(at);
      }
    }
    const bool first = good(text);
    REQUIRE(good(" " + text + "\n") == first);  // blanks around it change nothing
  }
}
