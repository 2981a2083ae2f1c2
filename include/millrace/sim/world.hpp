// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/sim/output.hpp"
#include "millrace/sim/script.hpp"
#include "millrace/stream/topology.hpp"

namespace millrace::sim {

/// What is around a pipeline that sim::check() runs: sources, sinks and the simulated disk. It
/// outlives the processes that are killed in it.
///
/// The function that check() was given gets the same World at each start of the process and asks
/// for the same things by the same names. Threads: one. Lifetime: one run.
class MILLRACE_EXPORT World {
 public:
  struct State;
  explicit World(std::unique_ptr<State> state);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// A source of these records, spread over partitions and time by the seed; see ScriptOptions.
  /// Lifetime: what their Text fields view outlives check().
  template <class T>
  Stream<T> source(Topology& topology, const std::string& name, const std::vector<T>& records,
                   const ScriptOptions<T>& options = {},
                   SourceOptions how = {.idle_poll = std::chrono::milliseconds(5)}) {
    std::shared_ptr<void>& kept = script(name);
    if (!kept) kept = std::make_shared<detail::Scripted<T>>(make_script(name, records, options));
    auto scripted = std::static_pointer_cast<const detail::Scripted<T>>(kept);
    return topology.source(name, detail::ScriptSource<T>(std::move(scripted)), how);
  }

  /// A sink whose records are compared with those of the fault-free run; see OutputOptions.
  template <class T>
  WorldSink<T> sink(const std::string& name, OutputOptions<T> options = {}) {
    auto ledger = this->ledger(name, detail::shape_of(options));
    return WorldSink<T>(std::move(ledger), std::move(options));
  }

  /// The Env of the process, for a store that is opened while the pipeline is built.
  millrace::Env& env();
  /// Runs once, before the first start, while nothing goes wrong: fills a log that is read, say.
  /// What shall survive power loss has to be synced.
  void once(const std::function<void(millrace::Env&)>& fill);
  /// An output on the simulated disk: `look` gives what a reader sees there, as another process
  /// does, and it is compared as a sink's records are. It is asked after each crash and at the end.
  void output(const std::string& name, std::function<std::vector<std::string>(millrace::Env&)> look,
              OutputOptions<std::string> options = {});
  /// Something of your own that holds at the end of each run: `holds` gives "" or what is wrong.
  void require(const std::string& name, std::function<std::string(const World&)> holds);

  /// The ids of an output, in the order in which they became visible.
  const std::vector<std::string>& visible(std::string_view output) const;
  std::uint64_t seed() const;

  State& state() { return *state_; }
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<void>& script(const std::string& name);
  std::shared_ptr<detail::Ledger> ledger(const std::string& name, detail::Ledger::Shape shape);
  detail::Script arrange(const std::string& name, const detail::Script::Shape& shape) const;

  template <class T>
  detail::Scripted<T> make_script(const std::string& name, const std::vector<T>& records,
                                  const ScriptOptions<T>& options) const {
    detail::Script::Shape shape{.records = records.size(),
                                .partitions = options.partitions,
                                .disorder = options.disorder,
                                .span = options.span};
    for (const T& record : records) {
      if (options.key) shape.keys.push_back(detail::hash_of(options.key(record)));
      if (options.time) shape.times.push_back(options.time(record));
    }
    return {records, arrange(name, shape), name};
  }

  std::unique_ptr<State> state_;
};

}  // namespace millrace::sim
