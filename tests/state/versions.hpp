// SPDX-License-Identifier: BSL-1.0
// A struct in six versions, whose fields came, went and changed places, values for them, and what
// one version is expected to read from another.
#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/describe.hpp"

namespace versions {

using millrace::Described;
using millrace::fields;
using millrace::type;

struct Part1 {
  std::int32_t weight = 11;
};
struct Part2 {
  std::string label = "no label";
  std::int32_t weight = 12;
};
struct V1 {
  std::string id = "?";
  std::int32_t count = 1;
  Part1 part;
};
struct V2 {
  std::string id = "?";
  std::int32_t count = 2;
  Part1 part{21};
  double share = 0.5;
};
struct V3 {
  bool checked = true;
  double share = 0.25;
  std::vector<std::string> tags = {"a", "b"};
  Part2 part{"in V3", 31};
  std::string id = "?";
  std::int32_t count = 3;
};
struct V4 {
  std::string id = "?";
  Part2 part;
  std::int32_t count = 4;
  std::optional<Part1> best = Part1{41};
};
struct V5 {
  std::int32_t count = 5;
  std::vector<Part1> parts = {{51}, {52}};
  std::optional<Part2> best;
  std::pair<std::string, Part1> both{"first", {53}};
};
struct V6 {
  std::vector<std::string> tags;
  std::pair<std::string, Part2> both{"first", {"in V6", 61}};
  std::vector<Part2> parts;
  std::int32_t count = 6;
  std::optional<Part1> best;
  bool checked = false;
};

constexpr auto describe(type<Part1>) { return fields("weight", &Part1::weight); }
constexpr auto describe(type<Part2>) {
  return fields("label", &Part2::label, "weight", &Part2::weight);
}
constexpr auto describe(type<V1>) {
  return fields("id", &V1::id, "count", &V1::count, "part", &V1::part);
}
constexpr auto describe(type<V2>) {
  return fields("id", &V2::id, "count", &V2::count, "part", &V2::part, "share", &V2::share);
}
constexpr auto describe(type<V3>) {
  return fields("checked", &V3::checked, "share", &V3::share, "tags", &V3::tags, "part", &V3::part,
                "id", &V3::id, "count", &V3::count);
}
constexpr auto describe(type<V4>) {
  return fields("id", &V4::id, "part", &V4::part, "count", &V4::count, "best", &V4::best);
}
constexpr auto describe(type<V5>) {
  return fields("count", &V5::count, "parts", &V5::parts, "best", &V5::best, "both", &V5::both);
}
constexpr auto describe(type<V6>) {
  return fields("tags", &V6::tags, "both", &V6::both, "parts", &V6::parts, "count", &V6::count,
                "best", &V6::best, "checked", &V6::checked);
}

/// Numbers from a seed.
struct Chance {
  std::uint64_t seed = 0x5EED;
  std::uint64_t state = seed;
  std::uint64_t below(std::uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
  }
};

inline void fill(bool& value, Chance& chance) { value = chance.below(2) != 0; }
inline void fill(std::int32_t& value, Chance& chance) {
  value = static_cast<std::int32_t>(chance.below(1u << 31)) - (1 << 30);
}
inline void fill(double& value, Chance& chance) {
  value = static_cast<double>(chance.below(1000)) / 8;
}
inline void fill(std::string& value, Chance& chance) {
  value.assign(chance.below(40), static_cast<char>('a' + chance.below(26)));
}
template <Described T>
void fill(T& value, Chance& chance);
template <class T>
void fill(std::optional<T>& value, Chance& chance) {
  value.reset();
  if (chance.below(2) != 0) fill(value.emplace(), chance);
}
template <class T>
void fill(std::vector<T>& value, Chance& chance) {
  value.clear();
  for (std::uint64_t n = chance.below(4); n > 0; --n) fill(value.emplace_back(), chance);
}
template <class A, class B>
void fill(std::pair<A, B>& value, Chance& chance) {
  fill(value.first, chance);
  fill(value.second, chance);
}
template <Described T>
void fill(T& value, Chance& chance) {
  millrace::for_each_field<T>(
      [&](auto, const auto& field) { fill(value.*(field.member), chance); });
}

/// Into a fresh `to` what it should have from a value of another version.
template <class To, class From>
void assign(To& to, const From& from) {
  if constexpr (std::is_same_v<To, From>)
    to = from;
  else
    throw std::logic_error("fields of one name have types that do not go together");
}
template <Described To, Described From>
void assign(To& to, const From& from);
template <class To, class From>
void assign(std::optional<To>& to, const std::optional<From>& from) {
  to.reset();
  if (from) assign(to.emplace(), *from);
}
template <class To, class From>
void assign(std::vector<To>& to, const std::vector<From>& from) {
  to.clear();
  for (const From& one : from) assign(to.emplace_back(), one);
}
template <class A, class To, class From>
void assign(std::pair<A, To>& to, const std::pair<A, From>& from) {
  to.first = from.first;
  assign(to.second, from.second);
}
template <Described To, Described From>
void assign(To& to, const From& from) {
  millrace::for_each_field<To>([&](auto, const auto& target) {
    millrace::for_each_field<From>([&](auto, const auto& source) {
      if (target.name == source.name) assign(to.*(target.member), from.*(source.member));
    });
  });
}

}  // namespace versions
