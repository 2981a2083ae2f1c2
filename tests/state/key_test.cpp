// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/key.hpp"

#include <limits>
#include <set>
#include <string>
#include <utility>

#include "catch.hpp"
#include "millrace/core/time.hpp"

using namespace millrace;

namespace {

enum class Colour : signed char { red = -1, green = 0, blue = 1 };

template <class K>
void check_word(K key) {
  CHECK(from_word<K>(to_word(key)) == key);
  std::string bytes;
  append_key(bytes, key);
  CHECK(bytes.size() == sizeof(K));
  CHECK(key_group(key) == key_group_of_bytes(bytes));
}

}  // namespace

TEST_CASE("an integer key comes back from its word and has the key group of its encoded bytes") {
  check_word(true);
  check_word('a');
  check_word(std::int8_t{-1});
  check_word(std::int16_t{-300});
  check_word(0);
  check_word(-1);
  check_word(std::numeric_limits<std::int64_t>::min());
  check_word(std::numeric_limits<std::uint64_t>::max());
  check_word(Colour::red);
  check_word(Timestamp(Duration(-5)));
  check_word(Duration(7));
}

TEST_CASE("a text key has the same group whatever type holds it") {
  const std::string owned = "severity";
  CHECK(key_group(owned) == key_group(Text(owned)));
  CHECK(key_group(owned) == key_group_of_bytes("severity"));
}

TEST_CASE("a composite key has the group of its encoded bytes") {
  const std::pair<int, std::string> key(3, "north");
  std::string bytes;
  Codec<std::pair<int, std::string>>::write(bytes, key);
  CHECK(key_group(key) == key_group_of_bytes(bytes));
}

TEST_CASE("key groups are fixed for ever: snapshots depend on them") {
  CHECK(key_groups == 128);
  std::set<std::uint32_t> seen;
  for (std::uint32_t k = 0; k < 2000; ++k) {
    CHECK(key_group(k) < key_groups);
    seen.insert(key_group(k));
  }
  CHECK(seen.size() == key_groups);
  CHECK(key_group(1u) == xxh64(std::string_view("\1\0\0\0", 4), 0x6D696C6C72616365) % 128);
}
