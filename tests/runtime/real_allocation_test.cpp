// SPDX-License-Identifier: BSL-1.0
#include <map>
#include <numeric>

#include "catch.hpp"
#include "counted_new.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/millrace.hpp"
#include "millrace/runtime/real_env.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

// What a source does over and over: it yields, sleeps a little, reads a file.
Task<int> read(Env& env, Strand& strand, StopFlag& stop, int i) {
  co_await yield(strand);
  if (i % 16 == 0) co_await Sleep(strand, stop, env.clock.monotonic() + Duration(50));
  co_return co_await blocking(strand, [i] { return i; });
}

Task<> reads(Env& env, Strand& strand, long& during) {
  StopFlag stop;
  for (int i = 0; i < 500; ++i) co_await read(env, strand, stop, i);
  const long before = allocations;
  for (int i = 0; i < 2000; ++i) co_await read(env, strand, stop, i);
  during = allocations - before;
}

}  // namespace

TEST_CASE("after warm-up a read that yields, sleeps and blocks does not allocate in a real Env") {
  RealEnv real;
  auto strand = real.env().scheduler.make_strand();
  long during = -1;
  real.env().scheduler.spawn(strand, reads(real.env(), *strand, during));
  real.run();
  CHECK(during == 0);
}

namespace {

constexpr int numbers = 60;

struct Numbers {
  using value_type = int;
  int next = 0;
  Task<ReadStatus> read(Batch<int>& out, Context& cx) {
    co_await cx.sleep_for(20us);
    if (next == numbers) co_return ReadStatus::end;
    for (int i = 0; i < 10; ++i) out.push_back(next++, {});
    co_return ReadStatus::more;
  }
  Position position() const { return {std::to_string(next)}; }
  void resume(const Position& p) { next = std::stoi(p.token); }
};

/// What two-phase sinks have prepared and made visible; each subtask's is its own.
struct Kept {
  std::map<std::string, std::vector<int>> prepared;
  std::vector<int> visible;
};
struct Keeper {
  Kept* kept;
  std::vector<int> open = {};
  Task<> write(const Batch<int>& batch, Context& cx) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) open.push_back(batch[i]);
    co_await cx.sleep_for(10us);
  }
  Task<Committable> prepare(CheckpointId id, Context& cx) {
    const std::string token = std::to_string(id);
    co_await cx.blocking([&] { kept->prepared[token] = open; });
    open.clear();
    co_return Committable{token};
  }
  Task<> commit(const Committable& c, Context&) {
    std::vector<int>& decided = kept->prepared[c.bytes];
    kept->visible.insert(kept->visible.end(), decided.begin(), decided.end());
    decided.clear();
    co_return;
  }
  Task<> abort(Context&) {
    kept->prepared.clear();
    co_return;
  }
};
/// Writes side by side.
struct Counter {
  int* count;
  Task<> write(const Batch<int>& batch, Context& cx) {
    co_await cx.sleep_for(10us);
    *count += static_cast<int>(batch.size());
  }
  std::uint32_t max_in_flight() const { return 3; }
};

struct Ended {
  bool failed = false;
  Kept kept;
  int counted = 0;
};
void run(Ended& ended) {
  Topology t("job");
  auto all = t.source("numbers", Numbers{}, {.batch_records = 10});
  all.to("kept", Keeper{&ended.kept});
  all.map("same", [](int n) { return n; }).parallelism(2).to("counted", Counter{&ended.counted});
  Pipeline pipeline(std::move(t), {.checkpoints = {.interval = 300us}});
  pipeline.run();
}

}  // namespace

TEST_CASE("memory that runs out at any allocation of a pipeline ends it, and holds nothing up") {
  std::vector<int> all(numbers);
  std::iota(all.begin(), all.end(), 0);
  int failed = 0;
  for (long n = 1;; ++n) {
    INFO("allocation " << n);
    Ended ended;
    until_failure = n;
    try {
      run(ended);
    } catch (const std::exception&) {
      ended.failed = true;
    }
    const bool none_failed = until_failure.exchange(0) > 0;
    failed += ended.failed;
    const std::vector<int>& visible = ended.kept.visible;
    REQUIRE(visible.size() <= all.size());
    REQUIRE(std::equal(visible.begin(), visible.end(), all.begin()));
    if (!ended.failed) REQUIRE((visible == all && ended.counted == numbers));
    if (none_failed) {
      REQUIRE_FALSE(ended.failed);
      break;
    }
  }
  CHECK(failed > 100);
}
