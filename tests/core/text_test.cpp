// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/text.hpp"

#include <string>
#include <type_traits>

#include "catch.hpp"
#include "millrace/core/message.hpp"

using namespace millrace;

TEST_CASE("a text views bytes, whatever they are") {
  const std::string bytes("a\0b", 3);
  const Text text(bytes);
  CHECK(text.size() == 3);
  CHECK(text.data() == bytes.data());
  CHECK(text.str() == bytes);
  CHECK(Text().empty());
  CHECK(Text("abc", 2) == Text("ab"));
  CHECK(Text("ab") < Text("b"));
  CHECK(std::string_view(Text("x")) == "x");
}

TEST_CASE("a text can't be made of a string that dies at once") {
  CHECK_FALSE(std::is_constructible_v<Text, std::string&&>);
  CHECK(std::is_constructible_v<Text, const std::string&>);
}

TEST_CASE("what outlives a batch owns its bytes") {
  CHECK(std::is_same_v<Owned<Text>, std::string>);
  CHECK(std::is_same_v<Owned<std::string_view>, std::string>);
  CHECK(std::is_same_v<Owned<int>, int>);
  CHECK(borrows<Text>);
  CHECK(borrows<Message>);
  CHECK_FALSE(borrows<std::string>);
}
