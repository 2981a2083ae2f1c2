// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/migration.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "catch.hpp"
#include "millrace/core/time.hpp"
#include "state/versions.hpp"

using namespace millrace;
using namespace versions;

namespace {

template <class T>
std::string encoded(const T& value) {
  std::string bytes;
  Codec<T>::write(bytes, value);
  return bytes;
}

/// A value that was written under another schema, read as a To.
template <class To>
Result<To> read_as(std::string_view schema, std::string_view bytes) {
  auto migration = Migration<To>::from(schema, "the state");
  if (!migration) return migration.take_error();
  StateReader in(bytes);
  To value{};
  if (auto done = migration->read(in, value); !done) return done.take_error();
  if (!in.empty()) return in.corrupted("something is left");
  return value;
}
template <class To, class From>
To migrated(const From& value) {
  return read_as<To>(schema_of<From>(), encoded(value)).value();
}
template <class From, class To>
std::string refusal() {
  const auto migration = Migration<To>::from(schema_of<From>(), "the state");
  REQUIRE_FALSE(migration);
  CHECK(migration.error().code() == Errc::unsupported);
  return migration.error().message();
}
template <class From, class To>
bool refused_for(std::string_view why) {
  return refusal<From, To>().find(why) != std::string::npos;
}

/// Calls `f(V{})` for each version.
template <class F>
void for_each_version(F&& f) {
  std::apply([&](auto... versions) { (f(versions), ...); }, std::tuple<V1, V2, V3, V4, V5, V6>());
}

struct Number {
  std::int32_t a = 1;
  std::int32_t b = 2;
};
struct Text1 {
  std::string a = "1";
};
struct Tree {
  std::int32_t value = 0;
  std::vector<Tree> below;
  friend auto members(Tree& t) { return std::tie(t.value, t.below); }
};
/// A tree whose nodes hold something described.
template <class Leaf>
struct TreeOf {
  Leaf leaf;
  std::vector<TreeOf> below;
  friend auto members(TreeOf& t) { return std::tie(t.leaf, t.below); }
};
constexpr auto describe(type<Number>) { return fields("a", &Number::a, "b", &Number::b); }
constexpr auto describe(type<Text1>) { return fields("a", &Text1::a); }

/// Only its Codec knows how long one is.
struct Own {
  std::string text;
};
template <class T>
struct Beside {
  T own{};
  std::int32_t a = 1;
};
template <class T>
constexpr auto describe(type<Beside<T>>) {
  return fields("own", &Beside<T>::own, "a", &Beside<T>::a);
}
template <class T>
struct BesideMore {
  std::int32_t more = 3;
  std::int32_t a = 1;
  T own{};
};
template <class T>
constexpr auto describe(type<BesideMore<T>>) {
  return fields("more", &BesideMore<T>::more, "a", &BesideMore<T>::a, "own", &BesideMore<T>::own);
}

struct Mean {
  static constexpr std::string_view schema_name = "mean";
  double sum = 0;
  double n = 0;
};
struct Range {
  static constexpr std::string_view schema_name = "range";
  double sum = 0;
  double n = 0;
};
struct Unnamed {
  double sum = 0;
  double n = 0;
};
constexpr auto describe(type<Mean>) { return fields("sum", &Mean::sum, "n", &Mean::n); }
constexpr auto describe(type<Range>) { return fields("sum", &Range::sum, "n", &Range::n); }
constexpr auto describe(type<Unnamed>) { return fields("sum", &Unnamed::sum, "n", &Unnamed::n); }

struct WithBool {
  std::int32_t number = 0;
  bool set = false;
};
constexpr auto describe(type<WithBool>) {
  return fields("number", &WithBool::number, "set", &WithBool::set);
}

}  // namespace

template <>
struct millrace::Codec<Own> {
  static void write(std::string& out, const Own& own) { out.append(own.text).append(1, '\0'); }
  static Result<void> read(StateReader& in, Own& own) {
    own.text.clear();
    for (;;) {
      auto byte = in.take(1);
      if (!byte) return byte.take_error();
      if ((*byte)[0] == '\0') return {};
      own.text += *byte;
    }
  }
};

TEST_CASE("every version of a struct reads every other's values, field by field") {
  Chance chance;
  INFO("seed " << chance.seed);
  for_each_version([&](auto from) {
    for_each_version([&](auto to) {
      using To = decltype(to);
      CAPTURE(schema_of<decltype(from)>(), schema_of<To>());
      for (int i = 0; i < 20; ++i) {
        fill(from, chance);
        To expected{};
        assign(expected, from);
        CHECK(encoded(migrated<To>(from)) == encoded(expected));
      }
    });
  });
}

TEST_CASE("a damaged or cut value is an error or another value, never a crash") {
  Chance chance;
  INFO("seed " << chance.seed);
  for_each_version([&](auto from) {
    fill(from, chance);
    const std::string schema = schema_of<decltype(from)>();
    const std::string bytes = encoded(from);
    for_each_version([&](auto to) {
      using To = decltype(to);
      for (std::size_t n = 0; n < bytes.size(); ++n) {
        const auto cut = read_as<To>(schema, bytes.substr(0, n));
        if (cut || cut.error().code() != Errc::corrupted) FAIL_CHECK("cut at byte " << n);
        for (const int flip : {0x01, 0x80, 0xFF}) {
          std::string damaged = bytes;
          damaged[n] = static_cast<char>(damaged[n] ^ flip);
          const auto read = read_as<To>(schema, damaged);
          if (!read && read.error().code() != Errc::corrupted)
            FAIL_CHECK("byte " << n << ": " << read.error().message());
        }
      }
    });
  });
}

TEST_CASE("a schema with a damaged byte is an error or another schema, never a crash") {
  Chance chance;
  INFO("seed " << chance.seed);
  V6 from;
  fill(from, chance);
  const std::string schema = schema_of<V6>();
  const std::string bytes = encoded(from);
  for (std::size_t n = 0; n < schema.size(); ++n)
    for (const char c : std::string_view("{}<>,:^\"\\09aiz \0\xFF", 17)) {
      std::string damaged = schema;
      damaged[n] = c;
      const auto read = read_as<V5>(damaged, bytes);
      if (!read && read.error().code() != Errc::corrupted &&
          read.error().code() != Errc::unsupported)
        FAIL_CHECK("byte " << n << " is " << c << ": " << read.error().message());
    }
}

TEST_CASE("the same schema needs no migration") {
  CHECK_FALSE(Migration<V3>::from(schema_of<V3>(), "the state").value().needed());
  CHECK(Migration<V3>::from(schema_of<V2>(), "the state").value().needed());
  CHECK(read_as<Tree>(schema_of<Tree>(), encoded(Tree{1, {{2, {}}}})).value().below.size() == 1);
}

TEST_CASE("numbers may become wider ones of all their values") {
  CHECK(migrated<std::int64_t>(std::int32_t{-5}) == -5);
  CHECK(migrated<std::int16_t>(std::int8_t{-128}) == -128);
  CHECK(migrated<std::uint64_t>(std::uint8_t{255}) == 255);
  CHECK(migrated<std::int64_t>(std::numeric_limits<std::uint32_t>::max()) == 4294967295);
  CHECK(migrated<double>(-1.5f) == -1.5);
  CHECK(migrated<std::vector<double>>(std::vector<float>{1, 2}) == std::vector<double>{1, 2});
  CHECK(refused_for<std::int64_t, std::int32_t>("i64 became i32"));
  CHECK(refused_for<std::int32_t, std::uint64_t>("i32 became u64"));
  CHECK(refused_for<std::uint32_t, std::int32_t>("u32 became i32"));
  CHECK(refused_for<std::int32_t, double>("i32 became f64"));
  CHECK(refused_for<bool, std::int32_t>("bool became i32"));
  CHECK(refused_for<char, std::int16_t>("char became i16"));
}

TEST_CASE("another type of a field is refused with both schemas, the place and the remedy") {
  CHECK(refusal<std::pair<int, Number>, std::pair<int, Text1>>() ==
        "the state was written as tuple{i32,struct{a:i32,b:i32}}, this program has "
        "tuple{i32,struct{a:string}}: at 1.a, i32 became string; fields of a described struct may "
        "come and go, and numbers widen: keep the old type otherwise, or give the changed step a "
        "new name");
  CHECK(refused_for<std::optional<int>, int>("optional<i32> became i32"));
  CHECK(refused_for<Duration, std::int64_t>("duration<i64,1/1000000> became i64"));
  CHECK(refused_for<std::chrono::seconds, Duration>("duration<i64,1/1> became duration"));
  CHECK(refused_for<std::pair<int, int>, std::tuple<int, int, int>>("became tuple{i32,i32,i32}"));
  CHECK(refused_for<Number, std::pair<int, int>>("became tuple{i32,i32}"));
  CHECK(refused_for<Unnamed, Number>("no field has stayed"));
  const auto bad = Migration<int>::from("i3", "the state");
  CHECK(bad.error().code() == Errc::corrupted);
}

TEST_CASE("two structs of one form and different schema_names are not taken for each other") {
  CHECK(migrated<Mean>(Mean{1, 2}).n == 2);
  CHECK(refused_for<Mean, Range>("mean{sum:f64,n:f64} became range{sum:f64,n:f64}"));
  CHECK(migrated<Mean>(Unnamed{1, 2}).n == 2);  // it has got its name
  CHECK(refused_for<Mean, Unnamed>("became struct"));
}

TEST_CASE("a struct that gets a description keeps its members") {
  struct Plain {
    std::int32_t number = 7;
    bool set = true;
  };
  CHECK(migrated<WithBool>(Plain{}).number == 7);
  CHECK(migrated<WithBool>(std::pair(8, true)).set);
  CHECK(refused_for<std::pair<int, int>, WithBool>("tuple{i32,i32} became struct"));
  CHECK(refused_for<std::int32_t, WithBool>("i32 became struct"));
  std::string damaged = encoded(Plain{});
  damaged[4] = '\2';
  CHECK(read_as<WithBool>(schema_of<Plain>(), damaged).error().code() == Errc::corrupted);
}

TEST_CASE("a struct that holds itself stays as it is, also beside others that change") {
  const Tree tree{1, {{2, {{3, {}}}}, {4, {}}}};
  V1 first;
  first.count = 9;
  const auto beside = migrated<std::pair<Tree, V2>>(std::pair(tree, first));
  CHECK(encoded(beside.first) == encoded(tree));
  CHECK(beside.second.count == 9);
  CHECK(refused_for<TreeOf<V1>, TreeOf<V2>>("at 1, a struct that holds itself can't change"));
}

TEST_CASE("a value with a Codec of its own is read by it, but can't be left out") {
  const auto read = migrated<BesideMore<Own>>(Beside<Own>{{"text"}, 5});
  CHECK(read.own.text == "text");
  CHECK(read.a == 5);
  CHECK(read.more == 3);
  CHECK(migrated<Beside<Own>>(BesideMore<Own>{1, 2, {"other"}}).own.text == "other");
  CHECK(refused_for<Beside<Own>, Number>("field own is gone, and where its value ends only"));
}
