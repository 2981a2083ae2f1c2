// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/hash.hpp"

#include <string>

#include "catch.hpp"
#include "millrace/core/rng.hpp"

using namespace millrace;

namespace {

/// The buffer that xxHash's own sanity check uses.
std::string sanity_buffer(std::size_t size) {
  std::string bytes;
  std::uint64_t generator = 2654435761u;
  for (std::size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(generator >> 56));
    generator *= 11400714785074694797ull;
  }
  return bytes;
}

}  // namespace

TEST_CASE("xxh64 gives the values of the specification's test vectors") {
  constexpr std::uint64_t prime = 2654435761u;
  const std::string b = sanity_buffer(222);
  const std::string_view v = b;
  CHECK(xxh64("") == 0xEF46DB3751D8E999);
  CHECK(xxh64("", prime) == 0xAC75FDA2929B17EF);
  CHECK(xxh64(v.substr(0, 1)) == 0xE934A84ADB052768);
  CHECK(xxh64(v.substr(0, 1), prime) == 0x5014607643A9B4C3);
  CHECK(xxh64(v.substr(0, 4)) == 0x9136A0DCA57457EE);
  CHECK(xxh64(v.substr(0, 14)) == 0x8282DCC4994E35C8);
  CHECK(xxh64(v.substr(0, 14), prime) == 0xC3BD6BF63DEB6DF0);
  CHECK(xxh64(v.substr(0, 222)) == 0xB641AE8CB691C174);
  CHECK(xxh64(v.substr(0, 222), prime) == 0x20CB8AB7AE10C14A);
  CHECK(xxh64("abc") == 0x44BC2CF5AD770999);
}

TEST_CASE("the integer path of xxh64 agrees with the bytes it stands for") {
  SeededRng rng(3);
  for (const unsigned size : {1u, 2u, 4u, 8u}) {
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t value = i == 0 ? 0 : rng.next() >> (64 - 8 * size);
      std::string bytes;
      for (unsigned k = 0; k < size; ++k) bytes.push_back(static_cast<char>(value >> (8 * k)));
      INFO("value " << value << ", " << size << " bytes");
      CHECK(xxh64_of(value, size, key_group_seed) == xxh64(bytes, key_group_seed));
    }
  }
}
