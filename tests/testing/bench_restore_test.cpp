// SPDX-License-Identifier: BSL-1.0
// A bench that crashes and goes on from a checkpoint.
#include <algorithm>

#include "catch.hpp"
#include "millrace/millrace.hpp"
#include "millrace/testing/bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

using Count = Windowed<int, std::uint64_t>;

Timestamp at(Duration d) { return Timestamp(d); }

/// How many of each number in a minute.
Stream<Count> counts(Stream<int> in) {
  return in.key_by([](const int& n) { return n; })
      .window(tumbling(1min))
      .aggregate("counts", agg::count());
}

/// Numbers the records that it sees.
struct Numbering {
  using output_type = int;
  int seen = 0;
  void on_record(const int&, Timestamp time, Emitter<int>& out) { out.emit(++seen, time); }
  void save(std::string& bytes) const { bytes = std::to_string(seen); }
  Result<void> load(std::string_view bytes) {
    seen = std::stoi(std::string(bytes));
    return {};
  }
};
Stream<int> numbered(Stream<int> in) { return in.process("number", Numbering{}); }

using Bench = testing::Bench<int, Count>;

std::uint64_t count_of(std::vector<Count> found, int key) {
  std::erase_if(found, [key](const Count& c) { return c.key != key; });
  return found.size() == 1 ? found[0].value : 1000 + found.size();
}

}  // namespace

TEST_CASE("a bench goes on from its checkpoint, and reads again what was pushed behind it") {
  Bench bench{counts};
  bench.push(7, at(1s));
  bench.push(7, at(2s));
  bench.checkpoint();
  bench.push(7, at(3s));
  bench.crash();
  bench.push(7, at(4s));
  bench.restore();
  bench.watermark(at(61s));
  CHECK(count_of(bench.take(), 7) == 4);
}

TEST_CASE("without a checkpoint a bench begins at the beginning") {
  testing::Bench<int, int> bench{numbered};
  bench.push(5);
  bench.push(5);
  CHECK(bench.take() == std::vector<int>{1, 2});
  bench.restore();
  CHECK(bench.take() == std::vector<int>{1, 2});
}

TEST_CASE("what is read again replaces what came out and was not taken") {
  testing::Bench<int, int> bench{numbered};
  bench.push(5);
  bench.checkpoint();
  bench.push(5);
  bench.advance(1s);
  bench.crash();
  bench.restore();
  CHECK(bench.take() == std::vector<int>{1, 2});
  bench.push(5);
  CHECK(bench.take() == std::vector<int>{3});
}

TEST_CASE("what was taken behind the checkpoint comes again") {
  testing::Bench<int, int> bench{numbered};
  bench.push(5);
  bench.checkpoint();
  bench.push(5);
  CHECK(bench.take() == std::vector<int>{1, 2});
  bench.restore();
  CHECK(bench.take() == std::vector<int>{2});
}

TEST_CASE("a bench goes on from the checkpoint that is named") {
  testing::Bench<int, int> bench{numbered};
  bench.push(5);
  const CheckpointId first = bench.checkpoint();
  for (int i = 0; i < 5; ++i) {
    bench.push(5);
    bench.checkpoint();
  }
  CHECK(bench.take().size() == 6);
  bench.restore({.checkpoint = first});
  CHECK(bench.take() == std::vector<int>{2, 3, 4, 5, 6});
  const CheckpointId next = bench.checkpoint();
  CHECK(next > first + 5);
  bench.push(5);
  bench.restore();
  CHECK(bench.take() == std::vector<int>{7});
}

TEST_CASE("a checkpoint that was not taken can't be restored") {
  testing::Bench<int, int> bench{numbered};
  bench.push(5);
  const CheckpointId last = bench.checkpoint();
  try {
    bench.restore({.checkpoint = last + 1});
    FAIL("no error");
  } catch (const Failure& failure) {
    CHECK(failure.error().code() == Errc::not_found);
  }
  bench.restore();
  CHECK(bench.take() == std::vector<int>{1});
}

TEST_CASE("keyed state goes on with another parallelism") {
  const std::vector<unsigned> widths = {1, 3, 2, 4, 1};
  Bench bench{counts, {.parallelism = 2}};
  for (const unsigned width : widths) {
    for (int key = 0; key < 20; ++key) bench.push(key, at(1s));
    bench.checkpoint();
    for (int key = 0; key < 20; ++key) bench.push(key, at(2s));
    bench.crash();
    bench.restore({.parallelism = width});
  }
  bench.watermark(at(1min));
  const auto out = bench.take();
  CHECK(out.size() == 20);
  for (const Count& count : out) CHECK(count.value == 2 * widths.size());
}

TEST_CASE("an end that a checkpoint has seen is not read again") {
  Bench bench{counts};
  bench.push(1, at(1s));
  bench.end();
  CHECK(count_of(bench.take(), 1) == 1);
  bench.restore({.parallelism = 2});
  CHECK(bench.take().empty());
}

TEST_CASE("an end behind the checkpoint is read again") {
  Bench bench{counts};
  bench.push(1, at(1s));
  const CheckpointId before = bench.checkpoint();
  bench.end();
  bench.restore({.checkpoint = before, .parallelism = 3});
  CHECK(count_of(bench.take(), 1) == 1);
}

TEST_CASE("a bench takes no checkpoint of what does not run") {
  testing::Bench<int, int> bench{numbered};
  const auto refused = [&] {
    try {
      bench.checkpoint();
    } catch (const Failure& failure) {
      return failure.error().code() == Errc::conflict;
    }
    return false;
  };
  bench.crash();
  CHECK(refused());
  bench.restore();
  bench.end();
  CHECK(refused());
}

TEST_CASE("a bench that has failed goes on when what was wrong is gone") {
  bool broken = true;
  testing::Bench<int, int> bench{[&](Stream<int> in) {
    return in.map(
        "fragile",
        [&](const int& n) {
          if (broken) throw std::runtime_error("not now");
          return n;
        },
        OnError::fail);
  }};
  bench.push(5);
  CHECK_THROWS_AS(bench.take(), Failure);
  broken = false;
  bench.restore();
  CHECK(bench.take() == std::vector<int>{5});
}

TEST_CASE("checkpoints at an interval are gone on from as well") {
  testing::Bench<int, int> bench{numbered, {.checkpoints = {.interval = 10s}}};
  bench.push(5);
  bench.advance(11s);
  CHECK(bench.take() == std::vector<int>{1});
  bench.push(5);
  bench.advance(1s);
  bench.restore();
  CHECK(bench.take() == std::vector<int>{2});
}
