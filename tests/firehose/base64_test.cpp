// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/base64.hpp"

#include "catch.hpp"
#include "millrace/core/rng.hpp"

using namespace millrace;
using namespace millrace::firehose;

TEST_CASE("base64 of RFC 4648's examples, both ways") {
  const std::pair<std::string_view, std::string_view> examples[] = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"},
                                                                    {"####", "IyMjIw=="}};
  for (const auto& [bytes, text] : examples) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text).value() == bytes);
  }
  SeededRng rng(3);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(rng.next());
    CHECK(from_base64(to_base64(bytes)).value() == bytes);
  }
}

TEST_CASE("text that is no base64 is refused, with its column") {
  const std::pair<std::string_view, std::string_view> bad[] = {
      {"Zg", "base64, column 3: it ends within a group of four characters"},
      {"Zm9v!m9v",
       "base64, column 5: expected one of A-Z, a-z, 0-9, + and /, or padding at the end"},
      {"Zg==Zg==", "base64, column 3: expected one of"},
      {"====", "base64, column 1: expected one of"},
      {"Z===", "base64, column 2: expected one of"},
      {"Zm 9", "base64, column 3: expected one of"},
      {"Zm-_", "base64, column 3: expected one of"},
      {"Zh==", "base64, column 2: the last character says more than the last byte"},
      {"Zm9=", "base64, column 3: the last character says more than the last byte"}};
  for (const auto& [text, why] : bad) {
    const auto bytes = from_base64(text);
    REQUIRE_FALSE(bytes);
    CHECK(bytes.error().message().starts_with(why));
  }
}
