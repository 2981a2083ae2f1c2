// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/batch.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/core/text_writer.hpp"

using namespace millrace;

namespace {

constexpr Timestamp at(int n) { return Timestamp(Duration(n)); }

Batch<std::string> filled(int n) {
  Batch<std::string> batch(8);
  for (int i = 0; i < n; ++i) batch.push_back(std::to_string(i), at(i));
  batch.set_bounds(at(0), at(n - 1));
  batch.set_partition(3);
  return batch;
}

}  // namespace

TEST_CASE("a batch holds values and their times up to its capacity") {
  Batch<std::string> batch = filled(3);
  CHECK(batch.size() == 3);
  CHECK(batch.room() == 5);
  CHECK(batch[2] == "2");
  CHECK(batch.time(2) == at(2));
  CHECK_FALSE(batch.full());
  for (int i = 3; i < 8; ++i) batch.push_back("x", at(i));
  CHECK(batch.full());
  batch.resize(1);
  CHECK(batch.size() == 1);
  CHECK(batch[0] == "0");
}

TEST_CASE("clearing keeps the slots and their capacity, and lets arenas go") {
  ArenaPool pool(64);
  Batch<std::string> batch(2);
  batch.push_back(std::string(1000, 'x'), at(1));
  batch.hold(pool.take());
  batch.set_bounds(at(1), at(1));
  const char* bytes = batch[0].data();
  batch.clear();
  CHECK(batch.empty());
  CHECK(batch.arenas().empty());
  CHECK(pool.in_use() == ByteSize{0});
  CHECK(batch.min_time() == end_of_time);
  CHECK(batch.max_time() == start_of_time);
  batch.slot().assign(900, 'y');
  batch.commit(at(2));
  CHECK(batch[0].data() == bytes);
}

TEST_CASE("a borrowed batch is read in place and copied by the first who writes") {
  const Batch<std::string> owner = filled(4);
  Batch<std::string> reader(8);
  reader.borrow(owner);
  CHECK(reader.borrowed());
  CHECK(reader.values() == owner.values());
  CHECK(reader.partition() == 3);
  CHECK(reader.max_time() == at(3));
  reader.writable()[0] = "changed";
  CHECK_FALSE(reader.borrowed());
  CHECK(owner[0] == "0");
  CHECK(reader[0] == "changed");
  CHECK(reader[3] == "3");
  CHECK(reader.times() == owner.times());
  reader.writable_times()[0] = at(9);
  CHECK(owner.time(0) == at(0));
  CHECK(reader.time(3) == at(3));
  reader.clear();
  reader.push_back("own", at(1));
  CHECK(reader[0] == "own");
  CHECK(owner[0] == "0");
}

TEST_CASE("kept records close up, and the slots of those that go keep their capacity") {
  Batch<std::string> batch = filled(6);
  batch.writable()[0].assign(1000, 'x');
  const char* const bytes = batch[0].data();
  const std::uint32_t rows[] = {1, 2, 5};
  batch.keep(rows, 3);
  REQUIRE(batch.size() == 3);
  for (std::uint32_t k = 0; k < 3; ++k) {
    CHECK(batch[k] == std::to_string(rows[k]));
    CHECK(batch.time(k) == at(static_cast<int>(rows[k])));
  }
  bool found = false;
  for (std::uint32_t i = 3; i < 6; ++i) {
    found |= batch.slot().data() == bytes;
    batch.slot().assign(900, 'y');
    batch.commit(at(9));
  }
  CHECK(found);
  CHECK(batch[0] == "1");
  batch.keep(rows, 0);
  CHECK(batch.empty());
}

TEST_CASE("of a borrowed batch only the kept records are copied, and its owner sees nothing") {
  const Batch<std::string> owner = filled(6);
  Batch<std::string> reader(8);
  reader.borrow(owner);
  const std::uint32_t rows[] = {0, 3, 4};
  reader.keep(rows, 3);
  CHECK_FALSE(reader.borrowed());
  REQUIRE(reader.size() == 3);
  for (std::uint32_t k = 0; k < 3; ++k) {
    CHECK(reader[k] == owner[rows[k]]);
    CHECK(reader.time(k) == owner.time(rows[k]));
  }
  reader.writable()[1] = "changed";
  for (std::uint32_t i = 0; i < 6; ++i) CHECK(owner[i] == std::to_string(i));
}

TEST_CASE("times that are set anew stay with the kept records of a borrowed batch") {
  struct alignas(64) Wide {
    int number = -1;
    int more[20] = {};
  };
  Wide all[5];
  for (int i = 0; i < 5; ++i) all[i].number = i;
  const Timestamp none[5] = {};
  Batch<Wide> batch(8);
  for (int round = 0; round < 2; ++round) {
    batch.borrow(all, none, 5);
    Timestamp* const times = batch.times_to_set();
    for (int i = 0; i < 5; ++i) times[i] = at(10 + i);
    CHECK(batch.values() == all);
    CHECK(none[4] == Timestamp{});
    const std::uint32_t rows[] = {2, 4};
    batch.keep(rows, 2);
    CHECK(batch[0].number == 2);
    CHECK(batch[1].number == 4);
    CHECK(batch.time(0) == at(12));
    CHECK(batch.time(1) == at(14));
    CHECK(all[0].number == 0);
    const std::uint32_t last[] = {1};
    batch.keep(last, 1);  // its own by now
    CHECK(batch[0].number == 4);
    CHECK(batch.time(0) == at(14));
    batch.clear();
  }
}

TEST_CASE("contents move by swap when they are owned and by copy when they are borrowed") {
  for (const bool borrowed : {false, true}) {
    ArenaPool pool(64);
    Batch<std::string> owner = filled(4);
    owner.hold(pool.take());
    Batch<std::string> from(8);
    if (borrowed)
      from.borrow(owner);
    else
      from = std::move(owner);
    Batch<std::string> to(8);
    to.push_back("old", at(99));
    to.clear();
    from.move_to(to);
    REQUIRE(to.size() == 4);
    CHECK(to[3] == "3");
    CHECK(to.time(3) == at(3));
    CHECK(to.max_time() == at(3));
    CHECK(to.partition() == 3);
    CHECK(to.arenas().size() == 1);
    CHECK_FALSE(to.borrowed());
  }
}

TEST_CASE("an arena is held once, however often it is asked for") {
  ArenaPool pool(64);
  TextWriter writer(pool);
  Batch<Text> batch(4);
  for (int i = 0; i < 3; ++i) {
    batch.push_back(writer.copy("text"), at(i));
    batch.hold(writer.arena());
  }
  batch.hold({});
  CHECK(batch.arenas().size() == 1);
  CHECK(batch.held_bytes() == 3 * (sizeof(Text) + sizeof(Timestamp)) + 64);
  writer.release();
  CHECK(batch[2] == Text("text"));
  batch.clear();
  CHECK(pool.in_use() == ByteSize{0});
}

TEST_CASE("bounds widen with what is added") {
  Batch<int> batch(4);
  batch.widen_bounds(at(5), at(7));
  batch.widen_bounds(at(3), at(6));
  CHECK(batch.min_time() == at(3));
  CHECK(batch.max_time() == at(7));
}
