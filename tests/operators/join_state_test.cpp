// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/join_state.hpp"

#include <algorithm>
#include <string>

#include "catch.hpp"
#include "join_rig.hpp"
#include "millrace/sim/env.hpp"

using namespace rig;

namespace {

/// A Click of another program, whose users have names.
struct Named {
  std::string user;
};
constexpr auto describe(type<Named>) { return fields("user", &Named::user); }

constexpr WindowOptions lenient{.size = 10s, .allowed_lateness = 30s};

/// Some keys of each kind: of one side, of both, in a window that has fired, in one corrected, in
/// one that has not.
template <class Rig>
void before_the_barrier(Rig& rig) {
  for (std::uint32_t user = 0; user < 300; ++user) {
    const auto number = static_cast<std::int32_t>(user);
    if (user % 3 != 0) rig.push_left({{1s, {user, number}}, {12s, {user, number + 1}}});
    if (user % 5 != 0) rig.push_right({{2s, {user, "item " + std::to_string(user)}}});
  }
  rig.watermark(at(11s));
  rig.push_left({{3s, {7, 70}}});
}
template <class Rig>
void after_the_barrier(Rig& rig) {
  for (std::uint32_t user = 0; user < 300; user += 7) rig.push_right({{4s, {user, "more"}}});
  for (std::uint32_t user = 0; user < 300; ++user) rig.push_right({{13s, {user, "b"}}});
  rig.watermark(end_of_time);
}

}  // namespace

TEST_CASE("a join goes on from saved state with the same results, fire counts included") {
  auto before = join_of(inner(), lenient);
  before_the_barrier(before);
  const auto items = before.save();
  auto after = join_of(inner(), lenient);
  after.load(items);
  CHECK(after.bed->state.used() > 0);
  before.out.take();
  after_the_barrier(before);
  after_the_barrier(after);
  CHECK(after.out.values == before.out.values);
  CHECK(std::ranges::count(after.out.values, 3u, &Joined::fire) == 4);
}

TEST_CASE("a join's state is a piece per key group, which may go to different subtasks") {
  auto whole = join_of(inner(), lenient);
  before_the_barrier(whole);
  const auto items = whole.save();
  CHECK(items.size() > 100);
  CHECK(items[0].group == StateItem::every_subtask);
  std::vector<Joined> together;
  for (const std::uint32_t half : {0u, 1u}) {
    auto part = join_of(inner(), lenient);
    for (const StateItem& item : items)
      if (item.group == StateItem::every_subtask || item.group % 2 == half) part.load({item});
    part.watermark(end_of_time);
    for (const Joined& row : part.out.values) CHECK(key_group(row.key) % 2 == half);
    together.insert(together.end(), part.out.values.begin(), part.out.values.end());
  }
  CHECK(together.empty());  // the first window has fired, of the second only one side has come
  auto again = join_of(inner(), lenient);
  again.load(items);
  again.push_right({{12s, {1, "x"}}, {12s, {2, "y"}}});
  again.watermark(end_of_time);
  CHECK(again.out.values.size() == 2);
}

TEST_CASE("the watermark is part of a join's state, so that what was late stays late") {
  auto before = join_of(inner());
  before.watermark(at(10s));
  auto after = join_of(inner());
  after.load(before.save());
  after.push_left({{2s, {1, 1}}});
  CHECK(after.late_left.values.size() == 1);
}

TEST_CASE(
    "subtasks of a join whose watermarks differed become one without a lost or doubled pair") {
  // Odd and even users were of two subtasks; that of the even ones had seen the first window's end.
  const auto part = [](std::uint32_t odd, Timestamp watermark) {
    auto rig = join_of(inner(), lenient);
    for (std::uint32_t user = 100 + odd; user < 140; user += 2) {
      rig.push_left({{1s, {user, 1}}});
      rig.push_right({{2s, {user, "a"}}});
    }
    rig.watermark(watermark);
    CHECK(rig.out.values.size() == (odd ? 0u : 20u));
    return rig.save();
  };
  const auto ahead = part(0, at(11s));
  const auto behind = part(1, at(5s));
  for (const bool ahead_first : {false, true}) {
    INFO("the one ahead is loaded first: " << ahead_first);
    auto one = join_of(inner(), lenient);
    one.load(ahead_first ? ahead : behind);
    one.load(ahead_first ? behind : ahead);
    one.watermark(at(12s));
    CHECK(one.out.values.size() == 20);
    for (const Joined& pair : one.out.values) CHECK((pair.key % 2 == 1 && pair.fire == 1));
    one.watermark(end_of_time);
    CHECK(one.out.values.size() == 20);
  }
}

TEST_CASE("what a barrier has taken stays as it was while windows fire and records come") {
  struct Later final : Barrier {
    std::unique_ptr<FrozenState> frozen;
    CheckpointId id() const override { return CheckpointId{}; }
    void save(const Step&, StateItem) override {}
    void save_later(const Step&, std::unique_ptr<FrozenState> state) override {
      frozen = std::move(state);
    }
    void sink_done(const Step&) override {}
    void sink_done(const Step&, Committable) override {}
    void committed(const Step&) override {}
  } later;
  struct Pieces final : StateSink {
    std::vector<StateItem> items;
    void take(StateItem item) override { items.push_back(std::move(item)); }
  } pieces;
  auto rig = join_of(inner(), lenient);
  before_the_barrier(rig);
  const auto at_once = rig.save();
  rig.left().barrier(later);
  rig.right().barrier(later);
  REQUIRE(later.frozen);
  after_the_barrier(rig);
  for (std::uint32_t user = 0; user < 300; ++user) {
    rig.push_left({{101s, {user, -1}}});
    rig.push_right({{101s, {user, "something else, and longer"}}});
  }
  later.frozen->encode(pieces);
  CHECK(pieces.items == at_once);
}

TEST_CASE("a join of other windows, keys or records refuses the state with the reason") {
  auto rig = join_of(inner());
  before_the_barrier(rig);
  const auto items = rig.save();
  const auto refused = [&](auto& other) { return other.step.load(items[0]).error().message(); };
  auto longer = join_of(inner(), {.size = 20s});
  CHECK(refused(longer) ==
        "the snapshot's windows are 10000000 us long, the step's 20000000 us; give the changed "
        "step a new name");
  const auto user = [](const Named& n) { return static_cast<std::uint32_t>(n.user.size()); };
  const auto of = [](const Named& n, const Order& o) { return n.user + o.item; };
  using F = detail::Pairs<decltype(of), Named, Order, detail::Outer::none>;
  SidesRig<Named, decltype(user), Order, std::uint32_t Order::*, F> named(user, &Order::user,
                                                                          F{of});
  CHECK(refused(named).starts_with(
      "the left record was written as struct{user:u32,number:i32}, this program has "
      "struct{user:string}: "));
  const auto word = [](const Click& c) { return std::to_string(c.user); };
  const auto item = [](const Order& o) { return o.item; };
  SidesRig<Click, decltype(word), Order, decltype(item), decltype(inner())> texts(word, item,
                                                                                  inner());
  CHECK(refused(texts).starts_with("the key was written as u32, this program has string"));
  StateItem newer = items[0];
  newer.bytes[0] = 9;
  CHECK(rig.step.load(newer).error().message() ==
        "a join's state has format 9, this program reads 1; use the newer program");
}

TEST_CASE("cut or damaged state of a join is an error, never a crash") {
  auto rig = join_of(inner(), lenient);
  before_the_barrier(rig);
  const auto items = rig.save();
  const std::size_t header = items[0].bytes.size();
  std::size_t failed = 0;
  for (const StateItem& item : items) {
    if (item.group == StateItem::every_subtask) continue;
    if (item.group > 8) break;
    for (std::size_t n = 0; n < item.bytes.size(); ++n) {
      auto fresh = join_of(inner(), lenient);
      StateItem cut = item;
      cut.bytes.resize(n);
      failed += !fresh.step.load(cut);
    }
    StateItem off_grid = item;
    off_grid.bytes[header + 1] = static_cast<char>(off_grid.bytes[header + 1] + 1);
    auto fresh = join_of(inner(), lenient);
    CHECK(fresh.step.load(off_grid).error().code() == Errc::corrupted);
  }
  CHECK(failed > 500);
}

namespace {

/// Clicks as an older program had them: narrower, in another order, without the note.
struct OldClick {
  std::int16_t number = 0;
  std::uint32_t user = 0;
};
constexpr auto describe(type<OldClick>) {
  return fields("number", &OldClick::number, "user", &OldClick::user);
}
struct NewClick {
  std::uint32_t user = 0;
  std::int64_t number = 0;
  Text note = "none";
};
constexpr auto describe(type<NewClick>) {
  return fields("user", &NewClick::user, "number", &NewClick::number, "note", &NewClick::note);
}
template <class C>
struct Show {
  std::string operator()(const C& c, const Order& o) const {
    std::string shown = std::to_string(c.number) + o.item;
    if constexpr (requires { c.note; }) shown += c.note.str();
    return shown;
  }
};
template <class C>
using ClickRig = SidesRig<C, std::uint32_t C::*, Order, std::uint32_t Order::*,
                          detail::Pairs<Show<C>, C, Order, detail::Outer::none>>;

}  // namespace

TEST_CASE("records of a join whose description has changed are read by the next program") {
  ClickRig<OldClick> before(&OldClick::user, &Order::user, {});
  before.push_left({{1s, {10, 1}}, {2s, {-11, 1}}});
  before.push_right({{3s, {1, "a"}}});
  ClickRig<NewClick> after(&NewClick::user, &Order::user, {});
  after.load(before.save());
  after.watermark(end_of_time);
  CHECK(after.out.take() ==
        std::vector<Joined>{joined(1, 0s, "10anone"), joined(1, 0s, "-11anone")});
  CHECK(after.step.state_schema() ==
        "join{key:u32,left:struct{user:u32,number:i64,note:string},"
        "right:struct{user:u32,item:string}}");
}

namespace {

struct Street {
  std::string name;
  std::int32_t side = 0;
  bool operator==(const Street&) const = default;
};
constexpr auto describe(type<Street>) {
  return fields("name", &Street::name, "side", &Street::side);
}
struct WholeStreet {
  std::string name;
  bool operator==(const WholeStreet&) const = default;
};
constexpr auto describe(type<WholeStreet>) { return fields("name", &WholeStreet::name); }

template <class Key>
struct KeyOf {
  Key operator()(const Order& o) const {
    if constexpr (std::is_same_v<Key, Street>)
      return {o.item, static_cast<std::int32_t>(o.user % 2)};
    else
      return {o.item};
  }
};
struct Users {
  std::string operator()(const Order& a, const Order& b) const {
    return std::to_string(a.user) + std::to_string(b.user);
  }
};
template <class Key>
using StreetRig = SidesRig<Order, KeyOf<Key>, Order, KeyOf<Key>,
                           detail::Pairs<Users, Order, Order, detail::Outer::none>>;

}  // namespace

TEST_CASE("keys of a join that have become one have the records of both, in their new groups") {
  StreetRig<Street> before({}, {}, {});
  before.push_left({{1s, {1, "Elm"}}, {1s, {2, "Elm"}}, {1s, {3, "Oak"}}});
  before.push_right({{2s, {1, "Elm"}}, {2s, {4, "Elm"}}});
  const auto items = before.save();
  StreetRig<WholeStreet> after({}, {}, {});
  for (const StateItem& item : items) CHECK(after.step.regroups(item));
  CHECK_FALSE(before.step.regroups(items[0]));
  after.load(items);
  after.watermark(end_of_time);
  std::vector<std::string> values;
  for (const auto& row : after.out.values) values.push_back(row.value);
  std::ranges::sort(values);
  CHECK(values == std::vector<std::string>{"11", "14", "21", "24"});
}
