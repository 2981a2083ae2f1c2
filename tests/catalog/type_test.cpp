// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/type.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::catalog;

TEST_CASE("types are widened as far as they need to be") {
  struct Case {
    TypeKind a;
    TypeKind b;
    TypeKind both;
  };
  using K = TypeKind;
  const Case cases[] = {
      {K::int32, K::int64, K::int64},         {K::int32, K::float64, K::float64},
      {K::int64, K::float64, K::float64},     {K::int64, K::decimal, K::decimal},
      {K::decimal, K::float64, K::float64},   {K::float32, K::int32, K::float64},
      {K::float32, K::float64, K::float64},   {K::boolean, K::int32, K::string},
      {K::unknown, K::boolean, K::boolean},   {K::date, K::timestamp, K::string},
      {K::string, K::int32, K::string},       {K::decimal20, K::int64, K::decimal20},
      {K::decimal20, K::decimal, K::decimal}, {K::timestamp, K::timestamp, K::timestamp},
  };
  for (const Case& each : cases)
    for (const bool turned : {false, true}) {
      Type into{turned ? each.b : each.a};
      const Type from{turned ? each.a : each.b};
      INFO(to_hive(into) << " and " << to_hive(from));
      CHECK(compatible(into, from) == (into.kind == from.kind || each.both != K::string));
      merge(into, from);
      CHECK(into == Type{each.both});
    }
}

TEST_CASE("structures are compatible when the members that both have are") {
  const Type a{TypeKind::structure, {{"x", {TypeKind::int32}}, {"y", {TypeKind::string}}}};
  const Type b{TypeKind::structure, {{"z", {TypeKind::boolean}}, {"x", {TypeKind::float64}}}};
  const Type c{TypeKind::structure, {{"x", {TypeKind::boolean}}}};
  CHECK(compatible(a, b));
  CHECK_FALSE(compatible(a, c));
  Type both = a;
  merge(both, b);
  CHECK(to_hive(both) == "struct<x:double,y:string,z:boolean>");
  const Type array{TypeKind::array, {{"", {TypeKind::int32}}}};
  CHECK_FALSE(compatible(a, array));
  CHECK(compatible(array, {TypeKind::array, {{"", {TypeKind::int64}}}}));
}

TEST_CASE("Hive's types are taken and what is none is refused with its column") {
  for (const char* type : {"int", "string", "decimal", "decimal(38,0)", "varchar(10)", "array<int>",
                           "map<string,array<double>>", "struct<a:int,_b:struct<c_1:date>>",
                           "uniontype<int,string>"}) {
    INFO(type);
    CHECK(check_hive_type(type));
  }
  const auto refused = [](std::string_view type) {
    const Result<void> checked = check_hive_type(type);
    REQUIRE(!checked);
    CHECK(checked.error().code() == Errc::invalid_input);
    return checked.error().message();
  };
  CHECK(refused("") == "type \"\", column 1: expected a type");
  CHECK(refused("integers") == "type \"integers\", column 1: no such type: \"integers\"");
  CHECK(refused("array<int") == "type \"array<int\", column 10: expected '>'");
  CHECK(refused("int, x int") == "type \"int, x int\", column 4: expected the end");
  CHECK(refused("struct<:int>") == "type \"struct<:int>\", column 8: expected a field's name");
  CHECK(refused("struct<a int>") == "type \"struct<a int>\", column 9: expected ':'");
  CHECK(refused("decimal(a)") == "type \"decimal(a)\", column 9: expected a number");
  CHECK(refused("map<int>") == "type \"map<int>\", column 8: expected ','");
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "array<";
  const Result<void> too_deep = check_hive_type(deep);
  REQUIRE(!too_deep);
  CHECK(too_deep.error().code() == Errc::limit_exceeded);
  CHECK(too_deep.error().message().ends_with("nested deeper than 128 levels"));
  const Result<void> too_long = check_hive_type(std::string(200'000, 'x'));
  REQUIRE(!too_long);
  CHECK(too_long.error().message() == "a type of 200000 bytes; the limit is 131072");
}

TEST_CASE("a name that is taken gets the first number that is free") {
  CHECK(unique_name("a", {}) == "a");
  CHECK(unique_name("a", {"a", "a_1"}) == "a_2");
}
