// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/filter.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "operators/rig.hpp"

using namespace rig;

namespace {

int no_threes(const int& v) {
  if (v % 3 == 0) throw std::runtime_error("three");
  return v;
}

struct BorrowedProbe final : Port<int> {
  bool borrowed = false;
  void push(Batch<int>& batch) override { borrowed = batch.borrowed(); }
  void watermark(Timestamp) override {}
  void idle() override {}
  void partition(std::uint32_t, PartitionEvent) override {}
  void barrier(Barrier&) override {}
  void end() override {}
};

}  // namespace

TEST_CASE("filter keeps order and times, for every pattern of kept, dropped and thrown") {
  for (int pattern = 0; pattern < 729; ++pattern) {  // six records, three fates
    Bed bed;
    auto fate = [pattern](int i) {
      int p = pattern;
      while (i-- > 0) p /= 3;
      return p % 3;
    };
    auto keep = [&](const std::string& v) {
      const int f = fate(std::stoi(v));
      if (f == 2) throw std::runtime_error("bad");
      return f == 0;
    };
    detail::FilterStep<std::string, decltype(keep)> step(bed.context(), keep, OnError::dead_letter);
    Probe<std::string> out;
    Probe<DeadLetter> letters;
    connect(bed, step, 0, out);
    connect(bed, step, 1, letters);
    Batch<std::string> in;
    std::vector<std::string> kept;
    std::vector<std::string> thrown;
    for (int i = 0; i < 6; ++i) {
      in.push_back(std::to_string(i), at(i * 1s));
      if (fate(i) == 0) kept.push_back(std::to_string(i));
      if (fate(i) == 2) thrown.push_back(std::to_string(i));
    }
    step.push(in);
    REQUIRE(out.values == kept);
    REQUIRE(letters.values.size() == thrown.size());
    for (std::size_t i = 0; i < thrown.size(); ++i) REQUIRE(letters.values[i].bytes == thrown[i]);
    for (std::size_t i = 0; i < kept.size(); ++i)
      REQUIRE(out.times[i] == at(std::stoi(kept[i]) * 1s));
  }
}

TEST_CASE(
    "filter leaves a borrowed batch alone that passes whole, and copies what stays of others") {
  Bed bed;
  auto keep = [](const int& v) { return no_threes(v) % 5 != 0; };
  detail::FilterStep<int, decltype(keep)> step(bed.context(), keep, OnError::skip);
  Probe<int> out;
  BorrowedProbe seen;
  connect(bed, step, 0, out);
  connect<int>(bed, step, 0, seen);
  const int numbers[] = {1, 2, 3, 4, 5, 7};
  const Timestamp times[] = {at(1s), at(2s), at(3s), at(4s), at(5s), at(7s)};
  Batch<int> batch;
  batch.borrow(numbers, times, 2);
  step.push(batch);
  CHECK(seen.borrowed);
  CHECK(out.take() == std::vector<int>{1, 2});
  batch.clear();
  batch.borrow(numbers, times, 6);
  step.push(batch);
  CHECK_FALSE(seen.borrowed);
  CHECK(out.take() == std::vector<int>{1, 2, 4, 7});
  CHECK(out.times.back() == at(7s));
  CHECK(step.counters().errors.get() == 1);
  CHECK(numbers[2] == 3);
}

TEST_CASE("filter keeps what it should of batches of any size, dense and sparse") {
  SeededRng rng(1);
  enum Fate : unsigned char { goes, stays, throws };
  for (const std::uint32_t one_in : {1u, 2u, 10u, 100u}) {
    for (int n = 1; n <= 300; n += 1 + static_cast<int>(rng.below(9))) {
      Batch<int> in(300);
      std::vector<Fate> fates;
      std::vector<int> expected;
      for (int i = 0; i < n; ++i) {
        fates.push_back(rng.below(50) == 0 ? throws : rng.below(one_in) == 0 ? stays : goes);
        if (fates.back() == stays) expected.push_back(i);
        in.push_back(i, at(i * 1s));
      }
      auto keep = [&](const int& v) {
        const Fate fate = fates[static_cast<std::size_t>(v)];
        if (fate == throws) throw std::runtime_error("bad");
        return fate == stays;
      };
      Bed bed;
      detail::FilterStep<int, decltype(keep)> step(bed.context(), keep, OnError::skip);
      Probe<int> out;
      connect(bed, step, 0, out);
      step.push(in);
      REQUIRE(out.values == expected);
      for (std::size_t k = 0; k < expected.size(); ++k)
        REQUIRE(out.times[k] == at(expected[k] * 1s));
      REQUIRE(step.counters().out.get() == expected.size());
      REQUIRE(step.counters().errors.get() ==
              static_cast<std::size_t>(std::count(fates.begin(), fates.end(), throws)));
    }
  }
}
