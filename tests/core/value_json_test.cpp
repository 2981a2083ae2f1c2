// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/value_json.hpp"

#include <limits>

#include "catch.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/core/window.hpp"

using namespace millrace;

namespace shop {

struct Place {
  std::string city;
};
constexpr auto describe(type<Place>) { return fields("city", &Place::city); }

struct Order {
  Text id;
  int count = 0;
  double price = 0;
  bool paid = false;
  std::optional<int> discount;
  std::vector<Place> stops;
  Timestamp at{};
};
constexpr auto describe(type<Order>) {
  return fields("id", &Order::id, "count", &Order::count, "price", &Order::price, "paid",
                &Order::paid, "discount", &Order::discount, "stops", &Order::stops, "at",
                &Order::at);
}

struct Bare {
  int x = 0;
};
struct Raw {
  std::string bytes;
};
std::string original_bytes(const Raw& raw) { return raw.bytes; }

}  // namespace shop

TEST_CASE("a described value is written as JSON with all its members") {
  const Timestamp at(std::chrono::microseconds(1'671'857'637'450'051));
  const shop::Order order{"A\"1", 2, 1.5, true, {}, {{"Köln"}, {"Aix"}}, at};
  CHECK(ValueJson::of(order) ==
        R"({"id":"A\"1","count":2,"price":1.5,"paid":true,"discount":null,)"
        R"("stops":[{"city":"Köln"},{"city":"Aix"}],"at":"2022-12-24T04:53:57.450051"})");
}

TEST_CASE("bytes that are no UTF-8 are escaped one by one") {
  CHECK(ValueJson::of(shop::Place{"a\xFF\xC3(\n\xE0\x80\xED\xA0\x80\xF4\x90\x80\x80"}) ==
        R"({"city":"a\u00ff\u00c3(\u000a\u00e0\u0080\u00ed\u00a0\u0080\u00f4\u0090\u0080\u0080"})");
}

TEST_CASE("NaN and infinity become null") {
  shop::Order order;
  order.price = std::numeric_limits<double>::infinity();
  CHECK(ValueJson::of(order).find(R"("price":null)") != std::string::npos);
}

TEST_CASE("a window's result is described, tuples become arrays, unknown kinds null") {
  using W = Windowed<std::string, std::tuple<int, bool>>;
  const Timestamp at{};
  CHECK(ValueJson::of(W{"k", {at, at}, {7, true}}) ==
        R"({"key":"k","window":{"start":"1970-01-01T00:00:00.000000",)"
        R"("end":"1970-01-01T00:00:00.000000"},"value":[7,true],"fire":1})");
  CHECK(ValueJson::of(Windowed<int, shop::Bare>{1, {at, at}, {}}).find(R"("value":null)") !=
        std::string::npos);
}

TEST_CASE("times before 1970 are written by the calendar") {
  shop::Order order;
  order.at = Timestamp(std::chrono::microseconds(-1));
  CHECK(ValueJson::of(order).find("1969-12-31T23:59:59.999999") != std::string::npos);
}

TEST_CASE("a dead letter keeps the bytes a value came as, else its JSON, else nothing") {
  CHECK(bytes_for_dead_letter(std::string("row")) == "row");
  CHECK(bytes_for_dead_letter(shop::Raw{"as it came"}) == "as it came");
  CHECK(bytes_for_dead_letter(shop::Place{"Aix"}) == R"({"city":"Aix"})");
  CHECK(bytes_for_dead_letter(shop::Bare{}).empty());
}
