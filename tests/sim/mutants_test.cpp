// SPDX-License-Identifier: BSL-1.0
// For each oracle of sim::check() a bug of the kind that it is there for, and that it is found.
#include "sim/mutants.hpp"

#include "catch.hpp"

using namespace sim_jobs;
using Catch::Contains;

namespace {

/// What the check says within so many seeds.
std::string found(const sim::CheckedPipeline& pipeline, sim::CheckOptions options = {.seeds = 10}) {
  const sim::CheckResult result = sim::check(pipeline, options);
  CHECK_FALSE(result.ok());
  return result.failure;
}

/// Each start of a run has the same disk, each run one of its own.
std::shared_ptr<Forgetful::Disk> disk_of(sim::World& w) {
  static std::shared_ptr<Forgetful::Disk> disk;
  w.once([&](Env&) { disk = std::make_shared<Forgetful::Disk>(); });
  w.output("out", [d = disk](Env&) { return d->visible; });
  return disk;
}

sim::CheckedPipeline unaligned(Lets lets) {
  return [lets](Topology& t, sim::World& w) {
    sums_by(
        source(t, w), [](const StepContext&, auto step) { return step; },
        std::make_shared<UnalignedEdge>(lets))
        .to("out", w.sink<Sum>("out", corrected()));
  };
}

}  // namespace

TEST_CASE("found: a sink that commits before the decision") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               source(t, w).to("out", Hasty<Bid>{w.sink<Bid>("out", in_order())});
             }),
             Contains("out: visible 2 times"));
}

TEST_CASE("found: a source that saves a position ahead of what it has pushed") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               t.source("in", Ahead{&bids()}).to("out", w.sink<Bid>("out", in_order()));
             }),
             Contains("lost: ") || Contains("out of order"));
}

TEST_CASE("found: a barrier that overtakes records") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               behind<Overtaken>(source(t, w), "held").to("out", w.sink<Bid>("out", in_order()));
             }),
             Contains("lost: ") || Contains("out of order"));
}

TEST_CASE("found: an inbox that lets the first barrier through") {
  // What comes behind it on the other channels belongs to the checkpoint and is not in the state,
  // so a restart loses it: a sum is too small, or there is none. At the end of the input it is
  // behind the last checkpoint and stays invisible; then the fault-free run lacks it, too.
  CHECK_THAT(found(unaligned(Lets::first)),
             Contains("wrong: ") || Contains("lost: ") || Contains("not in the fault-free run"));
}

TEST_CASE("found: an inbox that lets the last barrier through and holds nothing back until then") {
  // What follows the other barriers is in the state and is read again: sums are too large.
  const std::string failure = found(unaligned(Lets::last));
  INFO(failure);
  const std::size_t is = failure.find(" is "), instead = failure.find(" instead of ");
  REQUIRE(is < instead);
  REQUIRE(instead != std::string::npos);
  CHECK(std::stol(failure.substr(is + 4)) > std::stol(failure.substr(instead + 12)));
}

TEST_CASE("found: a sink that forgets what it has committed") {
  CHECK_THAT(
      found([](Topology& t, sim::World& w) { source(t, w).to("out", Forgetful{disk_of(w)}); }),
      Contains("out: visible 2 times"));
}

TEST_CASE("found: a sink that takes back what was visible") {
  struct Retracting : Forgetful {
    Task<> commit(const Committable& c, Context& cx) {
      co_await Forgetful::commit(c, cx);
      disk->staged.erase(c.bytes);
    }
    Task<> abort(Context& cx) {
      if (!disk->visible.empty()) disk->visible.pop_back();
      return Forgetful::abort(cx);
    }
  };
  // Kills only: between a failure and the restart in the same process nobody looks.
  CHECK_THAT(
      found([](Topology& t, sim::World& w) { source(t, w).to("out", Retracting{{disk_of(w)}}); },
            {.seeds = 10, .faults = sim::FaultKinds::kills}),
      Contains("was visible and is no more"));
}

TEST_CASE("found: a sink that loses the tail of what it prepares") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               source(t, w).to("out", Tailless<Bid>{w.sink<Bid>("out", in_order())});
             }),
             Contains("lost: ") || Contains("out of order"));
}

TEST_CASE("found: a watermark that goes back") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               behind<Backward>(source(t, w).event_time("time", &Bid::time,
                                                        watermark::bounded_out_of_orderness(300ms)),
                                "back")
                   .to("out", w.sink<Bid>("out", in_order()));
             }),
             Contains("the watermark of step \"back\" went back from"));
}

TEST_CASE("found: a step that is not given the state of one key group") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               const auto group_of = [](const Bid& bid) { return key_group(bid.item); };
               sums_by(
                   source(t, w),
                   []<class S>(const StepContext& context, std::unique_ptr<S> step) {
                     return std::make_unique<ForgetsGroup<S>>(context, std::move(step));
                   },
                   std::make_shared<KeyedEdge<Bid, decltype(group_of)>>(group_of))
                   .to("out", w.sink<Sum>("out", corrected()));
             }),
             Contains("wrong: 5@") || Contains("lost: 5@"));
}

TEST_CASE("found: a step that leaks of the flow budget") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               behind<Leaking>(source(t, w), "leak").to("out", w.sink<Bid>("out", in_order()));
             }),
             Contains("a leak of the flow budget"));
}

TEST_CASE("found: queues that hold more than the flow budget") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               behind<Hoarding>(source(t, w), "hoard").to("out", w.sink<Bid>("out", in_order()));
             }),
             Contains("queues held "));
}

TEST_CASE("found: state that is past its budget") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               behind<Swelling>(source(t, w), "swell").to("out", w.sink<Bid>("out", in_order()));
             }),
             Contains("past its budget"));
}

TEST_CASE("found: a sink that does not sync what it makes visible") {
  CHECK_THAT(found(
                 [](Topology& t, sim::World& w) {
                   source(t, w).to("out", Unsynced{});
                   w.output("out", Unsynced::look);
                 },
                 {.seeds = 10, .faults = sim::FaultKinds::kills | sim::FaultKinds::power}),
             Contains("was visible and is no more") || Contains("not in the fault-free run") ||
                 Contains("lost: "));
}

TEST_CASE("found: results that depend on the wall clock") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               const Clock& clock = w.env().clock;
               source(t, w)
                   .map("stamp",
                        [&clock](Bid bid) {
                          const auto hour = clock.wall().time_since_epoch() / 1h;
                          bid.time = Timestamp(std::chrono::hours(hour));
                          return bid;
                        })
                   .to("out", w.sink<Bid>("out", {.key = item_of}));
             }),
             Contains("visible, but not in the fault-free run: "));
}

TEST_CASE("found: a sink that waits for ever once it has been restored") {
  CHECK_THAT(
      found([](Topology& t,
               sim::World& w) { source(t, w).to("out", Stuck{w.sink<Bid>("out", in_order())}); },
            {.seeds = 1}),
      Contains("liveness: "));
}

TEST_CASE("found: records of a key in another order") {
  CHECK_THAT(found([](Topology& t, sim::World& w) {
               behind<Shuffled>(source(t, w), "shuffle").to("out", w.sink<Bid>("out", in_order()));
             }),
             Contains("is out of order: "));
}

TEST_CASE("found: a checkpoint that was decided and can't be restored") {
  struct Vandal {
    sim::WorldSink<Bid> sink;
    void write(const Batch<Bid>& batch, Context& cx) { sink.write(batch, cx); }
    Task<Committable> prepare(CheckpointId id, Context& cx) { return sink.prepare(id, cx); }
    Task<> commit(const Committable& c, Context& cx) {
      const auto names = cx.env().fs.list("state");
      for (const std::string& name : *names)
        if (name.starts_with("chk-")) (void)cx.env().fs.remove("state/" + name + "/MANIFEST");
      return sink.commit(c, cx);
    }
    Task<> abort(Context& cx) { return sink.abort(cx); }
  };
  // Kills and power loss only: a restart in the same process would go on from nothing before
  // anybody looks.
  CHECK_THAT(
      found([](Topology& t,
               sim::World& w) { source(t, w).to("out", Vandal{w.sink<Bid>("out", in_order())}); },
            {.seeds = 10, .faults = sim::FaultKinds::kills | sim::FaultKinds::power}),
      Contains("was decided, and "));
}

TEST_CASE("found: a failure that no fault is the cause of") {
  struct Fragile {
    using output_type = Bid;
    std::string state = "fine";
    void on_record(const Bid& bid, Timestamp time, Emitter<Bid>& out) { out.emit(bid, time); }
    void save(std::string& bytes) const { bytes = state; }
    Result<void> load(std::string_view) {
      return Error(Errc::corrupted, "this step can't read what it has saved");
    }
  };
  CHECK_THAT(
      found(
          [](Topology& t, sim::World& w) {
            source(t, w).process("fragile", Fragile{}).to("out", w.sink<Bid>("out", in_order()));
          },
          {.seeds = 10, .parallelism = {2}}),
      Contains("no fault can be the cause: ") && Contains("can't read what it has saved"));
}

TEST_CASE("found: a pipeline whose course does not follow from the seed") {
  struct Moody {
    sim::WorldSink<Bid> sink;
    Task<> write(const Batch<Bid>& batch, Context& cx) {
      static int writes = 0;
      if (++writes % 7 == 0) co_await cx.sleep_for(1ms);
      sink.write(batch, cx);
    }
  };
  const auto result = sim::check(
      [](Topology& t, sim::World& w) {
        source(t, w).to(
            "out", Moody{w.sink<Bid>("out", {.exactly_once = false, .id = id_of, .key = item_of})});
      },
      {.seeds = 3, .repeat_every = 1});
  CHECK_THAT(result.failure, Contains("the same seed took another course the second time"));
}
