// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/schema.hpp"

#include <array>
#include <chrono>
#include <string>

#include "catch.hpp"
#include "millrace/core/time.hpp"

using namespace millrace;

namespace {

enum class Color : std::int16_t { red };
struct Plain {
  std::int32_t a = 0;
  double b = 0;
};
struct Empty {};
struct Pair {
  std::string name;
  std::int32_t n = 0;
  friend auto members(Pair& p) { return std::tie(p.name, p.n); }
};
struct Severe {
  std::string id;
  std::optional<std::vector<Pair>> pairs;
  Duration took{};
  bool operator==(const Severe&) const = default;
};
constexpr auto describe(type<Severe>) {
  return fields("ID", &Severe::id, "Distance(mi)", &Severe::pairs, "say \"\\\"", &Severe::took);
}
bool operator==(const Pair& a, const Pair& b) { return a.name == b.name && a.n == b.n; }

/// Described and with members(), which goes before: describe() may leave members out then.
struct Both {
  std::int32_t shown = 0;
  std::int32_t hidden = 0;
  friend auto members(Both& b) { return std::tie(b.shown, b.hidden); }
};
constexpr auto describe(type<Both>) { return fields("shown", &Both::shown); }

struct Named {
  static constexpr std::string_view schema_name = "mean";
  double sum = 0;
  std::uint64_t n = 0;
};
constexpr auto describe(type<Named>) { return fields("sum", &Named::sum, "n", &Named::n); }

struct Tree {
  std::int32_t value = 0;
  std::vector<Tree> below;
  friend auto members(Tree& t) { return std::tie(t.value, t.below); }
};

struct Grid {
  std::int32_t cells[3][2] = {};
  bool full = false;
};
constexpr auto describe(type<Grid>) { return fields("cells", &Grid::cells, "full", &Grid::full); }

struct Money {
  std::int64_t cents = 0;
};
struct Opaque {
  std::int64_t value = 0;
};

template <class T>
std::string encoded(const T& value) {
  std::string bytes;
  Codec<T>::write(bytes, value);
  return bytes;
}

}  // namespace

template <>
struct millrace::Codec<Money> {
  static constexpr std::string_view schema = "money 2";
  static void write(std::string& out, const Money& m) { Codec<std::int64_t>::write(out, m.cents); }
  static Result<void> read(StateReader& in, Money& m) {
    return Codec<std::int64_t>::read(in, m.cents);
  }
};
template <>
struct millrace::Codec<Opaque> {
  static void write(std::string& out, const Opaque& o) { Codec<std::int64_t>::write(out, o.value); }
  static Result<void> read(StateReader& in, Opaque& o) {
    return Codec<std::int64_t>::read(in, o.value);
  }
};

TEST_CASE("a type's schema says how it is kept, down to its fields") {
  CHECK(schema_of<bool>() == "bool");
  CHECK(schema_of<char>() == "char");
  CHECK(schema_of<std::int8_t>() == "i8");
  CHECK(schema_of<std::uint16_t>() == "u16");
  CHECK(schema_of<int>() == "i32");
  CHECK(schema_of<std::uint64_t>() == "u64");
  CHECK(schema_of<float>() == "f32");
  CHECK(schema_of<double>() == "f64");
  CHECK(schema_of<Color>() == "i16");
  CHECK(schema_of<std::string>() == "string");
  CHECK(schema_of<Duration>() == "duration<i64,1/1000000>");
  CHECK(schema_of<Timestamp>() == "time<i64,1/1000000>");
  CHECK(schema_of<std::chrono::duration<float, std::ratio<60>>>() == "duration<f32,60/1>");
  CHECK(schema_of<std::optional<std::string>>() == "optional<string>");
  CHECK(schema_of<std::vector<bool>>() == "vector<bool>");
  CHECK(schema_of<std::pair<int, std::string>>() == "tuple{i32,string}");
  CHECK(schema_of<std::tuple<bool, std::vector<double>>>() == "tuple{bool,vector<f64>}");
  CHECK(schema_of<Pair>() == "tuple{string,i32}");
  CHECK(schema_of<Both>() == "tuple{i32,i32}");
  CHECK(schema_of<Plain>() == "bytes<16>");
  CHECK(schema_of<std::array<int, 5>>() == "bytes<20>");
  CHECK(schema_of<Empty>() == "bytes<1>");
  CHECK(schema_of<Severe>() ==
        "struct{ID:string,\"Distance(mi)\":optional<vector<tuple{string,i32}>>,"
        "\"say \\\"\\\\\\\"\":duration<i64,1/1000000>}");
  CHECK(schema_of<Named>() == "mean{sum:f64,n:u64}");
  CHECK(schema_of<Grid>() == "struct{cells:bytes<24>,full:bool}");
  CHECK(schema_of<Tree>() == "tuple{i32,vector<^0>}");
  CHECK(schema_of<std::pair<Tree, Tree>>() == "tuple{tuple{i32,vector<^0>},tuple{i32,vector<^0>}}");
  CHECK(schema_of<Money>() == "custom<\"money 2\">");
  CHECK(schema_of<Opaque>() == "custom<\"\">");
}

TEST_CASE("a described struct is kept field by field, without names and padding") {
  const Severe value{"a", std::vector<Pair>{{"b", 7}}, Duration(5)};
  const std::string bytes = encoded(value);
  CHECK(bytes == std::string("\1\0\0\0a\1\1\0\0\0\1\0\0\0b\7\0\0\0\5\0\0\0\0\0\0\0", 27));
  Severe read;
  StateReader in(bytes);
  REQUIRE(Codec<Severe>::read(in, read));
  CHECK(in.empty());
  CHECK(read == value);
  CHECK(encoded(Named{1, 2}).size() == 16);
  CHECK(encoded(Grid{}).size() == 25);
  CHECK(encoded(Both{1, 2}).size() == 8);
}

TEST_CASE("an empty member is kept without touching the byte that it shares with another") {
  struct Shared {
    std::string name;
    [[no_unique_address]] Empty empty;
    auto tied() { return std::tie(name, empty); }
  };
  Shared value;
  value.name = "a name that is long enough to be on the heap";
  std::string bytes;
  std::apply([&](auto&... m) { (Codec<std::remove_cvref_t<decltype(m)>>::write(bytes, m), ...); },
             value.tied());
  CHECK(bytes.back() == '\0');
  Shared read;
  StateReader in(bytes);
  std::apply([&](auto&... m) { CHECK(Codec<bool>::read_each(in, m...)); }, read.tied());
  CHECK(read.name == value.name);
}

TEST_CASE("a schema's text parses and gives the same text again") {
  for (const std::string& text : {schema_of<Severe>(), schema_of<Tree>(), schema_of<Grid>(),
                                  schema_of<Named>(), schema_of<Money>(), schema_of<Opaque>(),
                                  schema_of<std::tuple<Plain, Duration, Timestamp>>(),
                                  schema_of<std::pair<std::optional<Tree>, std::vector<Both>>>(),
                                  std::string("x{\"\":u8}")}) {
    const auto node = detail::parse_schema(text);
    REQUIRE(node);
    CHECK(detail::to_text(*node) == text);
  }
}

TEST_CASE("a bad schema is an error that says where, never a crash") {
  const auto message = [](std::string_view text) {
    const auto node = detail::parse_schema(text);
    REQUIRE_FALSE(node);
    CHECK(node.error().code() == Errc::corrupted);
    return node.error().message();
  };
  CHECK(message("") ==
        "a state's schema, byte 0 of 0: a name is missing; start from an older snapshot");
  CHECK(message("i31").find("no type has this name") != std::string::npos);
  CHECK(message("set<i32>").find("no type of this name has others in it") != std::string::npos);
  CHECK(message("struct{a:i32").find("'}' is missing") != std::string::npos);
  CHECK(message("struct{}").find("a name is missing") != std::string::npos);
  CHECK(message("struct{a:i32,u8}").find("':' is missing") != std::string::npos);
  CHECK(message("struct{\"a:i32}").find("a name is not closed") != std::string::npos);
  CHECK(message("bytes<x>").find("a number is missing") != std::string::npos);
  CHECK(message("bytes<99999999999999999999>").find("a number is missing") != std::string::npos);
  CHECK(message("bytes<0>").find("nothing has no bytes") != std::string::npos);
  CHECK(message("time<string,1/1>").find("a count is a number") != std::string::npos);
  CHECK(message("u8 ").find("something follows its end") != std::string::npos);
  std::string deep;
  for (int i = 0; i < 1'000'000 / 9; ++i) deep += "optional<";
  CHECK(message(deep).find("deeper than any schema") != std::string::npos);
  CHECK(message(std::string(2'000'000, 'x')).find("longer than any schema") != std::string::npos);

  const std::string good = schema_of<std::tuple<Severe, Tree, Money, Duration>>();
  for (std::size_t n = 0; n < good.size(); ++n) {
    CHECK_FALSE(detail::parse_schema(good.substr(0, n)));
    for (const char c : std::string_view("{}<>,:^\"\\09aiz \0\xFF", 17)) {
      std::string changed = good;
      changed[n] = c;
      const auto node = detail::parse_schema(changed);
      if (!node && node.error().code() != Errc::corrupted) FAIL_CHECK("byte " << n << " is " << c);
      // A name that needs no quotes has none in the text that is written.
      if (node &&
          detail::to_text(*detail::parse_schema(detail::to_text(*node))) != detail::to_text(*node))
        FAIL_CHECK(changed);
    }
  }
}
