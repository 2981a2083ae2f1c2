// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/describe.hpp"

#include <string>

#include "catch.hpp"
#include "millrace/core/message.hpp"

namespace describe_app {
struct Reading {
  millrace::Text sensor;
  int value = 0;
  std::optional<double> scale;
};
constexpr auto describe(millrace::type<Reading>) {
  return millrace::fields("sensor", &Reading::sensor, "value", &Reading::value, "Scale(mi)",
                          &Reading::scale);
}

struct Owning {
  int count = 0;
  std::string name;
};
constexpr auto describe(millrace::type<Owning>) {
  return millrace::fields("count", &Owning::count, "name", &Owning::name);
}

struct Nested {
  int id = 0;
  std::vector<Reading> readings;
};
constexpr auto describe(millrace::type<Nested>) {
  return millrace::fields("id", &Nested::id, "readings", &Nested::readings);
}

struct Plain {
  int count = 0;
};
}  // namespace describe_app

using namespace millrace;

TEST_CASE("a description is found in the namespace of its struct") {
  STATIC_REQUIRE(Described<describe_app::Reading>);
  STATIC_REQUIRE_FALSE(Described<describe_app::Plain>);
  STATIC_REQUIRE_FALSE(Described<int>);
  STATIC_REQUIRE(field_count<describe_app::Reading> == 3);
  STATIC_REQUIRE(field_names<describe_app::Reading>[2] == "Scale(mi)");
  STATIC_REQUIRE(std::is_same_v<FieldType<describe_app::Reading, 2>, std::optional<double>>);
}

TEST_CASE("a member is found by its pointer, at compile time") {
  STATIC_REQUIRE(field_index<describe_app::Reading>(&describe_app::Reading::value) == 1);
  STATIC_REQUIRE(field_index<describe_app::Owning>(&describe_app::Plain::count) == no_field);
}

TEST_CASE("each field is visited in described order with its index, name and member") {
  describe_app::Owning value{7, "seven"};
  std::string seen;
  for_each_field<describe_app::Owning>([&](auto index, const auto& field) {
    if constexpr (index == 0) CHECK(value.*field.member == 7);
    seen += std::to_string(index()) + std::string(field.name) + ";";
  });
  CHECK(seen == "0count;1name;");
}

TEST_CASE("a described struct borrows when one of its members does") {
  STATIC_REQUIRE(borrows<describe_app::Reading>);
  STATIC_REQUIRE(borrows<describe_app::Nested>);
  STATIC_REQUIRE(borrows<std::optional<Text>>);
  STATIC_REQUIRE(borrows<Message>);
  STATIC_REQUIRE_FALSE(borrows<describe_app::Owning>);
  STATIC_REQUIRE_FALSE(borrows<describe_app::Plain>);
  STATIC_REQUIRE_FALSE(borrows<std::vector<int>>);
}
