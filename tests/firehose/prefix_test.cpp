// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/prefix.hpp"

#include <regex>

#include "catch.hpp"
#include "millrace/runtime/real_env.hpp"
#include "vectors.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono;

namespace {

struct QueryKeys {
  std::string customer_id;
};
constexpr auto describe(type<QueryKeys>) { return fields("customer_id", &QueryKeys::customer_id); }
struct LambdaKeys {
  std::string device;
};
constexpr auto describe(type<LambdaKeys>) { return fields("device", &LambdaKeys::device); }
struct Evaluate {
  std::string name;
  std::optional<std::string> prefix;
  std::string instant;
  std::optional<std::string> expected, expected_regex, time_zone, field, error_output_type;
  std::optional<QueryKeys> query;
  std::optional<LambdaKeys> lambda;
};
constexpr auto describe(type<Evaluate>) {
  return fields("name", &Evaluate::name, "prefix", &Evaluate::prefix, "instant", &Evaluate::instant,
                "expected", &Evaluate::expected, "expected_regex", &Evaluate::expected_regex,
                "time_zone", &Evaluate::time_zone, "field", &Evaluate::field, "error_output_type",
                &Evaluate::error_output_type, "partition_keys_query", &Evaluate::query,
                "partition_keys_lambda", &Evaluate::lambda);
}
struct Invalid {
  std::string prefix;
  std::optional<std::string> error_output_prefix;
  std::string why;
};
constexpr auto describe(type<Invalid>) {
  return fields("prefix", &Invalid::prefix, "error_output_prefix", &Invalid::error_output_prefix,
                "why", &Invalid::why);
}
struct Cases {
  std::vector<Evaluate> evaluate;
  std::vector<Invalid> invalid;
};
constexpr auto describe(type<Cases>) {
  return fields("evaluate", &Cases::evaluate, "invalid", &Cases::invalid);
}

const Timestamp noon = sys_days(2018y / 8 / 27) + 10h + 30min;
const PrefixOptions for_errors_options = {.kind = PrefixKind::error};

std::string expand(const Prefix& prefix, const PartitionKeys* keys = nullptr) {
  SeededRng rng(7);
  const TimeZone utc;
  return prefix
      .expand({.arrival = noon,
               .zone = utc,
               .rng = rng,
               .keys = keys,
               .error_output_type = error_output_type::processing_failed})
      .value();
}
std::string expand(std::string_view text, const PrefixOptions& options = {}) {
  return expand(Prefix::parse(text, options).value());
}
std::string refusal(std::string_view text, const PrefixOptions& options = {}) {
  const auto prefix = Prefix::parse(text, options);
  REQUIRE_FALSE(prefix);
  return prefix.error().message();
}
std::string pair_refusal(std::string_view delivery, std::optional<std::string_view> error) {
  const auto prefixes = parse_prefixes(delivery, error);
  REQUIRE_FALSE(prefixes);
  return prefixes.error().message();
}

}  // namespace

TEST_CASE("prefixes become what the vectors say") {
  RealEnv env;
  SeededRng rng(1);
  const auto all = vectors::read<Cases>("firehose_prefix.json");
  REQUIRE(all.evaluate.size() == 15);
  for (const Evaluate& c : all.evaluate) {
    INFO(c.name);
    const TimeZone zone = TimeZone::find(c.time_zone.value_or("UTC"), env.env().fs).value();
    PrefixOptions options;
    if (c.field) options.kind = PrefixKind::error;
    PartitionKeys keys;
    if (c.query) {
      options.dynamic_partitioning = DynamicPartitioning::on;
      keys.set(KeyOrigin::query, "customer_id", c.query->customer_id);
      keys.set(KeyOrigin::lambda, "device", c.lambda.value().device);
    }
    const Prefix prefix = Prefix::parse(c.prefix.value_or(""), options).value();
    const std::string error_type = c.error_output_type.value_or("");
    const std::string key = prefix
                                .expand({.arrival = vectors::time(c.instant),
                                         .zone = zone,
                                         .rng = rng,
                                         .keys = &keys,
                                         .error_output_type = error_type})
                                .value();
    if (c.expected)
      CHECK(key == *c.expected);
    else
      CHECK(std::regex_search(key, std::regex(c.expected_regex.value())));
  }
}

TEST_CASE("the pairs that the vectors call invalid are refused, each for its reason") {
  const std::pair<std::string_view, std::string_view> reasons[] = {
      {"ErrorOutputPrefix may be null only when Prefix has no expression",
       "delivery prefix, column 1: a prefix with expressions needs an error prefix beside it"},
      {"error-output-type not allowed in Prefix",
       "delivery prefix, column 14: error-output-type has a meaning in an error prefix only"},
      {"an ErrorOutputPrefix with an expression needs !{firehose:error-output-type}",
       "error prefix, column 3: an error prefix with expressions needs "
       "!{firehose:error-output-type}, too"},
      {"unknown namespace",
       "delivery prefix, column 5: unknown namespace \"foo\"; there are timestamp, firehose, "
       "partitionKeyFromQuery and partitionKeyFromLambda"},
      {"unterminated expression",
       "delivery prefix, column 3: the expression that begins here has no '}'; write "
       "!{namespace:value}, and no \"!{\" elsewhere"},
      {"!{ may only start an expression",
       "delivery prefix, column 3: the expression that begins here has no '}'; write "
       "!{namespace:value}, and no \"!{\" elsewhere"},
      {"partition key namespaces not allowed in ErrorOutputPrefix",
       "error prefix, column 57: an error prefix can't use partition keys"},
      {"unknown firehose value",
       "delivery prefix, column 14: unknown value \"nope\"; firehose: has random-string and "
       "error-output-type"},
      {"invalid DateTimeFormatter pattern (reserved letter)",
       "delivery prefix: time pattern, column 15: the letter 'j' means nothing; put text between "
       "single quotes"}};
  const auto all = vectors::read<Cases>("firehose_prefix.json");
  REQUIRE(all.invalid.size() == std::size(reasons));
  for (std::size_t i = 0; i < all.invalid.size(); ++i) {
    const Invalid& c = all.invalid[i];
    CHECK(c.why == reasons[i].first);
    CHECK(pair_refusal(c.prefix, c.error_output_prefix) == reasons[i].second);
  }
}

TEST_CASE("more that can't be a prefix is refused, with its column") {
  CHECK(refusal("a!{}") == "prefix, column 4: an expression is !{namespace:value}, here is \"\"");
  CHECK(refusal("!{timestamp:}") == "prefix, column 13: a value is missing after timestamp:");
  CHECK(refusal("!{timestamp:yyyy'}").find("column 17: the quote that opens here") !=
        std::string::npos);
  CHECK(refusal("c=!{partitionKeyFromQuery:c}/") ==
        "prefix, column 27: partition key \"c\" needs dynamic partitioning");
  const PrefixOptions with_keys = {.dynamic_partitioning = DynamicPartitioning::on,
                                   .query_keys = {{"a", "b"}}};
  CHECK(refusal("!{partitionKeyFromQuery:c}/", with_keys) ==
        "prefix, column 25: the query gives no partition key \"c\"; it gives: a, b");
  CHECK(Prefix::parse("!{partitionKeyFromLambda:c}/", with_keys));
  const std::string long_one(1025, 'a');
  CHECK(refusal(long_one) == "prefix, column 1025: a prefix has at most 1024 bytes, this one 1025");
  CHECK(Prefix::parse(long_one).error().code() == Errc::limit_exceeded);
  CHECK(pair_refusal("ok/", "bad/!{timestamp:yyyy}/").starts_with("error prefix, column 5"));
}

TEST_CASE("what only looks like an expression is text") {
  CHECK(expand("a!b{c}!/") == "a!b{c}!/2018/08/27/10/");
  CHECK(expand("!!{timestamp:yyyy}}") == "!2018}");
}

TEST_CASE("the date that is appended follows the options") {
  CHECK(expand(Prefix()) == "2018/08/27/10/");
  const PrefixOptions slash = {.date_separator = DateSeparator::slash};
  CHECK(expand("legacy", slash) == "legacy/2018/08/27/10/");
  CHECK(expand("legacy/", slash) == "legacy/2018/08/27/10/");
  CHECK(expand("", slash) == "2018/08/27/10/");
  const std::string random = "!{firehose:random-string}/";
  CHECK(expand(random).substr(11) == "/2018/08/27/10/");
  CHECK(expand(random, {.default_date = DefaultDate::nothing}).substr(11) == "/");
  CHECK(expand("raw/", {.dynamic_partitioning = DynamicPartitioning::on}) == "raw/");
}

TEST_CASE("an error prefix of plain text goes on with the error's type and the date") {
  CHECK(expand("es/", for_errors_options) == "es/processing-failed/2018/08/27/10/");
  CHECK(expand("", for_errors_options) == "processing-failed/2018/08/27/10/");
  CHECK(expand("e/!{firehose:error-output-type}/", for_errors_options) == "e/processing-failed/");
  const Prefixes prefixes = parse_prefixes("raw/", std::nullopt).value();
  CHECK(expand(prefixes.delivery) == "raw/2018/08/27/10/");
  CHECK(expand(prefixes.error) == "raw/processing-failed/2018/08/27/10/");
}

TEST_CASE("all times of an expansion are the arrival in whole seconds") {
  SeededRng rng(1);
  const TimeZone utc;
  const Prefix prefix = Prefix::parse("!{timestamp:ss.SSS}-!{timestamp:A}/").value();
  CHECK(prefix.expand({.arrival = Timestamp(1'987ms), .zone = utc, .rng = rng}).value() ==
        "01.000-1000/");
  for (const Timestamp arrival : {start_of_time, end_of_time})
    CHECK(prefix.expand({.arrival = arrival, .zone = utc, .rng = rng}));
}

TEST_CASE("a partition key that is missing or empty is an error, and so is a prefix too long") {
  const Prefix prefix = Prefix::parse("c=!{partitionKeyFromQuery:c}/d=!{partitionKeyFromLambda:d}/",
                                      {.dynamic_partitioning = DynamicPartitioning::on})
                            .value();
  CHECK(prefix.uses_keys());
  SeededRng rng(1);
  const TimeZone utc;
  PartitionKeys keys;
  const PrefixValues values = {.arrival = noon, .zone = utc, .rng = rng, .keys = &keys};
  CHECK(prefix.expand(values).error().message() ==
        "prefix, column 27: the record's partition key \"c\" is missing");
  keys.set(KeyOrigin::query, "c", "1");
  keys.set(KeyOrigin::lambda, "d", "");
  CHECK(prefix.expand(values).error().message() ==
        "prefix, column 57: the record's partition key \"d\" is empty");
  std::string partition;
  CHECK(prefix.append_partition(keys, partition).error().code() == Errc::not_found);
  keys.set(KeyOrigin::lambda, "d", "2");
  CHECK(prefix.expand(values).value() == "c=1/d=2/");
  keys.set(KeyOrigin::lambda, "d", std::string(510, 'x'));
  const auto too_long = prefix.expand(values);
  CHECK(too_long.error().code() == Errc::limit_exceeded);
  CHECK(too_long.error().message().ends_with("it became 517 bytes long; the limit is 512"));
}

TEST_CASE("records share a partition exactly when the keys that the prefix uses are equal") {
  const Prefix prefix = Prefix::parse("!{partitionKeyFromQuery:a}!{partitionKeyFromQuery:b}",
                                      {.dynamic_partitioning = DynamicPartitioning::on})
                            .value();
  const auto partition = [&](std::string_view a, std::string_view b, std::string_view other) {
    PartitionKeys keys;
    keys.set(KeyOrigin::query, "a", a);
    keys.set(KeyOrigin::query, "b", b);
    keys.set(KeyOrigin::query, "c", other);
    std::string out;
    prefix.append_partition(keys, out).value();
    return out;
  };
  CHECK(partition("x", "yz", "1") == partition("x", "yz", "2"));
  CHECK(partition("x", "yz", "1") != partition("xy", "z", "1"));
  std::string none;
  Prefix().append_partition({}, none).value();
  CHECK(none.empty());
}
