// SPDX-License-Identifier: BSL-1.0
#include "common/stages.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "millrace/millrace.hpp"
#include "millrace/runtime/real_env.hpp"

using namespace millrace;

namespace {

/// Has nothing now, and never ends.
struct Waiting {
  using value_type = int;
  ReadStatus read(Batch<int>&, Context&) { return ReadStatus::idle; }
  Position position() const { return {}; }
  void resume(const Position&) {}
};

struct Broken {
  using value_type = int;
  ReadStatus read(Batch<int>&, Context&) { throw std::runtime_error("the file is gone"); }
  Position position() const { return {}; }
  void resume(const Position&) {}
};

struct Nothing {
  void write(const Batch<int>&, Context&) {}
};

template <class Source>
examples::Stage stage(const std::string& name, Source source) {
  Topology t(name);
  t.source("numbers", std::move(source)).to("nothing", Nothing{});
  return {name, std::move(t), {}};
}

}  // namespace

TEST_CASE("a stage that does not finish suspends the others, which would wait for it for ever") {
  RealEnv real;
  std::vector<examples::Stage> stages;
  stages.push_back(stage("reads", Waiting{}));
  stages.push_back(stage("fails", Broken{}));
  stages.push_back(stage("reads too", Waiting{}));
  const auto results = examples::run_stages(real.env(), std::move(stages), {});
  CHECK(results[0].outcome == Outcome::suspended);
  CHECK(results[1].error.find("the file is gone") != std::string::npos);
  CHECK(results[2].outcome == Outcome::suspended);
}
