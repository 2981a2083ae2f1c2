// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

constexpr int total = 400'000;

/// Rows of about a hundred bytes, as a file's reader gives them: they view the arenas that its
/// blocks were read into.
struct Rows {
  using value_type = Message;
  int next = 0;
  void resume(const Position&) {}
  ReadStatus read(Batch<Message>& out, Context& cx) {
    TextWriter text(cx.arenas());
    for (int i = 0; i < 250 && next < total; ++i, ++next) {
      text.append(std::to_string(next));
      text.append(std::string(100, ' '));
      out.slot().data = text.finish();
      out.hold(text.arena());
      out.commit(cx.env().clock.wall());
    }
    return next < total ? ReadStatus::more : ReadStatus::end;
  }
  Position position() const { return {}; }
};

struct Numbers {
  bool* stalled;
  std::vector<int>* found;
  Task<> write(const Batch<Message>& batch, Context& cx) {
    while (*stalled && !cx.stopping()) (void)co_await cx.sleep_for(1ms);
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      found->push_back(std::stoi(batch[i].data.str()));
  }
};

}  // namespace

TEST_CASE(
    "behind a filter that keeps one row in a hundred, what waits pins little more than that") {
  for (const unsigned parallelism : {1u, 2u}) {
    INFO("parallelism " << parallelism);
    bool stalled = true;
    std::vector<int> found;
    Topology t("rare");
    t.source("rows", Rows{})
        .filter("few", [](const Message& m) { return std::stoi(m.data.str()) % 100 == 0; })
        .to("out", Numbers{&stalled, &found});
    sim::Env env;
    Pipeline pipeline(std::move(t), {.parallelism = parallelism, .flow_budget = 1_MiB});
    End end;
    start(env, pipeline, end);
    env.run_for(60s);
    const std::uint64_t waiting = pipeline.metrics().find("out")->in;
    const std::uint64_t bytes = pipeline.metrics().flow_bytes;
    CHECK(waiting > 200);  // sixteen batches, 40 rows, when each pins its arena
    CHECK(bytes / waiting < 5000);
    stalled = false;
    REQUIRE(env.run() == sim::Ended::all_done);
    CHECK(end.text() == "finished");
    REQUIRE(found.size() == total / 100);
    for (std::size_t i = 0; i < found.size(); ++i) REQUIRE(found[i] == static_cast<int>(i) * 100);
  }
}
