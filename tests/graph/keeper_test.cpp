// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/keeper.hpp"

#include <optional>
#include <string>

#include "catch.hpp"

using namespace millrace;

namespace {

/// Texts of 100 bytes in arenas of their own.
struct Rows {
  ArenaPool pool;
  TextWriter writer{pool};
  Text row(int i) { return writer.copy(std::to_string(i) + std::string(100, 'x')); }
};
std::string expected(int i) { return std::to_string(i) + std::string(100, 'x'); }

struct Named {
  Text name;
  std::optional<Text> nick;
  std::vector<Text> others;
  int number = 0;
};
constexpr auto describe(type<Named>) {
  return fields("name", &Named::name, "nick", &Named::nick, "others", &Named::others, "number",
                &Named::number);
}

struct Hiding {
  Text name;
  Text hidden;
};
constexpr auto describe(type<Hiding>) { return fields("name", &Hiding::name); }

struct Twice {
  Text name;
  Text hidden;
};
constexpr auto describe(type<Twice>) { return fields("name", &Twice::name, "again", &Twice::name); }

struct Undescribed {
  Text name;
};

}  // namespace

TEST_CASE("a batch that uses little of its arenas copies its texts and lets them go") {
  Rows rows;
  Keeper keeper;
  std::vector<Batch<Message>> waiting;
  for (int b = 0; b < 100; ++b) {
    Batch<Message> batch;
    for (int i = 0; i < 256; ++i) {
      const Text row = rows.row(i);
      batch.hold(rows.writer.arena());
      if (i % 100 == 0) batch.push_back({row, row}, {});
    }
    CHECK(batch.arena_bytes() >= ArenaPool::default_size);
    keeper.compact(batch);
    CHECK(batch.arena_bytes() <= 2 * 4096);
    waiting.push_back(std::move(batch));
  }
  rows.writer.release();
  CHECK(rows.pool.in_use().bytes == 0);
  for (const auto& batch : waiting) {
    REQUIRE(batch.size() == 3);
    for (std::uint32_t i = 0; i < 3; ++i) {
      CHECK(batch[i].data.view() == expected(100 * static_cast<int>(i)));
      CHECK(batch[i].key == batch[i].data);
    }
  }
}

TEST_CASE("a batch that uses a quarter of its arenas or more stays as it is") {
  Rows rows;
  Keeper keeper;
  Batch<Message> batch;
  for (int i = 0; i < 200; ++i) batch.push_back({rows.row(i)}, {});
  batch.hold(rows.writer.arena());
  const char* const before = batch[0].data.data();
  keeper.compact(batch);
  CHECK(batch[0].data.data() == before);
  CHECK(batch.arenas().size() == 1);
}

TEST_CASE("texts are found in members, optionals and vectors of a described struct") {
  Rows rows;
  Keeper keeper;
  Batch<Named> batch;
  batch.push_back({rows.row(1), rows.row(2), {rows.row(3), rows.row(4)}, 5}, {});
  batch.push_back({Text("static"), std::nullopt, {}, 6}, {});
  batch.hold(rows.writer.arena());
  keeper.compact(batch);
  rows.writer.release();
  CHECK(rows.pool.in_use().bytes == 0);
  CHECK(batch[0].name.view() == expected(1));
  CHECK(batch[0].nick->view() == expected(2));
  CHECK(batch[0].others[1].view() == expected(4));
  CHECK(batch[1].name == Text("static"));
  CHECK(batch[1].number == 6);
}

TEST_CASE("what may borrow more than is described is never copied") {
  CHECK_FALSE(detail::TextsOf<Hiding>::known);
  CHECK_FALSE(detail::TextsOf<Twice>::known);
  CHECK_FALSE(detail::TextsOf<Undescribed>::known);
  CHECK_FALSE(detail::TextsOf<std::string_view>::known);
  CHECK_FALSE(detail::TextsOf<std::vector<Undescribed>>::known);
  Rows rows;
  Keeper keeper;
  Batch<Hiding> batch;
  batch.push_back({rows.row(1), rows.row(2)}, {});
  batch.hold(rows.writer.arena());
  const char* const before = batch[0].hidden.data();
  keeper.compact(batch);
  CHECK(batch[0].hidden.data() == before);
  CHECK(batch.arenas().size() == 1);
}

TEST_CASE("values that view nothing hold no arena while they wait") {
  Rows rows;
  Keeper keeper;
  Batch<double> batch;
  batch.push_back(1.5, {});
  (void)rows.row(1);
  batch.hold(rows.writer.arena());
  keeper.compact(batch);
  CHECK(batch.arenas().empty());
}
