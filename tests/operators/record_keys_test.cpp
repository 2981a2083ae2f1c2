// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/record_keys.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "catch.hpp"
#include "window_rig.hpp"

using namespace rig;

namespace {

enum class Side : char { left = 'l', right = 'r' };

struct Place {
  std::string city;
  int number = 0;
  friend auto members(Place& p) { return std::tie(p.city, p.number); }
  auto operator<=>(const Place&) const = default;
};

/// Gives a text whose bytes are overwritten by the next call.
struct Volatile {
  std::shared_ptr<std::string> bytes = std::make_shared<std::string>();
  Text operator()(const Event& e) const {
    bytes->assign("a key that is long enough for the heap: ").append(std::to_string(e.key));
    return Text(*bytes);
  }
};

template <class KeyFn>
auto keys_of(KeyFn key) {
  WindowRig<KeyFn> rig({.size = 10s, .order = ResultOrder::key}, key);
  for (std::uint32_t i = 0; i < 300; ++i) rig.push({{at(1s), i % 3, 1}});
  rig.step.watermark(end_of_time);
  std::vector<decltype(rig.out.values[0].key)> keys;
  std::uint64_t records = 0;
  for (const auto& r : rig.out.values) {
    records += std::get<0>(r.value);
    keys.push_back(r.key);
  }
  CHECK(records == 300);
  return keys;
}

}  // namespace

TEST_CASE("keys may be integers of any size, enums and booleans") {
  CHECK(keys_of([](const Event& e) { return static_cast<std::int64_t>(e.key) - 1; }) ==
        std::vector<std::int64_t>{-1, 0, 1});
  CHECK(keys_of([](const Event& e) { return e.key ? Side::left : Side::right; }).size() == 2);
}

TEST_CASE("text keys are owned by the window and come out as strings") {
  WindowRig<Volatile> rig;
  rig.push({{at(1s), 1, 1}});
  rig.push({{at(2s), 2, 1}});
  rig.push({{at(3s), 1, 1}});
  rig.step.watermark(end_of_time);
  REQUIRE(rig.out.values.size() == 2);
  static_assert(std::is_same_v<decltype(rig.out.values[0].key), std::string>);
  for (const auto& r : rig.out.values)
    CHECK(std::get<0>(r.value) == (r.key.back() == '1' ? 2u : 1u));
}

TEST_CASE("string keys may be returned by value") {
  CHECK(keys_of([](const Event& e) { return "k" + std::to_string(e.key); }) ==
        std::vector<std::string>{"k0", "k1", "k2"});
}

TEST_CASE("keys of a user's type are told apart by their encoded bytes, ordered by their <") {
  const auto keys = keys_of([](const Event& e) {
    return Place{e.key == 2 ? "Aachen" : "Bonn", -static_cast<int>(e.key)};
  });
  CHECK(keys == std::vector<Place>{{"Aachen", -2}, {"Bonn", -1}, {"Bonn", 0}});
  CHECK(keys_of([](const Event& e) { return std::pair(1, std::to_string(e.key)); }).size() == 3);
}

TEST_CASE("a key function that throws makes a dead letter; the rest of the batch goes on") {
  const auto key = [](const Event& e) {
    if (e.key == 13) throw std::runtime_error("no thirteen");
    return e.key;
  };
  for (const std::uint32_t keys : {5u, 5000u}) {  // small tables and large
    WindowRig<decltype(key)> rig({.size = 10s}, key);
    std::vector<Event> warm_up;
    for (std::uint32_t k = 100; k < 100 + keys; ++k) warm_up.push_back({at(1s), k, 1});
    rig.push(warm_up);
    rig.push({{at(1s), 1, 1}, {at(2s), 13, 2}, {at(3s), 1, 4}, {at(15s), 13, 1}, {at(14s), 2, 1}});
    rig.step.watermark(end_of_time);
    CHECK(rig.out.values.size() == keys + 2);
    REQUIRE(rig.letters.values.size() == 2);
    CHECK(rig.letters.values[0].reason == "the step's function threw: no thirteen");
    CHECK(rig.step.counters().errors.get() == 2);
  }
}
