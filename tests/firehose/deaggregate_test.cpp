// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/deaggregate.hpp"

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "vectors.hpp"

using namespace millrace;
using namespace millrace::firehose;
using vectors::from_hex;
using vectors::to_hex;

namespace {

struct Member {
  std::string partition_key;
  std::optional<std::string> explicit_hash_key;
  std::string data_hex;
};
constexpr auto describe(type<Member>) {
  return fields("partition_key", &Member::partition_key, "explicit_hash_key",
                &Member::explicit_hash_key, "data_hex", &Member::data_hex);
}
struct Case {
  std::string name;
  std::vector<Member> records;
  std::string aggregated_hex;
  std::vector<std::string> effective_hash_keys;
};
constexpr auto describe(type<Case>) {
  return fields("name", &Case::name, "records", &Case::records, "aggregated_hex",
                &Case::aggregated_hex, "effective_hash_keys", &Case::effective_hash_keys);
}
struct Malformed {
  std::string name, hex;
};
constexpr auto describe(type<Malformed>) {
  return fields("name", &Malformed::name, "hex", &Malformed::hex);
}
struct Filter {
  std::string name, start, end;
  std::optional<std::string> aggregated_hex, raw_hex;
  std::size_t expect_count = 0;
};
constexpr auto describe(type<Filter>) {
  return fields("name", &Filter::name, "start", &Filter::start, "end", &Filter::end,
                "aggregated_hex", &Filter::aggregated_hex, "raw_hex", &Filter::raw_hex,
                "expect_count", &Filter::expect_count);
}
struct Cases {
  std::vector<Case> cases;
  std::vector<Malformed> negative;
  std::vector<Filter> filter;
};
constexpr auto describe(type<Cases>) {
  return fields("cases", &Cases::cases, "negative", &Cases::negative, "filter", &Cases::filter);
}

/// Magic bytes and MD5 around any message.
std::string signed_message(std::string_view message) {
  const log::HashKey sum = log::hash_of(message).value();
  std::string out = "\xF3\x89\x9A\xC2" + std::string(message);
  for (const std::uint64_t half : {sum.high, sum.low})
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(half >> shift);
  return out;
}
KplKind kind_of(std::string_view bytes) { return KplAggregate().parse(bytes).value(); }
KplKind kind_of_message(std::string_view hex) { return kind_of(signed_message(from_hex(hex))); }

std::vector<std::string> split(SubRecordOptions options, std::string_view record) {
  SubRecordSplitter splitter(std::move(options));
  std::vector<std::string> out;
  const auto parts = splitter.split(record).value();
  for (const std::string_view part : parts) out.emplace_back(part);
  return out;
}

}  // namespace

TEST_CASE("aggregates of the vectors are read and written to the byte") {
  KplAggregate aggregate;
  const auto all = vectors::read<Cases>("kpl.json");
  REQUIRE(all.cases.size() == 8);
  for (const Case& c : all.cases) {
    INFO(c.name);
    const std::string bytes = from_hex(c.aggregated_hex);
    REQUIRE(aggregate.parse(bytes).value() == KplKind::aggregate);
    REQUIRE(aggregate.records().size() == c.records.size());
    for (std::size_t i = 0; i < c.records.size(); ++i) {
      const KplRecord& record = aggregate.records()[i];
      CHECK(record.partition_key == c.records[i].partition_key);
      CHECK(record.explicit_hash_key == c.records[i].explicit_hash_key);
      CHECK(to_hex(record.data) == c.records[i].data_hex);
      CHECK(log::to_string(hash_key_of(record).value()) == c.effective_hash_keys[i]);
    }
    CHECK(to_hex(kpl_aggregate(aggregate.records()).value()) == c.aggregated_hex);
  }
}

TEST_CASE("malformed aggregates of the vectors are plain records, or an error") {
  const auto all = vectors::read<Cases>("kpl.json");
  REQUIRE(all.negative.size() == 9);
  for (const Malformed& c : all.negative) {
    INFO(c.name);
    KplAggregate aggregate;
    const std::string bytes = from_hex(c.hex);
    const auto kind = aggregate.parse(bytes);
    if (c.name == "pk-index-out-of-range") {
      REQUIRE_FALSE(kind);
      CHECK(kind.error().message() ==
            "KPL aggregate, record 0: partition key 5 is not in the table, which has 1");
    } else if (c.name == "tags-and-unknown-field") {
      CHECK(kind.value() == KplKind::aggregate);
      REQUIRE(aggregate.records().size() == 1);
      CHECK(aggregate.records()[0].partition_key == "p");
      CHECK(aggregate.records()[0].data == "zz");
    } else {
      CHECK(kind.value() == KplKind::plain);
      CHECK(aggregate.records().empty());
    }
  }
}

TEST_CASE("an aggregate with one record outside the shard's range is outside") {
  const auto all = vectors::read<Cases>("kpl.json");
  REQUIRE(all.filter.size() == 4);
  for (const Filter& c : all.filter) {
    INFO(c.name);
    KplAggregate aggregate;
    const std::string bytes = from_hex(c.raw_hex ? *c.raw_hex : c.aggregated_hex.value());
    const KplKind kind = aggregate.parse(bytes).value();
    const log::HashRange range{log::parse_hash_key(c.start).value(),
                               log::parse_hash_key(c.end).value()};
    const std::size_t count = kind == KplKind::plain            ? 1
                              : aggregate.within(range).value() ? aggregate.records().size()
                                                                : 0;
    CHECK(count == c.expect_count);
  }
}

TEST_CASE("what an aggregate says of hash keys is checked") {
  KplAggregate aggregate;
  const std::string no_number =
      kpl_aggregate(std::vector<KplRecord>{{.partition_key = "p", .explicit_hash_key = "x1"}})
          .value();
  CHECK(aggregate.parse(no_number).value() == KplKind::aggregate);
  CHECK_FALSE(aggregate.within({}));
  // Record 0 names explicit hash key 3 of none.
  const std::string outside = signed_message(from_hex("0a01701a07080010031a0178"));
  CHECK(aggregate.parse(outside).error().message() ==
        "KPL aggregate, record 0: explicit hash key 3 is not in the table, which has 0");
}

TEST_CASE("tables may follow the records, and fields come in any order") {
  KplAggregate aggregate;
  const std::string bytes =
      signed_message(from_hex("1a051a01780800"
                              "0a0170"));
  REQUIRE(aggregate.parse(bytes).value() == KplKind::aggregate);
  CHECK(aggregate.records()[0].partition_key == "p");
  CHECK(aggregate.records()[0].data == "x");
  CHECK(kind_of_message("0a0170") == KplKind::aggregate);
}

TEST_CASE("a hostile message is a plain record") {
  const std::pair<const char*, const char*> messages[] = {
      {"a length past the end", "0a7f70"},
      {"a length of 2^64 - 1", "0affffffffffffffffff0170"},
      {"a varint of 11 bytes", "ffffffffffffffffffff01"},
      {"a varint past 64 bits", "0affffffffffffffffff02"},
      {"a cut varint", "0a01708a"},
      {"field 0", "0200"},
      {"a field number past 2^29", "80808080100a"},
      {"a group", "0b0c"},
      {"wire type 7", "0f"},
      {"a cut fixed64", "2101020304"},
      {"a cut fixed32", "2501"},
      {"a partition key that is a number", "0801"},
      {"a record that is a number", "1801"},
      {"a record's length past the message", "0a01701a7f0800"},
      {"a record's data past the record", "0a01701a0508001a7f78"},
      {"a record's index as bytes",
       "0a01701a060a0130"
       "1a0178"},
      {"a record's data as a number", "0a01701a0408001801"},
      {"a record without index", "0a01701a031a0178"},
      {"a tag without key",
       "0a01701a0908001a01782202"
       "1200"},
      {"a tag's key as a number", "0a01701a0908001a017822020801"},
      {"a tag that is cut", "0a01701a0908001a017822020a05"}};
  for (const auto& [name, hex] : messages) {
    INFO(name);
    CHECK(kind_of_message(hex) == KplKind::plain);
  }
}

TEST_CASE("cut and spoiled aggregates never do harm") {
  SeededRng rng(11);
  const auto all = vectors::read<Cases>("kpl.json");
  for (const Case& c : all.cases) {
    const std::string bytes = from_hex(c.aggregated_hex);
    const std::string message = bytes.substr(4, bytes.size() - 20);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      CHECK(kind_of(bytes.substr(0, size)) == KplKind::plain);
    KplAggregate aggregate;
    std::size_t parsed = 0;
    for (int i = 0; i < 2000; ++i) {
      std::string spoiled = message;
      for (std::uint64_t n = rng.below(3) + 1; n > 0; --n)
        spoiled[rng.below(spoiled.size())] = static_cast<char>(rng.next());
      const std::string whole = signed_message(spoiled);
      const auto kind = aggregate.parse(whole);
      if (!kind || *kind == KplKind::plain) continue;
      ++parsed;
      for (const KplRecord& record : aggregate.records())
        REQUIRE((record.data.data() >= whole.data() &&
                 record.data.data() + record.data.size() <= whole.data() + whole.size()));
    }
    CHECK(parsed > 0);
  }
}

TEST_CASE("decoding what was encoded gives the same records") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    std::vector<std::string> keys, hashes, datas;
    const std::size_t count = rng.below(40);
    for (std::size_t i = 0; i < count; ++i) {
      keys.push_back("key-" + std::to_string(rng.below(9)));
      hashes.push_back(std::to_string(rng.next()));
      datas.emplace_back(rng.below(400), static_cast<char>(rng.next()));
    }
    std::vector<KplRecord> records;
    for (std::size_t i = 0; i < count; ++i) {
      records.push_back({.partition_key = keys[i], .data = datas[i]});
      if (rng.below(2) == 0) records.back().explicit_hash_key = hashes[i];
    }
    const std::string bytes = kpl_aggregate(records).value();
    CHECK(bytes == kpl_aggregate(records).value());
    KplAggregate aggregate;
    // An aggregate of nothing has no message, so it counts as a plain record.
    CHECK(aggregate.parse(bytes).value() == (count == 0 ? KplKind::plain : KplKind::aggregate));
    REQUIRE(aggregate.records().size() == count);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(aggregate.records()[i].partition_key == records[i].partition_key);
      CHECK(aggregate.records()[i].explicit_hash_key == records[i].explicit_hash_key);
      CHECK(aggregate.records()[i].data == records[i].data);
    }
  }
}

TEST_CASE("JSON sub-records stand one after the other, blanks between them belong to none") {
  const SubRecordOptions json{.type = SubRecordType::json};
  using Parts = std::vector<std::string>;
  CHECK(split(json, "{\"a\":1}{\"a\":2}") == Parts{"{\"a\":1}", "{\"a\":2}"});
  CHECK(split(json, " {\"a\": [1, \"}{\"]}\r\n\t{}\n") == Parts{"{\"a\": [1, \"}{\"]}", "{}"});
  CHECK(split(json, "[1][2] 3 \"x\"null").size() == 5);
  CHECK(split(json, " \n").empty());
  SubRecordSplitter splitter(json);
  CHECK(splitter.split("{\"a\":1}\n{\"a\":")
            .error()
            .message()
            .starts_with("sub-records: json: line 2"));
  CHECK_FALSE(splitter.split("{\"a\":1},{\"a\":2}"));
  CHECK_FALSE(splitter.split("plain text"));
  CHECK_FALSE(splitter.split(std::string(100'000, '[')));
}

TEST_CASE("delimited sub-records have the delimiter between or behind them") {
  const SubRecordOptions marks{.type = SubRecordType::delimited, .delimiter = "####"};
  using Parts = std::vector<std::string>;
  CHECK(split(marks, "a####b####c") == Parts{"a", "b", "c"});
  CHECK(split(marks, "a####b####") == Parts{"a", "b"});
  CHECK(split(marks, "a########b###") == Parts{"a", "", "b###"});
  CHECK(split(marks, "").empty());
  CHECK(split({}, "a\nb") == Parts{"a\nb"});
  CHECK(split({}, "") == Parts{""});
  CHECK_THROWS_WITH(SubRecordSplitter({.type = SubRecordType::delimited, .delimiter = ""}),
                    "sub-records: the delimiter is empty; write what stands between the records");
}

TEST_CASE("a record with more than 500 sub-records is not split") {
  std::string lines;
  std::string texts;
  for (int i = 0; i < 500; ++i) {
    lines += "x\n";
    texts += "{}";
  }
  const SubRecordOptions delimited{.type = SubRecordType::delimited};
  const SubRecordOptions json{.type = SubRecordType::json};
  CHECK(split(delimited, lines).size() == 500);
  CHECK(split(json, texts).size() == 500);
  CHECK(split(delimited, lines + "x") == std::vector<std::string>{lines + "x"});
  CHECK(split(json, texts + "{}") == std::vector<std::string>{texts + "{}"});
}
