// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/store.hpp"

#include "index_fixture.hpp"

using namespace millrace;
using namespace millrace::index;
using Catch::Matchers::Contains;

namespace {

std::string shown(const Item& item) {
  std::string text = std::to_string(item.status) + ' ';
  if (!item.error) return text + item.result + " v" + std::to_string(item.version);
  return text + item.error->type + ": " + item.error->reason;
}

}  // namespace

TEST_CASE("Each action has OpenSearch's status, result and version") {
  IndexFixture f;
  CHECK(shown(f.put("1", R"({"n":1})")) == "201 created v1");
  CHECK(shown(f.put("1", R"({"n":2})")) == "200 updated v2");
  CHECK(shown(f.one({.op = Op::create, .index = "i", .id = "1", .document = "{}"})) ==
        "409 version_conflict_engine_exception: [1]: version conflict, document already exists "
        "(current version [2])");
  CHECK(shown(f.one({.op = Op::create, .index = "i", .id = "2", .document = "{}"})) ==
        "201 created v1");
  const auto update = [&](std::string_view id, std::string_view body) {
    return shown(f.one({.op = Op::update, .index = "i", .id = id, .document = body}));
  };
  CHECK(update("1", R"({"doc":{"n":3,"o":{"a":1}}})") == "200 updated v3");
  CHECK(update("1", R"({"doc":{"o":{"b":2}}})") == "200 updated v4");
  CHECK(update("1", R"({"doc":{"n":3}})") == "200 noop v4");
  CHECK(f.store.get("i", "1").value()->source == R"({"n":3,"o":{"a":1,"b":2}})");
  CHECK(update("9", R"({"doc":{"n":3}})") ==
        "404 document_missing_exception: [9]: document missing");
  CHECK(update("9", R"({"doc":{"n":3},"doc_as_upsert":true})") == "201 created v1");
  CHECK(update("8", R"({"doc":{"n":3},"upsert":{"n":4}})") == "201 created v1");
  CHECK(f.store.get("i", "8").value()->source == R"({"n":4})");
  CHECK_THAT(update("1", R"({"script":"x"})"), Contains("scripts are not supported"));
  CHECK_THAT(update("1", "x"), Contains("400 x_content_parse_exception"));
  CHECK(shown(f.one({.op = Op::remove, .index = "i", .id = "1"})) == "200 deleted v5");
  CHECK(shown(f.one({.op = Op::remove, .index = "i", .id = "1"})) == "404 not_found v1");
  CHECK_FALSE(f.store.get("i", "1").value());
  CHECK(f.store.count("i").value() == 3);
}

TEST_CASE("External versions let nothing older through") {
  IndexFixture f;
  const auto index = [&](std::uint64_t version, VersionType type) {
    return shown(f.one(
        {.index = "i", .id = "1", .document = "{}", .version = version, .version_type = type}));
  };
  CHECK(index(7, VersionType::external) == "201 created v7");
  CHECK(index(7, VersionType::external) ==
        "409 version_conflict_engine_exception: [1]: version conflict, current version [7] is "
        "higher or equal to the one provided [7]");
  CHECK(index(7, VersionType::external_gte) == "200 updated v7");
  CHECK(index(6, VersionType::external_gte) ==
        "409 version_conflict_engine_exception: [1]: version conflict, current version [7] is "
        "higher than the one provided [6]");
  CHECK(index(9, VersionType::external) == "200 updated v9");
  CHECK(shown(f.one({.op = Op::remove,
                     .index = "i",
                     .id = "1",
                     .version = 8,
                     .version_type = VersionType::external}))
            .starts_with("409"));
  CHECK(f.one({.op = Op::remove,
               .index = "i",
               .id = "1",
               .version = 10,
               .version_type = VersionType::external})
            .version == 10);
  CHECK_THAT(shown(f.one({.op = Op::create,
                          .index = "i",
                          .id = "1",
                          .document = "{}",
                          .version = 1,
                          .version_type = VersionType::external})),
             Contains("only support internal versioning"));
  CHECK_THAT(shown(f.one({.index = "i", .id = "1", .document = "{}", .version = 1})),
             Contains("internal versioning can not be used"));
  CHECK_THAT(
      shown(f.one(
          {.index = "i", .id = "1", .document = "{}", .version_type = VersionType::external})),
      Contains("needs a number"));
}

TEST_CASE("A required sequence number is compared") {
  IndexFixture f;
  const std::uint64_t seq = f.put("1", "{}").seq_no;
  CHECK(shown(f.one({.index = "i", .id = "1", .document = "{}", .if_seq_no = seq + 1}))
            .starts_with("409"));
  CHECK(shown(f.one({.index = "i", .id = "1", .document = "{}", .if_seq_no = seq})) ==
        "200 updated v2");
  CHECK_THAT(shown(f.one({.index = "i", .id = "2", .document = "{}", .if_seq_no = seq})),
             Contains("but no document was found"));
}

TEST_CASE("A document that does not fit is one item's error and changes nothing") {
  IndexFixture f;
  f.store
      .create_if_absent("i", R"({"mappings":{"properties":{"n":{"type":"integer"},
      "x":{"type":"double"},"b":{"type":"boolean"},"d":{"type":"date"},"k":{"type":"keyword"},
      "o":{"properties":{"a":{"type":"byte"}}}}}})")
      .value();
  const auto refused = [&](std::string_view document) {
    const Item item = f.put("1", document);
    return item.error ? std::to_string(item.status) + ' ' + item.error->type + ": " +
                            item.error->reason + " / " + item.error->cause_reason
                      : std::string("no error");
  };
  CHECK(refused(R"({"n":"abc"})") ==
        "400 mapper_parsing_exception: failed to parse field [n] of type [integer] in document "
        "with id '1'. Preview of field's value: 'abc' / For input string: \"abc\"");
  CHECK_THAT(refused(R"({"n":3000000000})"), Contains("out of range for an integer"));
  CHECK_THAT(refused(R"({"o":{"a":200}})"), Contains("field [o.a]") && Contains("a byte"));
  CHECK_THAT(refused(R"({"n":1e99})"), Contains("out of range"));
  CHECK_THAT(refused(R"({"n":true})"), Contains("not numeric"));
  CHECK_THAT(refused(R"({"x":"NaN"})"), Contains("For input string: \"NaN\""));
  CHECK_THAT(refused(R"({"x":1e999})"), Contains("out of range for a double"));
  CHECK_THAT(refused(R"({"b":"yes"})"), Contains("only [true] or [false]"));
  CHECK_THAT(refused(R"({"d":"yesterday"})"), Contains("failed to parse date field [yesterday]"));
  CHECK_THAT(refused(R"({"d":"2/8/2016 0:37"})"), Contains("failed to parse date field"));
  CHECK_THAT(refused(R"({"k":{"a":1}})"), Contains("field [k] of type [keyword]"));
  CHECK_THAT(refused(R"({"o":5})"), Contains("object mapping for [o]"));
  CHECK_THAT(refused(R"({"k":"a","k":"b"})"), Contains("Duplicate field 'k'"));
  CHECK_THAT(refused(R"({"":1})"), Contains("a field name cannot be empty"));
  CHECK_THAT(refused(R"({"a..b":1})"), Contains("a field name cannot be empty"));
  CHECK_THAT(refused(R"({"n":1)"), Contains("failed to parse / json: line 1, column 7"));
  CHECK_THAT(refused("[1]"), Contains("expected an object"));
  CHECK_THAT(refused(""), Contains("expected an object"));
  CHECK_THAT(refused("{\"k\":\"\xff\"}"), Contains("not UTF-8"));
  CHECK_THAT(refused(std::string(200, '[')), Contains("expected an object"));
  std::string deep = "1";
  for (int i = 0; i < 30; ++i) deep = R"({"a":)" + deep + '}';
  CHECK_THAT(refused(deep), Contains("Limit of mapping depth [20]"));
  CHECK_THAT(refused(R"({"k":")" + std::string(100'000, 'k') + "\"}"),
             Contains("failed to parse field [k]") && Contains("at most 32766"));
  CHECK(f.store.count("i").value() == 0);
  CHECK_THAT(f.store.mapping("i").value(), !Contains("\"a\":{\"properties\""));
}

TEST_CASE("Values are taken as OpenSearch coerces them") {
  IndexFixture f;
  f.store
      .create_if_absent("i", R"({"mappings":{"properties":{"n":{"type":"long"},
      "b":{"type":"boolean"},"k":{"type":"keyword"},"d":{"type":"date"},
      "s":{"type":"keyword","ignore_above":3}}}})")
      .value();
  CHECK(f.put("1", R"({"n":"12","b":"true","k":5,"d":"2016-02-08","s":"long text"})").status ==
        201);
  CHECK(f.put("2", R"({"n":12.7,"b":"","k":true,"d":1454889600000,"s":"abc"})").status == 201);
  CHECK(f.put("3", R"({"n":null,"b":[],"d":"2016-02-08T00:00:00.000+00:00"})").status == 201);
  CHECK(f.ids(R"({"term":{"n":12}})") == "1 2");
  CHECK(f.ids(R"({"term":{"b":true}})") == "1");
  CHECK(f.ids(R"({"terms":{"k":["5","true"]}})") == "1 2");
  CHECK(f.ids(R"({"term":{"d":"2016-02-08"}})") == "1 2 3");
  CHECK(f.ids(R"({"exists":{"field":"s"}})") == "2");
}

TEST_CASE("A field of 100 KB is kept, found by its words, and as a keyword left out") {
  IndexFixture f;
  const std::string text(100'000, 'x');
  CHECK(f.put("1", R"({"t":"needle )" + text + "\"}").status == 201);
  CHECK(f.ids(R"({"match":{"t":"NEEDLE"}})") == "1");
  CHECK(f.ids(R"({"exists":{"field":"t.keyword"}})").empty());
  CHECK(f.store.get("i", "1").value()->source.size() > 100'000);
}

TEST_CASE("Ids and index names that can't be are refused, item by item") {
  IndexFixture f;
  CHECK_THAT(shown(f.put(std::string(513, 'x'), "{}")), Contains("no longer than 512 bytes"));
  CHECK(f.put(std::string(512, 'x'), "{}").status == 201);
  CHECK_THAT(shown(f.put("\xff", "{}")), Contains("the id is not UTF-8"));
  for (const std::string name :
       {"Logs", "-x", "_x", "+x", "a b", "a,b", "a*", "a/b", "..", ".", "a\"b", "a#b", "a:b",
        "a\\b", "a\nb", "a\x7f", "a\xff", "i; DROP TABLE indices", "a'b\"c"}) {
    INFO(name);
    CHECK_THAT(shown(f.put("1", "{}", name)), Contains("400 invalid_index_name_exception"));
    CHECK_FALSE(f.store.create_if_absent(name));
  }
  CHECK_FALSE(check_index_name(std::string(256, 'a')));
  CHECK_FALSE(check_index_name(""));
  CHECK(check_index_name("a'b"));
  CHECK(f.put("1", R"({"x'); DROP TABLE indices; --":"y","f0":1,"n":2,"id":"z"})", "a'b").status ==
        201);
  CHECK(f.ids(R"({"term":{"x'); DROP TABLE indices; --.keyword":"y"}})", "a'b") == "1");
  CHECK(f.ids(R"({"term":{"id.keyword":"z"}})", "a'b") == "1");
  CHECK(f.ids(R"({"match":{"id":"\" OR t:* NEAR( z"}})", "a'b") == "1");
}

TEST_CASE("Documents without an id get one each") {
  IndexFixture f;
  const Item a = f.put("", "{}");
  const Item b = f.put("", "{}");
  CHECK(a.id.size() == 20);
  CHECK(a.id != b.id);
  CHECK_THAT(shown(f.one({.op = Op::remove, .index = "i"})), Contains("an id must be provided"));
}

TEST_CASE("Without auto_create a missing index is an item's 404") {
  sim::Env sim;
  Store store = Store::open(sim.env(), "/data", {.auto_create = AutoCreate::no}).value();
  const Item item = store.bulk({{.index = "i", .id = "1", .document = "{}"}}).value().items[0];
  CHECK(shown(item) == "404 index_not_found_exception: no such index [i]");
  CHECK(store.search("i", "{}").error().message() ==
        "index_not_found_exception: no such index [i]");
  CHECK(store.refresh("i").error().code() == Errc::not_found);
  CHECK(store.count("i-*").value() == 0);
}

TEST_CASE("Patterns, lists and aliases name indices; each rotation is an index of its own") {
  IndexFixture f;
  // The names of index_rotation.json.
  const std::vector<std::string> names = {
      "myindex",          "myindex-2016-02", "myindex-2016-02-25", "myindex-2016-02-25-13",
      "myindex-2017-w24", "myindex-2020-w33"};
  for (const std::string& name : names) f.put(name, R"({"n":1})", name);
  f.put("other", "{}", "other");
  CHECK(f.store.indices("myindex*").value() == names);
  CHECK(f.store.count("myindex-2016-*").value() == 3);
  CHECK(f.store.count("*-w*").value() == 2);
  CHECK(f.store.count("other,myindex").value() == 2);
  CHECK(f.store.count("_all").value() == 7);
  f.store.add_alias("all", "myindex").value();
  f.store.add_alias("all", "other").value();
  CHECK(f.ids(R"({"match_all":{}})", "all") == "myindex other");
  CHECK_THAT(shown(f.put("2", "{}", "all")), Contains("no write index is defined"));
  f.store.add_alias("all", "other", Store::WriteIndex::yes).value();
  CHECK(f.put("2", "{}", "all").index == "other");
  CHECK_FALSE(f.store.add_alias("all", "myindex", Store::WriteIndex::yes));
  CHECK_FALSE(f.store.add_alias("other", "myindex"));
  CHECK_FALSE(f.store.add_alias("x", "none"));
  f.store.remove_alias("all", "other").value();
  CHECK_FALSE(f.store.remove_alias("all", "other"));
  CHECK(f.store.count("all").value() == 1);
  f.store.delete_index("myindex*").value();
  CHECK(f.store.indices().value() == std::vector<std::string>{"other"});
  CHECK_FALSE(f.store.delete_index("myindex"));
  CHECK_FALSE(f.store.count("all"));
  CHECK(f.put("new", R"({"n":"text now"})", "myindex").status == 201);
}

TEST_CASE("Mappings are strict, static or grow, and a bad definition is refused") {
  IndexFixture f;
  CHECK(f.store
            .create_if_absent("s", R"({"settings":{"number_of_shards":1},"mappings":
      {"dynamic":"strict","properties":{"a":{"type":"long"}}},"aliases":{"sa":{}}})")
            .value());
  CHECK_FALSE(f.store.create_if_absent("s", R"({})").value());
  CHECK_THAT(shown(f.put("1", R"({"b":1})", "s")),
             Contains("400 strict_dynamic_mapping_exception: mapping set to strict, dynamic "
                      "introduction of [b] within [_doc] is not allowed"));
  CHECK(f.put("1", R"({"a":1})", "sa").index == "s");
  f.store.create_if_absent("n", R"({"mappings":{"dynamic":false}})").value();
  CHECK(f.put("1", R"({"b":{"c":[1]},"d.e":2})", "n").status == 201);
  CHECK(f.store.mapping("n").value() == R"({"dynamic":"false","properties":{}})");
  std::string many = "{";
  for (int i = 0; i < 1001; ++i)
    many += (i ? ",\"f" : "\"f") + std::to_string(i) + "\":" + std::to_string(i);
  CHECK_THAT(shown(f.put("1", many + '}', "m")), Contains("Limit of total fields [1000]"));
  CHECK(f.store.mapping("m").value() == R"({"properties":{}})");
  const auto refusal = [&](std::string_view definition) {
    auto made = f.store.create_if_absent("x", definition);
    return made ? std::string("no refusal") : made.error().message();
  };
  CHECK_THAT(refusal("{"), Contains("parse_exception"));
  CHECK_THAT(refusal("[]"), Contains("must be an object"));
  CHECK_THAT(refusal(R"({"mapping":{}})"), Contains("unknown key [mapping]"));
  CHECK_THAT(refusal(R"({"mappings":{"properties":{"a":{"type":"lnog"}}}})"),
             Contains("No handler for type [lnog] declared on field [a]"));
  CHECK_THAT(refusal(R"({"mappings":{"properties":{"a":{}}}})"), Contains("No type specified"));
  CHECK_THAT(refusal(R"({"mappings":{"properties":{"a.b":{"type":"long"}}}})"), Contains("a dot"));
  CHECK_THAT(refusal(R"({"mappings":{"dynamic":"maybe"}})"), Contains("\"maybe\""));
  CHECK_THAT(refusal(R"({"mappings":{"properties":{"a":{"type":"long","indx":true}}}})"),
             Contains("unknown parameter [indx]"));
  CHECK_THAT(refusal(R"({"mappings":{"properties":{"a":{"type":"date","format":"yyyy"}}}})"),
             Contains("Invalid format: [yyyy]"));
  CHECK(f.store.indices("x*").value().empty());
}

TEST_CASE("Dynamic fields take the type of their first value, and keep it") {
  IndexFixture f;
  f.put(
      "1",
      R"({"b":true,"l":1,"f":1.5,"d":"2020-01-02T03:04:05Z","s":"x","o":{"p":1},"e":[],"z":null,"a":["q"]})");
  CHECK(f.store.mapping("i").value() ==
        R"({"properties":{"b":{"type":"boolean"},"l":{"type":"long"},"f":{"type":"float"},)"
        R"("d":{"type":"date"},"s":{"type":"text","fields":{"keyword":{"type":"keyword",)"
        R"("ignore_above":256}}},"o":{"properties":{"p":{"type":"long"}}},"a":{"type":"text",)"
        R"("fields":{"keyword":{"type":"keyword","ignore_above":256}}}}})");
  CHECK(f.put("2", R"({"l":"x"})").status == 400);
  CHECK(f.put("2", R"({"o.p":7})").status == 201);
  CHECK(f.ids(R"({"term":{"o.p":7}})") == "2");
}

TEST_CASE("Documents come page by page") {
  IndexFixture f;
  for (const char* id : {"c", "a", "b"}) f.put(id, R"({"x":1})");
  const auto page = f.store.documents("i", {}, 2).value();
  REQUIRE(page.size() == 2);
  CHECK(page[1].id == "b");
  CHECK(f.store.documents("i", "b").value().at(0).id == "c");
  CHECK(f.store.documents("i", "c").value().empty());
}
