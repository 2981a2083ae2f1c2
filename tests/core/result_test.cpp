// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/result.hpp"

#include <memory>
#include <string>

#include "catch.hpp"

using namespace millrace;

namespace {
Result<std::unique_ptr<int>> make(bool good) {
  if (!good) return Error(Errc::not_found, "no such thing");
  return std::make_unique<int>(7);
}
Result<void> check(bool good) {
  if (!good) return Error(Errc::io, "broken");
  return {};
}
}  // namespace

TEST_CASE("a result holds a value or an error") {
  auto good = make(true);
  REQUIRE(good);
  CHECK(**good == 7);
  CHECK(*good.value() == 7);
  auto bad = make(false);
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error() == Error(Errc::not_found, "no such thing"));
  CHECK(std::move(good).value_or(nullptr) != nullptr);
  CHECK(make(false).value_or(nullptr) == nullptr);
}

TEST_CASE("value() of an error throws a Failure that carries it") {
  try {
    (void)make(false).value();
    FAIL("it should have thrown");
  } catch (const Failure& failure) {
    CHECK(failure.error() == Error(Errc::not_found, "no such thing"));
    CHECK(failure.what() == std::string("no such thing"));
  }
  CHECK_THROWS_AS(check(false).value(), Failure);
  CHECK_NOTHROW(check(true).value());
}

TEST_CASE("results move between values and errors without losing either") {
  Result<std::string> a = std::string(100, 'x');
  Result<std::string> b = Error(Errc::io, "broken");
  std::swap(a, b);
  REQUIRE(b);
  CHECK(b->size() == 100);
  CHECK(a.error().message() == "broken");
  a = std::move(b);
  REQUIRE(a);
  CHECK(a->size() == 100);
  CHECK(Result<std::string>(Error(Errc::io, "gone")).take_error().message() == "gone");
}

TEST_CASE("every code has a name of its own") {
  CHECK(to_string(Errc::out_of_space) == "out_of_space");
  for (int i = 0; i <= static_cast<int>(Errc::user_code); ++i) {
    CHECK(to_string(static_cast<Errc>(i)) != "unknown");
    for (int k = 0; k < i; ++k)
      CHECK(to_string(static_cast<Errc>(i)) != to_string(static_cast<Errc>(k)));
  }
  CHECK(to_string(static_cast<Errc>(200)) == "unknown");
}
