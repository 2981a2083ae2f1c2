// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/crc32c.hpp"

#include <string>

#include "catch.hpp"
#include "millrace/core/rng.hpp"

using namespace millrace;

TEST_CASE("crc32c gives the values of RFC 3720 B.4") {
  const std::string zeros(32, '\0');
  const std::string ones(32, '\xFF');
  std::string up, down;
  for (int i = 0; i < 32; ++i) {
    up += static_cast<char>(i);
    down += static_cast<char>(31 - i);
  }
  for (const auto crc : {&crc32c, &crc32c_by_table}) {
    CHECK(crc(0, zeros) == 0x8A9136AAu);
    CHECK(crc(0, ones) == 0x62A8AB43u);
    CHECK(crc(0, up) == 0x46DD794Eu);
    CHECK(crc(0, down) == 0x113FDB5Cu);
    CHECK(crc(0, "123456789") == 0xE3069283u);
  }
}

TEST_CASE("the processor's instruction and the table agree, in parts and at any length") {
  SeededRng rng(7);
  std::string bytes;
  for (int i = 0; i < 600; ++i) bytes += static_cast<char>(rng.next());
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    const std::string_view part = std::string_view(bytes).substr(n % 8, n);
    const std::uint32_t whole = crc32c(0, part);
    REQUIRE(whole == crc32c_by_table(0, part));
    const std::size_t cut = part.size() / 3;
    REQUIRE(whole == crc32c(crc32c_by_table(0, part.substr(0, cut)), part.substr(cut)));
  }
}

TEST_CASE("a stored CRC is masked, so that zeros never hold a valid one") {
  CHECK(mask_crc(crc32c(0, "")) != 0);
  CHECK(mask_crc(0) == 0xA282EAD8u);
}
