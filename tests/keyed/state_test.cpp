// SPDX-License-Identifier: BSL-1.0
// What each kind of keyed state promises.
#include <functional>

#include "keyed_rig.hpp"

using namespace keyed;

namespace {

struct Place {
  std::string city;
  int number = 0;
  friend auto members(Place& p) { return std::tie(p.city, p.number); }
  bool operator==(const Place&) const = default;
};
constexpr auto totals = agg::all(agg::count(), agg::sum(&Place::number));

struct All : Told {
  ValueState<std::string> value{"value"};
  ListState<std::string> list{"list"};
  MapState<std::string, int> words{"words"};
  MapState<int, int> numbers{"numbers"};
  MapState<Place, int> places{"places"};
  ReducingState<int, std::plus<>> sum{"sum"};
  AggregatingState<Place, decltype(totals)> total{"total", totals};
  auto states() { return std::tie(value, list, words, numbers, places, sum, total, timers); }
  void on_record(const Act<All>& act, Timestamp, Emitter<std::string>& out) { act.f(*this, out); }
  void on_timer(const std::string& key, Timestamp t, Emitter<std::string>& out) {
    out.emit(text(key, t), t);
  }

  std::vector<std::string> items() { return {list.begin(), list.end()}; }
  template <class Map>
  static auto entries(Map& map) {
    std::vector<std::pair<typename Map::key_type, typename Map::mapped_type>> all;
    for (const auto& [k, v] : map) all.emplace_back(k, v);
    return all;
  }
  /// All of it, to compare.
  std::string dump() {
    std::string all = value.value_or("-");
    for (const std::string& item : list) all += " " + item;
    for (const auto& [k, v] : words) all += " " + k + "=" + std::to_string(v);
    for (const auto& [k, v] : numbers) all += " " + std::to_string(k) + "=" + std::to_string(v);
    for (const auto& [k, v] : places) all += " " + k.city + "=" + std::to_string(v);
    if (const int* s = sum.get()) all += " sum " + std::to_string(*s);
    if (const auto t = total.result())
      all += " total " + std::to_string(std::get<0>(*t)) + " " + std::to_string(std::get<1>(*t));
    return all;
  }
};

void fill(All& op) {
  op.value.set("a value that is long enough for the heap");
  for (const char* item : {"x", "an item that is long enough for the heap", "z"}) op.list.add(item);
  op.words.put("one", 1);
  op.words.put("a word that is long enough for the heap", 2);
  op.numbers.put(-7, 7);
  op.places.put({"here", 1}, 5);
  op.sum.add(40);
  op.sum.add(2);
  op.total.add({"there", 20});
  op.total.add({"there", 30});
  op.timers.at_event_time(at(100s));
}
const std::string filled =
    "a value that is long enough for the heap x an item that is long enough for the heap z a word "
    "that is long enough for the heap=2 one=1 -7=7 here=5 sum 42 total 2 50";

}  // namespace

TEST_CASE("a value is none at first, then what was set last, for each key by itself") {
  KeyedRig<All> rig;
  const auto value = [&](const char* key) {
    return rig.ask(key, at(0s), [](All& op) { return op.value.value_or("none"); });
  };
  CHECK(value("a") == "none");
  rig.push("a", at(1s), [](All& op) {
    CHECK(op.value.get() == nullptr);
    op.value.set("first");
    REQUIRE(op.value.get());
    CHECK(*op.value.get() == "first");
  });
  rig.push("b", at(1s), [](All& op) { op.value.update([](std::string& s) { s += "grown"; }); });
  rig.push("b", at(1s), [](All& op) { op.value.update([](std::string& s) { s += " more"; }); });
  CHECK(value("a") == "first");
  CHECK(value("b") == "grown more");
  rig.push("a", at(2s), [](All& op) { op.value.clear(); });
  CHECK(value("a") == "none");
  CHECK(value("b") == "grown more");
}

TEST_CASE("a list keeps its items in order; assign, erase_if and clear change it") {
  KeyedRig<All> rig;
  const auto items = [&] { return rig.ask("a", at(0s), [](All& op) { return op.items(); }); };
  using Items = std::vector<std::string>;
  CHECK(items().empty());
  for (const char* item : {"x", "y", "z", "y"})
    rig.push("a", at(0s), [=](All& op) { op.list.add(item); });
  CHECK(items() == Items{"x", "y", "z", "y"});
  rig.push("a", at(0s), [](All& op) {
    op.list.erase_if([](const std::string& s) { return s == "y"; });
    op.list.add("last");
    CHECK(op.list.size() == 3);
    CHECK(op.list[1] == "z");
  });
  CHECK(items() == Items{"x", "z", "last"});
  rig.push("a", at(0s), [](All& op) { op.list.assign({"new"}); });
  CHECK(items() == Items{"new"});
  rig.push("a", at(0s), [](All& op) { op.list.clear(); });
  CHECK(items().empty());
  rig.push("b", at(0s), [](All& op) { CHECK(op.list.empty()); });
}

TEST_CASE("a map finds, changes and forgets entries, and goes over them in the order of its keys") {
  KeyedRig<All> rig;
  rig.push("a", at(0s), [](All& op) {
    for (const int n : {5, -3, 0, 12}) op.numbers.put(n, n * n);
    for (const char* word : {"pear", "", "apple", "fig"}) op.words.put(word, 1);
    op.words.update("fig", [](int& times) { times += 2; });
    op.words.update("plum", [](int& times) { ++times; });
  });
  using Numbers = std::vector<std::pair<int, int>>;
  using Words = std::vector<std::pair<std::string, int>>;
  rig.push("a", at(0s), [](All& op) {
    CHECK(All::entries(op.numbers) == Numbers{{-3, 9}, {0, 0}, {5, 25}, {12, 144}});
    CHECK(All::entries(op.words) ==
          Words{{"", 1}, {"apple", 1}, {"fig", 3}, {"pear", 1}, {"plum", 1}});
    CHECK(op.words.size() == 5);
    REQUIRE(op.numbers.get(5));
    CHECK(*op.numbers.get(5) == 25);
    CHECK(op.numbers.get(6) == nullptr);
    CHECK(op.words.contains(Text("pear")));
    op.words.erase("pear");
    op.words.erase("never there");
    CHECK_FALSE(op.words.contains("pear"));
    op.numbers.clear();
    CHECK(op.numbers.empty());
    op.numbers.put(1, 1);
  });
  rig.push("a", at(0s), [](All& op) {
    CHECK(All::entries(op.numbers) == Numbers{{1, 1}});
    CHECK(op.words.size() == 4);
  });
  rig.push("b", at(0s), [](All& op) { CHECK(op.words.empty()); });
}

TEST_CASE("a map's keys may be structs of one's own") {
  KeyedRig<All> rig;
  rig.push("a", at(0s), [](All& op) {
    op.places.put({"Ulm", 1}, 1);
    op.places.put({"Ulm", 2}, 2);
    op.places.put({"Aachen", 1}, 3);
  });
  rig.push("a", at(0s), [](All& op) {
    REQUIRE(op.places.get({"Ulm", 2}));
    CHECK(*op.places.get({"Ulm", 2}) == 2);
    op.places.erase({"Ulm", 1});
    std::vector<std::string> cities;
    for (const auto& [place, n] : op.places) cities.push_back(place.city + std::to_string(n));
    std::sort(cities.begin(), cities.end());
    CHECK(cities == std::vector<std::string>{"Aachen3", "Ulm2"});
  });
}

TEST_CASE("reducing and aggregating state hold what their functions make of all that was added") {
  KeyedRig<All> rig;
  for (const int n : {1, 2, 4})
    rig.push("a", at(0s), [=](All& op) {
      op.sum.add(n);
      op.total.add({"", n * 10});
    });
  rig.push("a", at(0s), [](All& op) {
    REQUIRE(op.sum.get());
    CHECK(*op.sum.get() == 7);
    CHECK(op.total.result() == std::tuple<std::uint64_t, std::int64_t>{3, 70});
    op.sum.clear();
    op.total.clear();
    CHECK(op.sum.get() == nullptr);
    CHECK_FALSE(op.total.result());
    op.sum.add(5);
    CHECK(*op.sum.get() == 5);
  });
  rig.push("b", at(0s), [](All& op) { CHECK_FALSE(op.total.result()); });
  CHECK(rig.letters().empty());
}

TEST_CASE("a record that throws leaves the state of its key, and its timers, as they were") {
  const std::vector<std::function<void(All&)>> changes = {
      [](All& op) { op.value.set("other"); },
      [](All& op) { op.value.clear(); },
      [](All& op) { op.value.update([](std::string& s) { s.clear(); }); },
      [](All& op) { op.list.add("more"); },
      [](All& op) { op.list.assign({"less"}); },
      [](All& op) { op.list.erase_if([](const std::string& s) { return s == "x"; }); },
      [](All& op) { op.list.clear(); },
      [](All& op) { op.words.put("one", 10); },
      [](All& op) { op.words.put("ten", 10); },
      [](All& op) { op.words.update("one", [](int& n) { n = 11; }); },
      [](All& op) { op.words.erase("one"); },
      [](All& op) { op.words.clear(); },
      [](All& op) { op.numbers.clear(); },
      [](All& op) {
        op.places.put({"here", 1}, 6);
      },
      [](All& op) { op.sum.add(1); },
      [](All& op) { op.sum.clear(); },
      [](All& op) {
        op.total.add({"x", 1});
      },
      [](All& op) { op.total.clear(); },
      [](All& op) { op.timers.at_event_time(at(50s)); },
      [](All& op) { op.timers.cancel_event_time(at(100s)); },
  };
  SeededRng rng(1);
  KeyedRig<All> rig;
  rig.push("a", at(0s), fill);
  const auto bytes = rig.state_bytes();
  for (int round = 0; round < 500; ++round) {
    std::vector<std::size_t> chosen(1 + rng.below(6));
    for (std::size_t& i : chosen)
      i = round < static_cast<int>(changes.size()) ? static_cast<std::size_t>(round)
                                                   : rng.below(changes.size());
    for (const char* key : {"a", "nobody"})
      rig.push(key, at(1s), [&](All& op) {
        for (const std::size_t i : chosen) changes[i](op);
        throw std::runtime_error("no");
      });
    INFO("round " << round);
    REQUIRE(rig.letters() == std::vector<std::string>(2, "the step's function threw: no"));
    REQUIRE(rig.ask("a", at(1s), [](All& op) { return op.dump(); }) == filled);
    REQUIRE(rig.ask("nobody", at(1s), [](All& op) { return op.dump(); }) == "-");
  }
  // Arrays that have grown may stay so; nothing else is left.
  CHECK(rig.state_bytes() < bytes + 1000);
  rig.watermark(at(60s));
  CHECK(rig.take().empty());
  rig.watermark(at(100s));
  CHECK(rig.take() == std::vector<std::string>{"a@100"});
}

TEST_CASE("a function that throws inside of a change, and is caught, leaves no trace of the new") {
  KeyedRig<All> rig;
  const auto attempt = [](auto&& change) {
    try {
      change();
    } catch (int) {
    }
  };
  rig.push("a", at(0s), [&](All& op) {
    attempt([&] { op.value.update([](std::string& s) { s = "half", throw 1; }); });
    attempt([&] { op.words.update("x", [](int& n) { n = 1, throw 1; }); });
    for (const char* item : {"p", "q", "r"}) op.list.add(item);
    attempt([&] {
      op.list.erase_if([](const std::string& s) { return s == "p" || (s == "q" && (throw 1, 1)); });
    });
  });
  CHECK(rig.ask("a", at(0s), [](All& op) { return op.dump(); }) == "- q r");
}

TEST_CASE("all of it is saved, and goes on at the same and at another parallelism") {
  std::vector<StateItem> items;
  const auto key = [](int i) { return "key " + std::to_string(i); };
  {
    KeyedRig<All> rig(2);
    for (int i = 0; i < 300; ++i) {
      rig.push(key(i), at(0s), fill);
      rig.push(key(i), at(0s), [=](All& op) { op.numbers.put(1, i); });
    }
    rig.watermark(at(10s));
    items = rig.save();
    CHECK(rig.events().back() == "barrier");
  }
  for (const unsigned parallelism : {2u, 1u, 5u, 128u, 3u}) {
    INFO("parallelism " << parallelism);
    KeyedRig<All> rig(parallelism);
    rig.load(items).value();
    CHECK(rig.state_bytes() > 0);
    for (int i = 0; i < 300; ++i) {
      REQUIRE(rig.ask(key(i), at(20s), [](All& op) { return *op.numbers.get(1); }) == i);
      rig.push(key(i), at(20s), [](All& op) { op.numbers.erase(1); });
      REQUIRE(rig.ask(key(i), at(20s), [](All& op) { return op.dump(); }) == filled);
      rig.push(key(i), at(20s), [=](All& op) { op.numbers.put(1, i); });
    }
    items = rig.save();
    rig.watermark(at(100s));
    CHECK(rig.take().size() == 300);
  }
}

TEST_CASE("a key whose state is all cleared and whose timers have fired is forgotten") {
  KeyedRig<All> rig;
  rig.push("a", at(0s), [](All& op) { op.timers.at_event_time(at(1s)); });
  rig.push("b", at(0s), [](All& op) { op.value.set("b"); });
  CHECK(rig.save().size() == 3);  // the common one, and two keys
  rig.watermark(at(1s));
  rig.push("b", at(0s), [](All& op) { op.value.clear(); });
  CHECK(rig.save().size() == 1);
}

TEST_CASE("a handle that states() forgets, or that is used without a key, says so") {
  struct Forgetful : Told {
    ValueState<int> kept{"kept"};
    ValueState<int> forgotten{"forgotten"};
    auto states() { return std::tie(kept); }
    void on_record(const Act<Forgetful>& act, Timestamp, Emitter<std::string>& out) {
      act.f(*this, out);
    }
  };
  KeyedRig<Forgetful> rig;
  rig.push("a", at(0s), [](Forgetful& op) { op.forgotten.set(1); });
  rig.push("a", at(0s), [](Forgetful& op) { op.timers.at_event_time(at(1s)); });
  CHECK(rig.letters() ==
        std::vector<std::string>{
            "state \"forgotten\" was used where no key is at hand: the operator's states() must "
            "give it, and only on_record and the timer functions have a key",
            "state \"timers\" was used where no key is at hand: the operator's states() must give "
            "it, and only on_record and the timer functions have a key"});
  ValueState<int> alone{"alone"};
  CHECK_THROWS_AS(alone.get(), Failure);
}
