// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/window_join.hpp"

#include <algorithm>
#include <stdexcept>

#include "catch.hpp"
#include "join_rig.hpp"

using namespace rig;
using Strings = std::vector<std::string>;
using Rows = std::vector<Joined>;

namespace {

auto concatenate() {
  const auto f = [](std::uint32_t user, const Group<Click>& clicks, const Group<Order>& orders,
                    WindowEmitter<std::uint32_t, std::string>& out) {
    std::string all = std::to_string(user) + ":";
    for (const Click& c : clicks) all += std::to_string(c.number) + ",";
    for (const Order& o : orders) all += o.item;
    out.emit(all);
    if (clicks.size() > 2) out.emit("busy");
  };
  return detail::CoGroup<decltype(f), std::string>{f};
}

/// By what key they have.
Rows by_key(Rows rows) {
  std::ranges::stable_sort(rows, {}, &Joined::key);
  return rows;
}

}  // namespace

TEST_CASE("a join gives all pairs of a key and window when both watermarks have reached its end") {
  auto rig = join_of(inner());
  rig.push_left({{1s, {1, 10}}, {2s, {1, 11}}, {3s, {2, 20}}, {12s, {1, 12}}});
  rig.push_right({{4s, {1, "a"}}, {9s, {1, "b"}}, {5s, {3, "c"}}, {11s, {1, "d"}}});
  rig.left().watermark(at(10s));
  CHECK(rig.out.take().empty());
  rig.right().watermark(at(10s));
  CHECK(rig.out.take() == Rows{joined(1, 0s, "10a"), joined(1, 0s, "10b"), joined(1, 0s, "11a"),
                               joined(1, 0s, "11b")});
  CHECK(rig.out.times == std::vector<Timestamp>(4, at(10s) - Duration(1)));
  CHECK(rig.out.last_watermark == at(10s));
  rig.watermark(at(20s));
  CHECK(rig.out.take() == Rows{joined(1, 10s, "12d")});
}

TEST_CASE("a window of a join is half-open, also before 1970") {
  auto rig = join_of(inner());
  rig.push_left({{-10s, {1, 1}}, {-1us, {1, 2}}, {0s, {1, 3}}});
  rig.push_right({{-5s, {1, "a"}}, {0s, {1, "b"}}});
  rig.watermark(at(10s));
  CHECK(rig.out.take() == Rows{joined(1, -10s, "1a"), joined(1, -10s, "2a"), joined(1, 0s, "3b")});
}

TEST_CASE("outer joins give what has no partner a null pointer") {
  const auto number = [](const Click* c) { return c ? std::to_string(c->number) : "-"; };
  const auto item = [](const Order* o) { return o ? o->item : "-"; };
  const auto run = [](auto function) {
    auto rig = join_of(std::move(function));
    rig.push_left({{1s, {1, 10}}, {2s, {2, 20}}, {3s, {2, 21}}});
    rig.push_right({{4s, {1, "a"}}, {5s, {3, "c"}}, {6s, {3, "d"}}});
    rig.watermark(at(10s));
    Strings values;
    for (const Joined& row : by_key(rig.out.take())) values.push_back(row.value);
    return values;
  };
  CHECK(run(pairs<detail::Outer::left>([&](const Click& c, const Order* o) {
          return std::to_string(c.number) + item(o);
        })) == Strings{"10a", "20-", "21-"});
  CHECK(run(pairs<detail::Outer::right>([&](const Click* c, const Order& o) {
          return number(c) + o.item;
        })) == Strings{"10a", "-c", "-d"});
  CHECK(run(pairs<detail::Outer::full>([&](const Click* c, const Order* o) {
          return number(c) + item(o);
        })) == Strings{"10a", "20-", "21-", "-c", "-d"});
}

TEST_CASE("a co-group sees both groups in the order of arrival and gives any number of values") {
  auto rig = join_of(concatenate());
  rig.push_left({{3s, {1, 1}}, {1s, {1, 2}}});
  rig.push_right({{9s, {1, "b"}}, {4s, {1, "a"}}, {4s, {2, "c"}}});
  rig.push_left({{2s, {1, 3}}});
  rig.watermark(at(10s));
  CHECK(by_key(rig.out.take()) ==
        Rows{joined(1, 0s, "1:1,2,3,ba"), joined(1, 0s, "busy"), joined(2, 0s, "2:c")});
}

TEST_CASE("results of a join leave in the order that was asked for") {
  const auto run = [](ResultOrder order) {
    auto rig = join_of(inner(), {.size = 10s, .order = order});
    for (std::uint32_t user = 300; user-- > 0;) {
      rig.push_left({{1s, {user, 1}}});
      rig.push_right({{1s, {user, "a"}}});
    }
    rig.watermark(at(10s));
    std::vector<std::uint32_t> keys;
    for (const Joined& row : rig.out.take()) keys.push_back(row.key);
    return keys;
  };
  const auto keys = run(ResultOrder::key);
  CHECK(keys.size() == 300);
  CHECK(std::ranges::is_sorted(keys));
  CHECK(std::ranges::is_sorted(run(ResultOrder::hash), {}, [](std::uint32_t key) {
    return std::pair(KeyTable<std::uint32_t, JoinRig<decltype(inner())>::Types::Matches>::hash(key),
                     key);
  }));
  auto any = run(ResultOrder::table);
  std::ranges::sort(any);
  CHECK(any == keys);
}

TEST_CASE("an idle side does not hold a join back, and one that wakes does not turn it back") {
  auto rig = join_of(inner());
  rig.push_left({{1s, {1, 10}}});
  rig.push_right({{2s, {1, "a"}}});
  rig.right().watermark(at(5s));
  rig.right().idle();
  rig.left().watermark(at(10s));
  CHECK(rig.out.take() == Rows{joined(1, 0s, "10a")});
  rig.push_right({{6s, {1, "late"}}, {12s, {1, "b"}}});
  CHECK(rig.late_right.take() == std::vector<Order>{{1, "late"}});
  rig.left().watermark(at(30s));
  CHECK(rig.out.last_watermark == at(10s));
  rig.right().watermark(at(30s));
  CHECK(rig.out.last_watermark == at(30s));
  CHECK(std::ranges::count(rig.out.events, "idle") == 0);
  rig.right().idle();
  rig.left().idle();
  CHECK(rig.out.events.back() == "idle");
}

TEST_CASE("a side that has ended does not hold a join back, and it ends when both have") {
  auto rig = join_of(inner());
  rig.push_right({{2s, {1, "a"}}});
  rig.right().watermark(end_of_time);
  rig.right().end();
  rig.push_left({{1s, {1, 10}}, {11s, {1, 11}}});
  rig.left().watermark(at(10s));
  CHECK(rig.out.take() == Rows{joined(1, 0s, "10a")});
  CHECK(rig.save().size() > 1);
  CHECK(std::ranges::count(rig.out.events, "end") == 0);
  rig.left().watermark(end_of_time);
  rig.left().end();
  CHECK(rig.out.events.back() == "end");
  CHECK(rig.late_left.events.back() == "end");
  CHECK(rig.late_right.events.back() == "end");
  CHECK(rig.letters.events.back() == "end");
}

TEST_CASE("within the allowed lateness a record makes its key give all of its pairs again") {
  auto rig = join_of(inner(), {.size = 10s, .allowed_lateness = 20s});
  rig.push_left({{1s, {1, 10}}, {1s, {2, 20}}});
  rig.push_right({{2s, {1, "a"}}, {2s, {2, "b"}}});
  rig.watermark(at(10s));
  CHECK(by_key(rig.out.take()) == Rows{joined(1, 0s, "10a"), joined(2, 0s, "20b")});
  rig.push_right({{3s, {1, "c"}}, {4s, {1, "d"}}});
  CHECK(rig.out.take() ==
        Rows{joined(1, 0s, "10a", 2), joined(1, 0s, "10c", 2), joined(1, 0s, "10d", 2)});
  rig.push_left({{3s, {1, 11}}, {3s, {3, 30}}});
  CHECK(rig.out.take() == Rows{joined(1, 0s, "10a", 3), joined(1, 0s, "10c", 3),
                               joined(1, 0s, "10d", 3), joined(1, 0s, "11a", 3),
                               joined(1, 0s, "11c", 3), joined(1, 0s, "11d", 3)});
  rig.push_right({{3s, {3, "e"}}});
  CHECK(rig.out.take() == Rows{joined(3, 0s, "30e", 2)});
  rig.watermark(at(30s));
  rig.push_left({{3s, {1, 12}}});
  CHECK(rig.out.take().empty());
  CHECK(rig.late_left.take() == std::vector<Click>{{1, 12}});
}

TEST_CASE("what comes too late leaves by the late output of its side, with its time") {
  auto rig = join_of(inner());
  rig.watermark(at(10s));
  rig.push_left({{9s, {1, 1}}, {10s, {1, 2}}, {3s, {1, 3}}});
  rig.push_right({{9s, {1, "a"}}, {10s, {1, "b"}}});
  CHECK(rig.late_left.take() == std::vector<Click>{{1, 1}, {1, 3}});
  CHECK(rig.late_left.times == std::vector<Timestamp>{at(9s), at(3s)});
  CHECK(rig.late_right.take() == std::vector<Order>{{1, "a"}});
  CHECK(rig.step.counters().late.get() == 3);
  CHECK(rig.step.counters().in.get() == 5);
  rig.watermark(at(20s));
  CHECK(rig.out.take() == Rows{joined(1, 10s, "2b")});
  CHECK(rig.step.counters().out.get() == 1);
}

TEST_CASE("a pair whose function throws becomes two dead letters, and the others go on") {
  auto rig = join_of(pairs<detail::Outer::none>([](const Click& c, const Order& o) {
    if (c.number == 11 && o.item == "a") throw std::runtime_error("no such pair");
    return both(c, o);
  }));
  rig.push_left({{1s, {1, 10}}, {1s, {1, 11}}});
  rig.push_right({{2s, {1, "a"}}, {2s, {1, "b"}}});
  rig.watermark(at(10s));
  CHECK(rig.out.take() == Rows{joined(1, 0s, "10a"), joined(1, 0s, "10b"), joined(1, 0s, "11b")});
  const auto letters = rig.letters.take();
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].reason == "the step's function threw: no such pair");
  CHECK(letters[0].step == "step");
  CHECK(letters[0].bytes == R"({"user":1,"number":11})");
  CHECK(letters[1].bytes == R"({"user":1,"item":"a"})");
}

TEST_CASE("a group whose function throws becomes a dead letter a record") {
  const auto f = [](std::uint32_t user, const Group<Click>&, const Group<Order>&,
                    WindowEmitter<std::uint32_t, std::string>& out) {
    if (user == 1) throw Failure(Error(Errc::invalid_input, "user 1"));
    out.emit("fine");
  };
  auto rig = join_of(detail::CoGroup<decltype(f), std::string>{f});
  rig.push_left({{1s, {1, 10}}, {1s, {2, 11}}, {1s, {1, 12}}});
  rig.push_right({{2s, {1, "a"}}});
  rig.watermark(at(10s));
  CHECK(rig.out.take() == Rows{joined(2, 0s, "fine")});
  Strings bytes;
  for (const DeadLetter& letter : rig.letters.take()) {
    CHECK(letter.reason == "user 1");
    bytes.push_back(letter.bytes);
  }
  CHECK(bytes == Strings{R"({"user":1,"number":10})", R"({"user":1,"number":12})",
                         R"({"user":1,"item":"a"})"});
}

TEST_CASE("a record whose key function throws is rejected alone") {
  const auto key = [](const Click& c) {
    if (c.number < 0) throw std::runtime_error("no key");
    return c.user;
  };
  SidesRig<Click, decltype(key), Order, std::uint32_t Order::*, decltype(inner())> rig(
      key, &Order::user, inner());
  rig.push_left({{1s, {1, 10}}, {1s, {1, -1}}, {1s, {1, 12}}});
  rig.push_right({{2s, {1, "a"}}});
  rig.watermark(at(10s));
  CHECK(rig.out.take() == Rows{joined(1, 0s, "10a"), joined(1, 0s, "12a")});
  const auto letters = rig.letters.take();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].bytes == R"({"user":1,"number":-1})");
}

TEST_CASE("a record at the end of what a Timestamp holds is rejected, not joined") {
  auto rig = join_of(inner());
  Batch<Click> batch(1);
  batch.push_back({1, 10}, end_of_time - Duration(1));
  rig.left().push(batch);
  REQUIRE(rig.letters.values.size() == 1);
  CHECK(rig.letters.values[0].reason.find("in no window that a Timestamp can hold") !=
        std::string::npos);
}

TEST_CASE("a throwing function of a join fails the pipeline by the step's name when it shall") {
  auto rig = join_of(pairs<detail::Outer::none>([](const Click&, const Order&) -> std::string {
                       throw std::runtime_error("no such pair");
                     }),
                     {.size = 10s, .on_error = OnError::fail});
  rig.push_left({{1s, {1, 10}}});
  rig.push_right({{2s, {1, "a"}}});
  rig.left().watermark(at(10s));
  try {
    rig.right().watermark(at(10s));
    FAIL("nothing was thrown");
  } catch (const DownstreamFailure& failure) {
    CHECK_THROWS_WITH(std::rethrow_exception(failure.cause),
                      "step \"step\": the step's function threw: no such pair");
  }
}

TEST_CASE("past the state budget a join fails by its name, and what it held is given back") {
  auto bed = std::make_unique<Bed>(64_KiB);
  Bed& kept = *bed;
  {
    auto rig = join_of(inner(), {.size = 10s}, std::make_unique<Bed>(64_KiB));
    std::string said;
    for (int i = 0; i < 10'000 && said.empty(); ++i) {
      try {
        rig.push_left({{1s, {1, i}}});
        rig.push_right({{1s, {1, std::string(100, 'x')}}});
      } catch (const Failure& failure) {
        CHECK(failure.error().code() == Errc::limit_exceeded);
        said = failure.error().message();
      }
    }
    CHECK(said.find("step \"step\": its windows hold ") == 0);
    CHECK(said.find("its limit of 65536 bytes") != std::string::npos);
    CHECK(rig.bed->state.used() > 64 * 1024);
  }
  {
    auto rig = join_of(inner(), {.size = 10s}, std::make_unique<Bed>());
    for (int i = 0; i < 100; ++i) {
      rig.push_left({{i * 10s, {1, i}}});
      rig.push_right({{i * 10s, {1, std::string(1000, 'x')}}});
      rig.watermark(at(i * 10s));
    }
    CHECK(rig.bed->state.used() < 64 * 1024);
  }
  CHECK(kept.state.used() == 0);
}

TEST_CASE("text of records that a join keeps, and of its results, is its own") {
  const auto f = [](const Message& m, const Message& n) -> Message { return {m.data, n.data}; };
  const auto key = [](const Message& m) { return m.key; };
  using F = detail::Pairs<decltype(f), Message, Message, detail::Outer::none>;
  SidesRig<Message, decltype(key), Message, decltype(key), F> rig(key, key, F{f});
  const auto push = [&](Port<Message>& port, int from, Duration time) {
    std::vector<std::string> bytes;  // gone after the push
    for (int i = from; i < from + 50; ++i) bytes.push_back("word " + std::to_string(i));
    Batch<Message> batch(50);
    const std::string user = "a user with a long name";
    for (const std::string& b : bytes) batch.push_back({Text(b), Text(user)}, at(time));
    port.push(batch);
    for (std::string& b : bytes) std::ranges::fill(b, '!');
  };
  std::vector<std::pair<std::string, std::string>> seen;
  struct Copier final : Port<Windowed<std::string, Message>> {
    std::vector<Batch<Windowed<std::string, Message>>> kept;
    void push(Batch<Windowed<std::string, Message>>& batch) override {
      batch.move_to(kept.emplace_back(batch.capacity()));
    }
    void watermark(Timestamp) override {}
    void idle() override {}
    void partition(std::uint32_t, PartitionEvent) override {}
    void barrier(Barrier&) override {}
    void end() override {}
  } copier;
  connect(*rig.bed, rig.step, 0, copier);
  for (int window = 0; window < 5; ++window) {
    push(rig.left(), 100 * window, window * 10s);
    push(rig.right(), 100 * window + 50, window * 10s);
    rig.watermark(at((window + 1) * 10s));
  }
  for (const auto& batch : copier.kept)
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      seen.emplace_back(batch[i].value.data.str(), batch[i].value.key.str());
  REQUIRE(seen.size() == 5 * 50 * 50);
  CHECK(seen.front() == std::pair<std::string, std::string>("word 0", "word 50"));
  CHECK(seen.back() == std::pair<std::string, std::string>("word 449", "word 499"));
  CHECK(std::ranges::none_of(seen,
                             [](const auto& s) { return s.first.find('!') != std::string::npos; }));
}

TEST_CASE("the partitions of both sides stay apart behind a join") {
  auto rig = join_of(inner());
  rig.left().partition(3, PartitionEvent::opened);
  rig.right().partition(3, PartitionEvent::ended);
  CHECK(rig.out.events == Strings{"p6.0", "p7.2"});
  CHECK(rig.late_left.events == Strings{"p3.0"});
  CHECK(rig.late_right.events == Strings{"p3.2"});
}
