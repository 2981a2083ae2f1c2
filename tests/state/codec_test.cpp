// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/codec.hpp"

#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "catch.hpp"

using namespace millrace;

namespace {

struct Plain {
  int a = 0;
  double b = 0;
  bool operator==(const Plain&) const = default;
};
struct Named {
  std::string name;
  std::vector<int> numbers;
  friend auto members(Named& n) { return std::tie(n.name, n.numbers); }
  bool operator==(const Named&) const = default;
};
struct Own {
  std::string text;
  bool operator==(const Own&) const = default;
};

template <class T>
std::string encoded(const T& value) {
  std::string bytes;
  Codec<T>::write(bytes, value);
  return bytes;
}

/// Writes, reads back, and then tries every prefix: each is an error that says where.
template <class T>
void round_trip(const T& value) {
  const std::string bytes = encoded(value);
  T read{};
  StateReader in(bytes);
  REQUIRE(Codec<T>::read(in, read));
  CHECK(read == value);
  CHECK(in.empty());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    StateReader cut(std::string_view(bytes).substr(0, n));
    T ignored{};
    const auto done = Codec<T>::read(cut, ignored);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::corrupted);
  }
}

}  // namespace

template <>
struct millrace::Codec<Own> {
  static void write(std::string& out, const Own& value) {
    Codec<std::string>::write(out, value.text);
  }
  static Result<void> read(StateReader& in, Own& value) {
    return Codec<std::string>::read(in, value.text);
  }
};

TEST_CASE("what a codec writes it reads back, and a prefix of it is an error") {
  round_trip(true);
  round_trip('x');
  round_trip(-1);
  round_trip(std::numeric_limits<std::int64_t>::min());
  round_trip(1.5f);
  round_trip(-0.25);
  round_trip(std::string("with \0 in it", 12));
  round_trip(std::optional<int>(7));
  round_trip(std::optional<int>());
  round_trip(std::vector<std::string>{"a", "", "ccc"});
  round_trip(std::pair<int, std::string>(1, "one"));
  round_trip(std::tuple<int, double, std::string>(1, 2.5, "three"));
  round_trip(Plain{3, 4.5});
  round_trip(Named{"n", {1, 2, 3}});
  round_trip(Own{"mine"});
}

TEST_CASE("integers are little-endian, strings have their length in front") {
  CHECK(encoded(0x01020304) == std::string("\4\3\2\1"));
  CHECK(encoded(std::string("ab")) == std::string("\2\0\0\0ab", 6));
}

TEST_CASE("corrupted state says at which byte and what was wrong") {
  const std::string bad_bool("\2", 1);
  StateReader in(bad_bool);
  bool value = false;
  const auto done = Codec<bool>::read(in, value);
  REQUIRE_FALSE(done);
  CHECK(done.error().message() ==
        "state, byte 1 of 1: a bool is neither 0 nor 1; start from an older snapshot");
  StateReader shorter("ab");
  int number = 0;
  CHECK(Codec<int>::read(shorter, number).error().message() ==
        "state, byte 0 of 2: it ends within a value that has 4 more bytes; start from an older "
        "snapshot");
}

TEST_CASE("a corrupted length allocates nothing that the bytes can't fill") {
  const std::string huge("\xFF\xFF\xFF\xFF", 4);
  StateReader strings(huge);
  std::string s;
  CHECK_FALSE(Codec<std::string>::read(strings, s));
  CHECK(s.capacity() < 1000);
  StateReader vectors(huge);
  std::vector<int> v;
  CHECK_FALSE(Codec<std::vector<int>>::read(vectors, v));
  CHECK(v.capacity() == 0);
}
