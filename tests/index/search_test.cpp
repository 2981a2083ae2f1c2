// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/store.hpp"

#include "index_fixture.hpp"
#include "millrace/index/definition.hpp"

using namespace millrace;
using namespace millrace::index;
using Catch::Matchers::Contains;

namespace {

struct Place {
  std::string name;
  std::optional<double> altitude;
};
constexpr auto describe(type<Place>) {
  return fields("name", &Place::name, "altitude", &Place::altitude);
}
struct Incident {
  std::string id;
  std::string text;
  std::int32_t severity = 0;
  std::uint32_t lanes = 0;
  bool open = false;
  Timestamp at{};
  std::vector<std::string> tags;
  Place place;
};
constexpr auto describe(type<Incident>) {
  return fields("id", &Incident::id, "text", &Incident::text, "severity", &Incident::severity,
                "lanes", &Incident::lanes, "open", &Incident::open, "at", &Incident::at, "tags",
                &Incident::tags, "place", &Incident::place);
}

struct Incidents : IndexFixture {
  Incidents() {
    store.create_if_absent("i", definition_of<Incident>({.full_text = {"text", "place.name"}}))
        .value();
    put("1",
        R"({"text":"Accident on I-270, two lanes blocked","severity":3,"open":true,)"
        R"("at":"2020-01-15T10:00:00","tags":["a","b"],"place":{"name":"Dublin Road","altitude":1.5}})");
    put("2", R"({"text":"accident cleared","severity":2,"open":false,)"
             R"("at":"2020-02-15T23:59:59.999","tags":["b"],"place":{"name":"North Road"}})");
    put("3", R"({"text":"Lanes open; no Accident: all clear","severity":4,)"
             R"("at":"2020-04-01","tags":["c","b","c"]})");
    put("4", R"({"text":"snow"})");
  }
};

}  // namespace

TEST_CASE("A described struct gives its mapping") {
  CHECK(definition_of<Incident>({.full_text = {"text"}}) ==
        R"({"mappings":{"properties":{"id":{"type":"keyword"},"text":{"type":"text","fields":)"
        R"({"keyword":{"type":"keyword","ignore_above":256}}},"severity":{"type":"integer"},)"
        R"("lanes":{"type":"long"},"open":{"type":"boolean"},"at":{"type":"date"},)"
        R"("tags":{"type":"keyword"},"place":{"properties":{"name":{"type":"keyword"},)"
        R"("altitude":{"type":"double"}}}}}})");
}

TEST_CASE("Each query finds what OpenSearch would") {
  Incidents f;
  CHECK(f.ids(R"({"match_all":{}})") == "1 2 3 4");
  CHECK(f.ids(R"({"match_none":{}})").empty());
  CHECK(f.ids(R"({"match":{"text":"ACCIDENT clear"}})") == "1 2 3");
  CHECK(f.ids(R"({"match":{"text":{"query":"accident clear","operator":"and"}}})") == "3");
  CHECK(f.ids(R"({"match_phrase":{"text":"lanes blocked"}})") == "1");
  CHECK(f.ids(R"({"match":{"text":"I-270"}})") == "1");
  CHECK(f.ids(R"({"match":{"text":"!!"}})").empty());
  CHECK(f.ids(R"({"match":{"severity":3}})") == "1");
  CHECK(f.ids(R"({"multi_match":{"query":"road snow","fields":["text","place.name"]}})") ==
        "1 2 4");
  CHECK(f.ids(R"({"term":{"tags":"b"}})") == "1 2 3");
  CHECK(f.ids(R"({"term":{"tags":{"value":"c"}}})") == "3");
  CHECK(f.ids(R"({"term":{"_id":"2"}})") == "2");
  CHECK(f.ids(R"({"terms":{"severity":[2,4,"9"]}})") == "2 3");
  CHECK(f.ids(R"({"terms":{"text":["snow","blocked"]}})") == "1 4");
  CHECK(f.ids(R"({"term":{"nowhere":1}})").empty());
  CHECK(f.ids(R"({"range":{"severity":{"gt":2,"lte":4}}})") == "1 3");
  CHECK(f.ids(R"({"range":{"severity":{"gte":2.5}}})") == "1 3");
  CHECK(f.ids(R"({"range":{"tags":{"gte":"c"}}})") == "3");
  CHECK(f.ids(R"({"range":{"at":{"lte":"2020-02-15"}}})") == "1 2");
  CHECK(f.ids(R"({"range":{"at":{"gt":"2020-02","lt":1600000000000}}})") == "3");
  CHECK(f.ids(R"({"prefix":{"tags":"c"}})") == "3");
  CHECK(f.ids(R"({"exists":{"field":"place"}})") == "1 2");
  CHECK(f.ids(R"({"exists":{"field":"text"}})") == "1 2 3 4");
  CHECK(f.ids(R"({"ids":{"values":["4","1","9"]}})") == "1 4");
  CHECK(f.ids(R"({"bool":{"must":{"match":{"text":"accident"}},"filter":[{"term":{"tags":"b"}}],
      "must_not":[{"term":{"open":true}}]}})") == "2 3");
  CHECK(f.ids(R"({"bool":{"should":[{"term":{"tags":"c"}},{"term":{"open":false}}]}})") == "2 3");
  CHECK(f.ids(R"({"bool":{"must":{"match_all":{}},"should":{"term":{"tags":"c"}}}})") == "1 2 3 4");
  CHECK(f.ids(R"({"bool":{"should":[{"term":{"tags":"b"}},{"term":{"tags":"a"}}],
      "minimum_should_match":2}})") == "1");
  CHECK(f.ids(R"({"bool":{"must_not":{"bool":{"must_not":{"term":{"severity":3}}}}}})") == "1");
}

TEST_CASE("Hits are sorted, cut and scored") {
  Incidents f;
  CHECK(f.hits(R"({"sort":[{"severity":"desc"}]})") == "3 1 2 4");
  CHECK(f.hits(R"({"sort":[{"severity":{"order":"asc","missing":"_first"}}]})") == "4 2 1 3");
  CHECK(f.hits(R"({"sort":["tags",{"severity":"desc"}]})") == "1 3 2 4");
  CHECK(f.hits(R"({"sort":[{"tags":"desc"},{"_id":"asc"}]})") == "3 1 2 4");
  CHECK(f.hits(R"({"sort":{"_id":"desc"},"from":1,"size":2})") == "3 2");
  CHECK(f.hits(R"({"query":{"match":{"text":"lanes blocked"}}})") == "1 3");
  CHECK(f.hits(R"({"query":{"bool":{"should":[{"match_all":{}},
      {"term":{"severity":{"value":2,"boost":5}}}]}},"size":1})") == "2");
  f.put("9", R"({"severity":3,"at":"2021-01-01"})", "j");
  CHECK(f.hits(R"({"sort":[{"severity":"desc"},{"at":"desc"}]})", "i,j") == "3 9 1 2 4");
  CHECK(f.store.search("i", R"({"size":1,"_source":false,"sort":[{"at":"asc"}]})")
            .value()
            .find(R"("hits":{"total":{"value":4,"relation":"eq"},"max_score":null,"hits":)"
                  R"([{"_index":"i","_id":"1","_score":null,"sort":[1579082400000]}]})") !=
        std::string::npos);
}

TEST_CASE("A change or removal of a document leaves nothing of it in any index") {
  Incidents f;
  f.put("1", R"({"text":"changed","tags":"z"})");
  f.one({.op = Op::remove, .index = "i", .id = "2"});
  CHECK(f.ids(R"({"match":{"text":"accident"}})") == "3");
  CHECK(f.ids(R"({"match":{"text":"changed"}})") == "1");
  CHECK(f.ids(R"({"match":{"place.name":"road"}})").empty());
  CHECK(f.ids(R"({"term":{"tags":"b"}})") == "3");
  CHECK(f.ids(R"({"term":{"tags":"z"}})") == "1");
  CHECK(f.ids(R"({"exists":{"field":"severity"}})") == "3");
}

TEST_CASE("Aggregations answer in OpenSearch's shape") {
  Incidents f;
  CHECK(
      f.aggregate(R"({"t":{"terms":{"field":"tags","size":2},
      "aggs":{"m":{"avg":{"field":"severity"}}}}})") ==
      R"({"t":{"doc_count_error_upper_bound":0,"sum_other_doc_count":1,"buckets":[)"
      R"({"key":"b","doc_count":3,"m":{"value":3.0}},{"key":"a","doc_count":1,"m":{"value":3.0}}]}})");
  CHECK(f.aggregate(R"({"t":{"terms":{"field":"open","order":{"_key":"asc"}}}})") ==
        R"({"t":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[)"
        R"({"key_as_string":"false","key":0,"doc_count":1},)"
        R"({"key_as_string":"true","key":1,"doc_count":1}]}})");
  CHECK(f.aggregate(R"({"h":{"histogram":{"field":"severity","interval":1,"offset":0.5}}})") ==
        R"({"h":{"buckets":[{"key":1.5,"doc_count":1},{"key":2.5,"doc_count":1},)"
        R"({"key":3.5,"doc_count":1}]}})");
  CHECK(
      f.aggregate(R"({"d":{"date_histogram":{"field":"at","calendar_interval":"month"}}})") ==
      R"({"d":{"buckets":[{"key_as_string":"2020-01-01T00:00:00.000Z","key":1577836800000,"doc_count":1},)"
      R"({"key_as_string":"2020-02-01T00:00:00.000Z","key":1580515200000,"doc_count":1},)"
      R"({"key_as_string":"2020-03-01T00:00:00.000Z","key":1583020800000,"doc_count":0},)"
      R"({"key_as_string":"2020-04-01T00:00:00.000Z","key":1585699200000,"doc_count":1}]}})");
  CHECK(f.aggregate(R"({"a":{"avg":{"field":"severity"}},"b":{"min":{"field":"severity"}},
      "c":{"max":{"field":"at"}},"d":{"sum":{"field":"severity"}},
      "e":{"value_count":{"field":"tags"}},"f":{"avg":{"field":"lanes"}},
      "g":{"stats":{"field":"severity"}},
      "p":{"percentiles":{"field":"severity","percents":[0,50,75]}}})") ==
        R"({"a":{"value":3.0},"b":{"value":2.0},"c":{"value":1585699200000.0,)"
        R"("value_as_string":"2020-04-01T00:00:00.000Z"},"d":{"value":9.0},"e":{"value":6},)"
        R"("f":{"value":null},"g":{"count":3,"min":2.0,"max":4.0,"avg":3.0,"sum":9.0},)"
        R"("p":{"values":{"0.0":2.0,"50.0":3.0,"75.0":3.5}}})");
}

TEST_CASE("Intervals follow the calendar and the zone") {
  IndexFixture f;
  f.put("1", R"({"d":"2020-02-29T23:30:00Z"})");
  f.put("2", R"({"d":"2020-03-01T00:30:00Z"})");
  const auto first_key = [&](std::string_view how) {
    const std::string answer = f.aggregate(R"({"d":{"date_histogram":{"field":"d",)" +
                                           std::string(how) + R"(,"min_doc_count":1}}})");
    const std::size_t at = answer.find("key_as_string\":\"") + 16;
    return answer.substr(at, 16) +
           (answer.find("\"doc_count\":2") == std::string::npos ? "" : " both");
  };
  CHECK(first_key(R"("calendar_interval":"month")") == "2020-02-01T00:00");
  CHECK(first_key(R"("calendar_interval":"1M","time_zone":"+01:00")") == "2020-02-29T23:00 both");
  CHECK(first_key(R"("calendar_interval":"week")") == "2020-02-24T00:00 both");
  CHECK(first_key(R"("calendar_interval":"quarter")") == "2020-01-01T00:00 both");
  CHECK(first_key(R"("calendar_interval":"year")") == "2020-01-01T00:00 both");
  CHECK(first_key(R"("fixed_interval":"90m")") == "2020-02-29T22:30");
  CHECK(first_key(R"("fixed_interval":"1d","offset":"-1h")") == "2020-02-29T23:00 both");
  CHECK(first_key(R"("interval":"hour")") == "2020-02-29T23:00");
}

TEST_CASE("A search that can't be understood is refused in OpenSearch's words") {
  Incidents f;
  const auto query = [&](std::string_view q) {
    return f.refusal(R"({"query":)" + std::string(q) + '}');
  };
  const auto aggs = [&](std::string_view a) {
    return f.refusal(R"({"aggs":{"x":)" + std::string(a) + "}}");
  };
  CHECK_THAT(f.refusal("{"), Contains("parsing_exception: json: line 1"));
  CHECK_THAT(f.refusal("[]"), Contains("must be an object"));
  CHECK_THAT(f.refusal(R"({"querry":{}})"), Contains("Unknown key for a value in [querry]"));
  CHECK_THAT(f.refusal(R"({"size":-1})"), Contains("cannot be negative"));
  CHECK_THAT(f.refusal(R"({"from":9999,"size":10})"), Contains("Result window is too large"));
  CHECK_THAT(f.refusal(R"({"sort":"text"})"), Contains("can't be sorted by"));
  CHECK_THAT(f.refusal(R"({"sort":"none"})"), Contains("No mapping found for [none]"));
  CHECK_THAT(f.refusal(R"({"sort":[{"at":{"mode":"min"}}]})"), Contains("unknown field [mode]"));
  CHECK_THAT(f.refusal(R"({"sort":[5]})"), Contains("a sort is"));
  CHECK_THAT(query(R"({"fuzzy":{"a":"b"}})"), Contains("unknown query [fuzzy]"));
  CHECK_THAT(query(R"({})"), Contains("query malformed"));
  CHECK_THAT(query(R"({"term":{}})"), Contains("[term] query malformed, no field"));
  CHECK_THAT(query(R"({"term":{"severity":"x"}})"), Contains("For input string: \"x\""));
  CHECK_THAT(query(R"({"term":{"severity":[1]}})"), Contains("must be one value"));
  CHECK_THAT(query(R"({"terms":{"severity":1}})"), Contains("requires an array"));
  CHECK_THAT(query(R"({"range":{"at":{"gte":"now-1d"}}})"), Contains("date field [now-1d]"));
  CHECK_THAT(query(R"({"range":{"at":{"from":1}}})"), Contains("does not support [from]"));
  CHECK_THAT(query(R"({"range":{"text":{"gt":"a"}}})"), Contains("[text] is a text"));
  CHECK_THAT(query(R"({"range":{"at":5}})"), Contains("no bounds"));
  CHECK_THAT(query(R"({"prefix":{"severity":"1"}})"), Contains("needs a keyword"));
  CHECK_THAT(query(R"({"match":{"text":{"fuzziness":1}}})"), Contains("does not support"));
  CHECK_THAT(query(R"({"exists":{}})"), Contains("must be provided with a [field]"));
  CHECK_THAT(query(R"({"ids":{}})"), Contains("requires values"));
  CHECK_THAT(query(R"({"bool":{"shold":[]}})"), Contains("does not support [shold]"));
  std::string deep = R"({"match_all":{}})";
  for (int i = 0; i < 40; ++i) deep = R"({"bool":{"must":)" + deep + "}}";
  CHECK_THAT(query(deep), Contains("nested deeper than 30"));
  CHECK_THAT(aggs(R"({"cardinality":{"field":"tags"}})"), Contains("Unknown aggregation type"));
  CHECK_THAT(aggs(R"({})"), Contains("Missing definition"));
  CHECK_THAT(aggs(R"({"terms":{"field":"text"}})"),
             Contains("use a keyword field instead: [text]"));
  CHECK_THAT(aggs(R"({"avg":{"field":"tags"}})"), Contains("type [keyword] is not supported"));
  CHECK_THAT(aggs(R"({"terms":{"script":"x"}})"), Contains("unknown field [script]"));
  CHECK_THAT(aggs(R"({"terms":{}})"), Contains("a [field] is needed"));
  CHECK_THAT(aggs(R"({"terms":{"field":"tags","size":0}})"), Contains("greater than 0"));
  CHECK_THAT(aggs(R"({"terms":{"field":"tags","order":{"m":"asc"}}})"), Contains("order path [m]"));
  CHECK_THAT(aggs(R"({"histogram":{"field":"severity","interval":0}})"), Contains("must be >0"));
  CHECK_THAT(aggs(R"({"date_histogram":{"field":"at"}})"), Contains("Required one of fields"));
  CHECK_THAT(aggs(R"({"date_histogram":{"field":"at","fixed_interval":"1M"}})"),
             Contains("[1M] could not be parsed"));
  CHECK_THAT(aggs(R"({"date_histogram":{"field":"at","fixed_interval":"1ms"}})"),
             Contains("too_many_buckets_exception"));
  CHECK_THAT(aggs(R"({"date_histogram":{"field":"at","interval":"day","time_zone":"CET"}})"),
             Contains("time_zone must be UTC or +hh:mm"));
  CHECK_THAT(aggs(R"({"percentiles":{"field":"severity","percents":[101]}})"), Contains("[0,100]"));
  CHECK_THAT(aggs(R"({"avg":{"field":"severity"},"aggs":{"y":{"avg":{"field":"severity"}}}})"),
             Contains("cannot accept sub-aggregations"));
}
