// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/partition_keys.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::firehose;

namespace {

std::string value_at(std::string_view path, std::string_view record) {
  PartitionKeys keys;
  const KeyQuery query = KeyQuery::parse("{k: " + std::string(path) + "}").value();
  query.extract(record, keys).value();
  return *keys.find(KeyOrigin::query, "k");
}
std::string failure_at(std::string_view path, std::string_view record) {
  PartitionKeys keys;
  const auto got = KeyQuery::parse("{k: " + std::string(path) + "}").value().extract(record, keys);
  REQUIRE_FALSE(got);
  CHECK(keys.size() == 0);
  return got.error().message();
}
std::string refusal(std::string_view query) {
  const auto parsed = KeyQuery::parse(query);
  REQUIRE_FALSE(parsed);
  return parsed.error().message();
}

}  // namespace

TEST_CASE("keys are found by origin and name, the last value counts") {
  PartitionKeys keys;
  keys.set(KeyOrigin::query, "a", "1");
  keys.set(KeyOrigin::lambda, "a", "2");
  keys.set(KeyOrigin::query, "a", "3");
  CHECK(keys.size() == 2);
  CHECK(*keys.find(KeyOrigin::query, "a") == "3");
  CHECK(*keys.find(KeyOrigin::lambda, "a") == "2");
  CHECK(keys.find(KeyOrigin::query, "b") == nullptr);
  keys.clear();
  CHECK(keys.find(KeyOrigin::query, "a") == nullptr);
}

TEST_CASE("a query takes fields of a record, as jq does") {
  const KeyQuery query =
      KeyQuery::parse("{customer_id:.customer_id, device: .type.device ,\n\"a b\":.[\"x y\"]}")
          .value();
  CHECK(query.names() == std::vector<std::string>{"customer_id", "device", "a b"});
  PartitionKeys keys;
  query
      .extract(R"({"type":{"device":"mobile","x":[{}]},"x y":true,"customer_id":1234567890})", keys)
      .value();
  CHECK(*keys.find(KeyOrigin::query, "customer_id") == "1234567890");
  CHECK(*keys.find(KeyOrigin::query, "device") == "mobile");
  CHECK(*keys.find(KeyOrigin::query, "a b") == "true");
}

TEST_CASE("paths go through objects and arrays") {
  CHECK(value_at(".a[1].b", R"({"a":[{"b":1},{"b":2.50}]})") == "2.50");
  CHECK(value_at(".[2]", "[1,2,\"three\"]") == "three");
  CHECK(value_at(R"(."\"q\"")", R"({"\"q\"":"v"})") == "v");
  CHECK(value_at(".a", R"({"\u0061":"\u00e9\n"})") == "\xC3\xA9\n");
  CHECK(value_at(".a", R"({"a":"first","a":"last"})") == "last");
  CHECK(value_at(".a.b", R"({"b":0,"a":{"a":1,"b":-1e3}})") == "-1e3");
}

TEST_CASE("a key that is missing, null, empty or no scalar is an error") {
  CHECK(failure_at(".a.b[0]", R"({"a":1})") ==
        "partition key k: the record has no text, number or truth value at .a.b[0]");
  for (const char* record : {R"({})", R"({"a":null})", R"({"a":""})", R"({"a":{}})", R"({"a":[1]})",
                             "[]", "1", R"({"b":{"a":1}})", R"({"a":1,"a":null})"})
    CHECK(failure_at(".a", record).ends_with("at .a"));
  CHECK(failure_at(".[1]", "[1]").ends_with("at [1]"));
  CHECK(failure_at(".a.b", R"({"a":{"b":1},"a":{}})").ends_with("at .a.b"));
}

TEST_CASE("a record that is no JSON is an error, also past the key") {
  for (const char* record : {"", "{", R"({"a":1)", R"({"a":1}x)", R"({"a":1,})", "a|b|c",
                             R"({"a":"\x"})", "{\"a\":\"\xFF\"}"})
    CHECK(failure_at(".a", record).starts_with("partition key k: json: line 1"));
  std::string deep = "{\"b\":";
  deep.append(100'000, '[');
  CHECK(failure_at(".a", deep).find("nested deeper than") != std::string::npos);
}

TEST_CASE("what is no query is refused, with its column") {
  CHECK(refusal("customer_id") ==
        "partition keys, column 1: expected '{', saw \"c\"; write {name: .field, other: "
        ".object.field}");
  CHECK(refusal("").find("saw the end") != std::string::npos);
  CHECK(refusal("{}").find("column 2: expected a key's name") != std::string::npos);
  CHECK(refusal("{a}").find("column 3: expected ':' after the name") != std::string::npos);
  CHECK(refusal("{a:}").find("column 4: expected a path") != std::string::npos);
  CHECK(refusal("{a:.}").find("column 5: expected a field's name") != std::string::npos);
  CHECK(refusal("{a:.a[x]}").find("column 7: expected an index or a name") != std::string::npos);
  CHECK(refusal("{a:.a[0}").find("column 8: expected ']'") != std::string::npos);
  CHECK(refusal("{a:.a[9999999]}").find("an index is at most 1000000") != std::string::npos);
  CHECK(refusal("{a:.[\"x}").find("expected the end of the name") != std::string::npos);
  CHECK(refusal("{\"\":.a}").find("a key's name is empty") != std::string::npos);
  CHECK(refusal("{a:.a").find("expected ',' or '}', saw the end") != std::string::npos);
  CHECK(refusal("{a:.a}x").find("column 7: expected the end") != std::string::npos);
  CHECK(refusal("{a:.a,a:.b}").find("the key \"a\" comes twice") != std::string::npos);
}

TEST_CASE("the rest of jq is named as unsupported") {
  CHECK(refusal("{year:.ts|strftime(\"%Y\")}") ==
        "partition keys, column 10: \"|\": of jq only paths such as .a.b, .\"a b\" and .a[0] are "
        "supported; compute the key in the transform");
  for (const char* query : {"{a:.a/2}", "{a:.a+1}", "{a:(.a)}", "{a:.a?}", "{a:.a[-1]}"})
    CHECK(KeyQuery::parse(query).error().code() == Errc::unsupported);
}

TEST_CASE("a query has at most 50 keys") {
  std::string query = "{";
  for (int i = 0; i < 50; ++i) query += "k" + std::to_string(i) + ":.a,";
  CHECK(KeyQuery::parse(query.substr(0, query.size() - 1) + "}").value().names().size() == 50);
  CHECK(KeyQuery::parse(query + "more:.a}").error().message() ==
        "partition keys: a query has at most 50 keys");
}
