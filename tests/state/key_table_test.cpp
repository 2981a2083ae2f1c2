// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/key_table.hpp"

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/core/rng.hpp"

using namespace millrace;

namespace {

struct Totals {
  std::uint64_t n = 0;
  std::uint64_t sum = 0;
};
struct Least {  // its initial bytes are not zero
  std::uint32_t value = std::numeric_limits<std::uint32_t>::max();
};
struct Wide {
  std::uint64_t n = 0;
  std::array<std::uint64_t, 9> rest{};
};
struct Listed {
  std::string names;
};

static_assert(std::is_same_v<KeyTable<int, Totals>, detail::LineTable<std::uint32_t, Totals>>);
static_assert(detail::LineTable<std::uint32_t, Totals>::slots == 3);
static_assert(detail::LineTable<std::uint32_t, Least>::slots == 4);
static_assert(std::is_same_v<KeyTable<long, Totals>, detail::LineTable<std::uint64_t, Totals>>);
static_assert(std::is_same_v<KeyTable<int, Wide>, detail::EntryTable<std::uint32_t, Wide>>);
static_assert(std::is_same_v<KeyTable<Text, Totals>, detail::EntryTable<std::string_view, Totals>>);

template <class Table>
auto entries_of(Table& table, bool erase = false) {
  std::vector<typename Table::Entry> all;
  std::vector<typename Table::Entry> stretch;
  for (typename Table::Cursor cursor; !cursor.ended;) {
    const std::size_t n = table.read(cursor, stretch, 0);
    // Stretches are in the order of their hashes: sorting each sorts all.
    std::sort(stretch.begin(), stretch.begin() + static_cast<std::ptrdiff_t>(n));
    all.insert(all.end(), stretch.begin(), stretch.begin() + static_cast<std::ptrdiff_t>(n));
    if (erase) table.erase_read(cursor);
  }
  return all;
}

/// Random work on a table against a std::map; keys come from `key_of(i)`, i in [0, different).
template <class Table, class Value, class KeyOf, class Change>
void against_map(KeyOf&& key_of, Change&& change, std::size_t different, std::uint64_t seed) {
  INFO("seed " << seed << ", " << different << " keys");
  SeededRng rng(seed);
  Table table;
  for (int round = 0; round < 3; ++round) {
    std::map<typename Table::key_type, Value> expected;
    for (std::size_t i = 0; i < different * 3; ++i) {
      const auto key = key_of(rng.below(different));
      const auto h = Table::hash(key);
      const auto way = rng.below(3);
      if (way != 0) table.ensure(1);
      const auto slot = way == 0   ? table.upsert_small(h, key)
                        : way == 1 ? table.upsert(h, key)
                                   : typename Table::Probe(table).upsert_likely(h, key);
      if (way == 2) table.count_fresh(slot.fresh);
      REQUIRE(slot.fresh == !expected.contains(key));
      change(slot.value);
      change(expected[key]);
    }
    REQUIRE(table.size() == expected.size());
    const auto all = entries_of(table);
    REQUIRE(all.size() == expected.size());
    REQUIRE(std::is_sorted(all.begin(), all.end()));
    for (auto& entry : all) {
      const auto found = expected.find(entry.key());
      REQUIRE(found != expected.end());
      REQUIRE(std::memcmp(&found->second, &entry.value(), sizeof(Value)) == 0);
      REQUIRE(&table.entry(Table::hash(entry.key()), entry.key()).value() == &entry.value());
    }
    if (round == 0) {
      REQUIRE(entries_of(table, true).size() == expected.size());
    } else {
      table.erase_all();
    }
    table.forget(round == 1 ? 1 : expected.size());
    REQUIRE(table.size() == 0);
    if (table.bytes() > 0) REQUIRE(entries_of(table).empty());
  }
}

const auto add_one = [](auto& v) { ++v.n; };
const auto lower = [](Least& v) { v.value = std::min(v.value, 7u); };

}  // namespace

TEST_CASE("a table of integers and small values is a map") {
  for (const std::size_t different : {1, 2, 15, 17, 100, 481, 5000}) {
    const auto small = [](std::uint64_t i) { return static_cast<std::uint32_t>(i); };
    const auto spread = [](std::uint64_t i) { return static_cast<std::uint32_t>(i * 2654435761u); };
    against_map<KeyTable<std::uint32_t, Totals>, Totals>(small, add_one, different, different);
    against_map<KeyTable<std::uint32_t, Totals>, Totals>(spread, add_one, different, different);
    against_map<KeyTable<std::uint32_t, Least>, Least>(spread, lower, different, different);
    const auto wide = [](std::uint64_t i) { return i * 0x9E3779B97F4A7C15ull; };
    against_map<KeyTable<std::uint64_t, Totals>, Totals>(wide, add_one, different, different);
    against_map<KeyTable<std::uint64_t, Least>, Least>(wide, lower, different, different);
  }
}

TEST_CASE("a table of integers and large values is a map") {
  for (const std::size_t different : {1, 33, 5000}) {
    const auto key = [](std::uint64_t i) { return static_cast<std::uint32_t>(i); };
    against_map<KeyTable<std::uint32_t, Wide>, Wide>(key, add_one, different, different);
  }
}

TEST_CASE("a table of texts is a map, and its keys outlive the texts they were looked up by") {
  std::vector<std::string> names;
  for (int i = 0; i < 3000; ++i)
    names.push_back(
        i == 0 ? "" : std::string(static_cast<std::size_t>(i % 40), 'x') + std::to_string(i));
  const auto key = [&](std::uint64_t i) { return std::string_view(names[i]); };
  for (const std::size_t different : {1u, 40u, 3000u})
    against_map<KeyTable<Text, Totals>, Totals>(key, add_one, different, different);

  KeyTable<std::string, Totals> table;
  std::string gone = "a key that is not short";
  table.upsert_small(table.hash(gone), gone).value.n = 5;
  gone.assign(gone.size(), '#');
  const auto all = entries_of(table);
  REQUIRE(all.size() == 1);
  CHECK(all[0].key() == "a key that is not short");
}

TEST_CASE("keys of one home bucket overflow around the table's end and come out in hash order") {
  using Table = KeyTable<std::uint32_t, Totals>;
  Table table;
  std::vector<std::uint32_t> last;  // keys whose home is the last of 16 buckets
  for (std::uint32_t key = 1; last.size() < 12; ++key)
    if (Table::hash(key) >> 28 == 15) last.push_back(key);
  for (const std::uint32_t key : last) table.upsert_small(Table::hash(key), key).value.n = key;
  table.upsert_small(Table::hash(0), 0).value.n = 99;
  for (int turn = 0; turn < 2; ++turn) {
    const auto all = entries_of(table, turn == 1);
    REQUIRE(all.size() == 13);
    CHECK(all[0].key() == 0);
    CHECK(all[0].value().n == 99);
    CHECK(std::is_sorted(all.begin(), all.end()));
  }
  table.forget(0);
  CHECK(entries_of(table).empty());
}

TEST_CASE("undo takes back the insertion just made") {
  KeyTable<std::uint32_t, Totals> words;
  KeyTable<Text, Totals> texts;
  KeyTable<std::uint32_t, Least> least;
  for (std::uint32_t key = 0; key < 1000; ++key) {
    const std::string name = std::to_string(key);
    words.upsert_small(words.hash(key), key).value.n = 1;
    texts.upsert_small(texts.hash(name), name).value.n = 1;
    least.upsert_small(least.hash(key), key).value.value = 1;
    if (key % 2 == 0) continue;
    words.undo(words.hash(key), key);
    texts.undo(texts.hash(name), name);
    least.undo(least.hash(key), key);
  }
  words.upsert_small(words.hash(0), 0);
  CHECK(words.size() == 500);
  CHECK(texts.size() == 500);
  CHECK(entries_of(words).size() == 500);
  CHECK(entries_of(texts).size() == 500);
  const auto again = least.upsert_small(least.hash(1), 1);
  CHECK(again.fresh);
  CHECK(again.value.value == std::numeric_limits<std::uint32_t>::max());
}

TEST_CASE("undoing key 0 leaves no key 0") {
  KeyTable<std::uint32_t, Totals> table;
  table.upsert_small(table.hash(0), 0).value.n = 4;
  table.undo(table.hash(0), 0);
  CHECK(table.size() == 0);
  const auto slot = table.upsert_small(table.hash(0), 0);
  CHECK(slot.fresh);
  CHECK(slot.value.n == 0);
}

TEST_CASE("values that are no bytes are constructed, kept and reset") {
  KeyTable<int, Listed> table;
  for (int key = 0; key < 300; ++key)
    table.upsert_small(table.hash(to_word(key)), to_word(key)).value.names +=
        "a name that is long enough to be on the heap";
  CHECK(entries_of(table).size() == 300);
  table.erase_all();
  table.forget(300);
  CHECK(table.upsert_small(table.hash(5), 5).value.names.empty());
}

TEST_CASE("a table that grows to many megabytes, a key at a time, keeps every key once") {
  const auto check = [](auto table, auto first) {
    using Table = decltype(table);
    constexpr std::uint32_t n = 300'000;
    for (std::uint32_t key = 0; key < n; ++key) {
      const auto slot = table.upsert_small(Table::hash(key), key);
      if (!slot.fresh) FAIL("key " << key << " was there before it came");
      if (std::memcmp(&slot.value, &first, sizeof first) != 0) FAIL("key " << key);
      slot.value.n = key;
    }
    CHECK(table.bytes() > (std::size_t{4} << 20));
    CHECK(table.size() == n);
    CHECK(entries_of(table).size() == n);
    for (std::uint32_t key = 0; key < n; ++key) {
      const auto slot = table.upsert_small(Table::hash(key), key);
      if (slot.fresh || slot.value.n != key) FAIL("key " << key << " is lost");
    }
  };
  struct FromOne {
    std::uint64_t n = 1;
  };
  check(KeyTable<std::uint32_t, Totals>(), Totals{});
  check(KeyTable<std::uint64_t, Totals>(), Totals{});
  check(KeyTable<std::uint32_t, FromOne>(), FromOne{});
}

TEST_CASE("a table shrinks when it held far more than is expected next") {
  KeyTable<std::uint32_t, Totals> words;
  KeyTable<Text, Totals> texts;
  for (std::uint32_t key = 0; key < 100'000; ++key) {
    const std::string name = "key-" + std::to_string(key);
    words.upsert_small(words.hash(key), key);
    texts.upsert_small(texts.hash(name), name);
  }
  const std::size_t large_words = words.bytes();
  const std::size_t large_texts = texts.bytes();
  words.erase_all();
  words.forget(10);
  texts.forget(10);
  CHECK(words.bytes() * 100 < large_words);
  CHECK(texts.bytes() * 4 < large_texts);
  CHECK(words.upsert_small(words.hash(7), 7).fresh);
  CHECK(texts.upsert_small(texts.hash("seven"), "seven").fresh);
}

TEMPLATE_TEST_CASE(
    "a copy into a table that held other keys has the keys of the one it copies, no more", "",
    (KeyTable<int, Totals>), (KeyTable<int, Wide>)) {
  const auto filled = [](std::uint32_t first, std::uint32_t keys) {
    TestType table;
    for (std::uint32_t key = first; key < first + keys; ++key)
      table.upsert_small(TestType::hash(key), key).value.n = key + 1;
    return table;
  };
  // In the memory that is there, in more, in less; and of a table without any.
  const std::uint32_t before = GENERATE(0u, 3u, 900u, 40'000u);
  const std::uint32_t keys = GENERATE(0u, 3u, 1000u);
  TestType from = filled(0, keys);
  TestType to = filled(5000, before);
  to = from;
  if (keys) from.upsert_small(TestType::hash(0), 0).value.n = 99;
  const auto all = entries_of(to);
  REQUIRE(all.size() == keys);
  REQUIRE(to.size() == keys);
  for (const auto& entry : all) REQUIRE(entry.value().n == entry.key() + 1);
  to.upsert_small(TestType::hash(7777), 7777);
  CHECK(to.size() == keys + 1);
}
