// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/text_writer.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/core/error.hpp"
#include "millrace/core/rng.hpp"

using namespace millrace;

TEST_CASE("runs of any length come out as they were written, across arenas") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    ArenaPool pool(64);
    TextWriter writer(pool);
    std::vector<ArenaRef> held;
    std::vector<Text> texts;
    std::vector<std::string> expected;
    for (int i = 0; i < 100; ++i) {
      std::string run;
      for (std::uint64_t part = rng.below(5); part > 0; --part) {
        const std::string piece(rng.below(60), static_cast<char>('a' + rng.below(26)));
        writer.append(piece);
        run += piece;
        if (rng.below(2)) {
          writer.append('|');
          run += '|';
        }
      }
      CHECK(writer.run() == run);
      if (rng.below(10) == 0) {
        writer.discard();
        continue;
      }
      texts.push_back(writer.finish());
      held.push_back(writer.arena());
      expected.push_back(run);
    }
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK(texts[i].view() == expected[i]);
  }
}

TEST_CASE("reserve gives room next to what was written, and advance says how much was used") {
  ArenaPool pool(32);
  TextWriter writer(pool);
  writer.append("0123456789");
  char* p = writer.reserve(30);
  *p++ = '!';
  writer.advance(p);
  CHECK(writer.finish() == Text("0123456789!"));
  CHECK(writer.copy("next") == Text("next"));
  CHECK(writer.finish().empty());
}

TEST_CASE("a released writer starts in a new arena") {
  ArenaPool pool(64);
  TextWriter writer(pool);
  writer.copy("x");
  CHECK(pool.in_use() == ByteSize{64});
  writer.release();
  CHECK(pool.in_use() == ByteSize{0});
  CHECK_FALSE(writer.arena());
  CHECK(writer.copy("y") == Text("y"));
}

TEST_CASE("a value past the limit is refused with its size") {
  ArenaPool pool;
  TextWriter writer(pool);
  try {
    writer.reserve((std::size_t{1} << 30) + 1);
    FAIL("it should have thrown");
  } catch (const Failure& failure) {
    CHECK(failure.error() ==
          Error(Errc::limit_exceeded,
                "text: one value needs 1073741825 bytes, the limit is 1073741824"));
  }
  CHECK(writer.copy("still usable") == Text("still usable"));
}
