// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/hash_key.hpp"

#include "catch.hpp"
#include "hash_vectors.hpp"

using namespace millrace;
using namespace millrace::log;

TEST_CASE("the ring is divided as Kinesis divides it") {
  for (const auto& layout : hash_vectors::layouts)
    for (std::uint32_t i = 0; i < layout.shards; ++i) {
      const HashRange range = range_of(i, layout.shards);
      CHECK(to_string(range.first) == layout.ranges[i].first);
      CHECK(to_string(range.last) == layout.ranges[i].last);
    }
}

TEST_CASE("a partition key goes to the shard that Kinesis gives it") {
  constexpr std::uint32_t counts[] = {1, 2, 3, 4, 8};
  for (const auto& key : hash_vectors::keys) {
    INFO(key.partition_key);
    const HashKey hash = hash_of(key.partition_key).value();
    CHECK(to_string(hash) == key.hash_key);
    for (std::size_t i = 0; i < 5; ++i) CHECK(shard_of(hash, counts[i]) == key.shards[i]);
  }
}

TEST_CASE("every hash key lies in the range of its shard, whatever the number of shards") {
  for (std::uint32_t shards = 1; shards <= 200; ++shards)
    for (std::uint32_t i = 0; i < shards; ++i) {
      const HashRange range = range_of(i, shards);
      REQUIRE(shard_of(range.first, shards) == i);
      REQUIRE(shard_of(range.last, shards) == i);
    }
}

TEST_CASE("explicit hash keys are inclusive at both ends of a shard") {
  CHECK(shard_of(parse_hash_key("85070591730234615865843651857942052863").value(), 4) == 0);
  CHECK(shard_of(parse_hash_key("85070591730234615865843651857942052864").value(), 4) == 1);
  CHECK(shard_of(parse_hash_key("0").value(), 4) == 0);
  CHECK(shard_of(parse_hash_key("340282366920938463463374607431768211455").value(), 4) == 3);
}

TEST_CASE("an explicit hash key that Kinesis refuses is refused") {
  const auto refused = [](std::string_view key, const char* why) {
    const auto parsed = parse_hash_key(key);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Errc::invalid_input);
    CHECK_THAT(parsed.error().message(), Catch::Contains(why));
  };
  refused("340282366920938463463374607431768211456", "too large");
  refused("01", "leading zero");
  refused("-1", "not a number");
  refused("", "empty");
}
