// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <charconv>
#include <string>

#include "millrace/log/log.hpp"
#include "millrace/log/source.hpp"
#include "runtime/kit.hpp"

/// The two jobs whose suspensions are kept in fixtures/. A fixture is of the job as it stands here:
/// change one, and its fixtures have to stay as they are all the same.
namespace jobs {

using namespace kit;

/// Windows over two partitions on two subtasks, into a two-phase sink.
struct Windows {
  Board board{.shelves = {{"a", events(120, 20), false}, {"b", events(90, 20), false}}};
  Vault<Sum> vault;

  Pipeline make() {
    Topology t("windows");
    sums(t.source("in", Shelves{&board})).to("out", Safe<Sum>(vault));
    return Pipeline(std::move(t), {.parallelism = 2, .state_directory = "state"});
  }
};

inline Event parse_event(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return {number % 7, number, at(number * 1s)};
}

/// Windows over a log of two shards.
struct LogReader {
  Store<Sum> store;

  static log::Log fill(Env& env, int first, int n) {
    log::Log log = log::Log::open(env, "log", {.shards = 2}).value();
    for (int i = first; i < first + n; ++i) {
      const std::string data = std::to_string(i);
      log.append(log::Record{.data = data, .key = data}).value();
    }
    return log;
  }
  Pipeline make() {
    Topology t("log-reader");
    sums(t.source("in", log::Source{"log"}).map("parse", [](const Message& m) {
      return parse_event(m.data.view());
    })).to("out", Collect<Sum>{&store});
    return Pipeline(std::move(t), {.parallelism = 1, .state_directory = "state"});
  }
};

/// Runs a pipeline for a second, suspends it and says how it ended.
inline std::string suspend(sim::Env& env, Pipeline& pipeline) {
  End end;
  start(env, pipeline, end);
  env.run_for(1s);
  pipeline.stop();
  env.run();
  return end.text();
}

}  // namespace jobs
