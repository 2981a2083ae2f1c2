// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/bulk.hpp"

#include <fstream>
#include <optional>
#include <sstream>

#include "index_fixture.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/index/document_target.hpp"

using namespace millrace;
using namespace millrace::index;

namespace {

std::string read_file(const std::string& name) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/tests/vectors/" + name, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// The value of the member that begins at `at`, whatever it is.
std::string_view value_at(std::string_view text, std::size_t at) {
  json::Cursor cursor(text.substr(at), 100);
  cursor.skip_space();
  const char* const begin = cursor.position();
  REQUIRE(cursor.skip_value());
  return {begin, static_cast<std::size_t>(cursor.position() - begin)};
}
std::string_view member(std::string_view object, std::string_view name) {
  const std::size_t at = object.find('"' + std::string(name) + "\":");
  REQUIRE(at != std::string_view::npos);
  return value_at(object, at + name.size() + 3);
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
    case Outcome::duplicate:
      return "ok";
    case Outcome::stale:
      return "stale-ok";
    case Outcome::retry:
      return "retry";
    default:
      return "fail";
  }
}
std::string_view name_of(Response response) {
  switch (response) {
    case Response::split:
      return "split";
    case Response::fatal:
      return "fatal";
    case Response::protocol_error:
      return "protocol-error";
    case Response::retry:
      return "retry";
    default:
      return "items";
  }
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++n;
  return n;
}

}  // namespace

TEST_CASE("Answers of OpenSearch's bulk are understood as the vectors say") {
  const std::string vectors = read_file("opensearch_bulk.json");
  std::size_t cases = 0;
  for (std::size_t at = vectors.find("\"name\":"); at != std::string::npos;
       at = vectors.find("\"name\":", at + 1)) {
    const std::string_view rest = std::string_view(vectors).substr(at);
    const std::string name(member(rest, "name"));
    INFO(name);
    ++cases;
    const int status = std::stoi(std::string(member(rest, "http_status")));
    const std::string_view expected = member(rest, "expect");
    const bool by_item = expected[0] == '[';
    BulkResult result;
    const std::size_t actions = by_item ? count(expected, "\"") / 2 : 1;
    const Response response = read_response(status, member(rest, "body"), actions, result);
    if (!by_item) {
      CHECK('"' + std::string(name_of(response)) + '"' == expected);
      continue;
    }
    REQUIRE(response == Response::items);
    const VersionType versions =
        name.find("external") != std::string::npos ? VersionType::external : VersionType::internal;
    std::string seen = "[";
    for (const Item& item : result.items)
      seen +=
          (seen.size() > 1 ? ",\"" : "\"") + std::string(name_of(classify(item, versions))) + '"';
    std::string wanted;
    for (const char c : expected)
      if (c != ' ' && c != '\n') wanted += c;
    CHECK(seen + "]" == wanted);
  }
  CHECK(cases == 13);
}

TEST_CASE("Statuses that no vector has are classed, too") {
  CHECK(classify(503) == Response::retry);
  CHECK(classify(401) == Response::fatal);
  CHECK(classify({.op = Op::create, .status = 409}, VersionType::internal) == Outcome::duplicate);
  CHECK(classify({.op = Op::index, .status = 409}, VersionType::internal) == Outcome::fail);
  CHECK(classify({.op = Op::update, .status = 500}, VersionType::internal) == Outcome::retry);
  BulkResult result;
  CHECK(read_response(200, "<html>proxy</html>", 1, result) == Response::protocol_error);
}

TEST_CASE("An answer that was written is read back the same") {
  IndexFixture f;
  const BulkResult wrote = f.store
                               .bulk({{.index = "i", .id = "1", .document = R"({"n":1})"},
                                      {.index = "i", .id = "2", .document = R"({"n":"x"})"},
                                      {.op = Op::remove, .index = "i", .id = "3"}})
                               .value();
  const BulkResult read = parse_bulk_result(to_json(wrote)).value();
  CHECK(read.errors);
  REQUIRE(read.items.size() == 3);
  CHECK(read.items[1].error == wrote.items[1].error);
  CHECK(to_json(read) == to_json(wrote));
  CHECK_FALSE(parse_bulk_result("{}"));
  CHECK_FALSE(parse_bulk_result(R"({"errors":false,"items":[{"index":{}}]})"));
}

TEST_CASE("A body of a bulk is read, and a bad one is refused with its line") {
  const std::string body =
      "{\"index\":{\"_id\":\"1\",\"version\":7,\"version_type\":\"external\"}}\n{\"n\":1}\n"
      "{\"delete\":{\"_index\":\"j\",\"_id\":\"a\\u00e9\"}}\n";
  const BulkRequest request = BulkRequest::parse(body, "i").value();
  REQUIRE(request.actions().size() == 2);
  CHECK(request.actions()[0].index == "i");
  CHECK(request.actions()[0].version == 7);
  CHECK(request.actions()[0].version_type == VersionType::external);
  CHECK(request.actions()[0].document == "{\"n\":1}");
  CHECK(request.actions()[1].op == Op::remove);
  CHECK(request.actions()[1].id == "a\xc3\xa9");
  const auto refusal = [](std::string_view text) {
    auto parsed = BulkRequest::parse(text, "i");
    return parsed ? std::string("no refusal") : parsed.error().message();
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(refusal(""), Contains("request body is required"));
  CHECK_THAT(refusal("{\"index\":{}}\n{}"), Contains("must be terminated by a newline"));
  CHECK_THAT(refusal("{\"index\":{}}\n"), Contains("line [1], its document is missing"));
  CHECK_THAT(refusal("{\"delete\":{}}\nx\n"), Contains("line [2]"));
  CHECK_THAT(refusal("{\"put\":{}}\n{}\n"), Contains("but found [put]"));
  CHECK_THAT(refusal("{\"index\":{\"_type\":\"t\"}}\n{}\n"), Contains("unknown parameter [_type]"));
  CHECK_THAT(refusal("{\"index\":{\"version\":-1}}\n{}\n"), Contains("is no version"));
  CHECK_THAT(refusal("{\"index\":{\"version_type\":\"force\"}}\n{}\n"), Contains("[force]"));
}

TEST_CASE("Two documents make four lines, and one with line breaks stays one line") {
  std::string body;
  append_bulk(body, {.index = "i", .id = "1", .document = "{\n\"a\": \"x\\ny\"\n}"});
  append_bulk(body, {.op = Op::create, .index = "i", .id = "2", .document = "{}"});
  CHECK(body ==
        "{\"index\":{\"_index\":\"i\",\"_id\":\"1\"}}\n{ \"a\": \"x\\ny\" }\n"
        "{\"create\":{\"_index\":\"i\",\"_id\":\"2\"}}\n{}\n");
  CHECK(BulkRequest::parse(body).value().actions().size() == 2);
}
