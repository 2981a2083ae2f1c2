// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "log_fixture.hpp"
#include "millrace/core/context.hpp"

namespace log_test {

/// What a step of a pipeline is given, in a simulated process.
struct Step {
  explicit Step(sim::Env& env, std::string step_name = "step")
      : sim(env),
        name(std::move(step_name)),
        strand(env.env().scheduler.make_strand()),
        cx(env.env(), *strand, stop, arenas, name) {}

  /// Runs a task to its end. Errors: the Failure that left it.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    run_void(store(std::move(task), result));
    return std::move(*result);
  }
  void run(Task<> task) { run_void(std::move(task)); }

  sim::Env& sim;
  std::string name;
  std::shared_ptr<Strand> strand;
  StopFlag stop;
  ArenaPool arenas;
  Context cx;

 private:
  template <class T>
  static Task<> store(Task<T> task, std::optional<T>& result) {
    result = co_await task;
  }
  static Task<> guard(Task<> task, bool& done, std::exception_ptr& error) {
    try {
      co_await task;
    } catch (...) {
      error = std::current_exception();
    }
    done = true;
  }
  void run_void(Task<> task) {
    bool done = false;
    std::exception_ptr error;
    sim.env().scheduler.spawn(strand, guard(std::move(task), done, error));
    sim.run_until([&] { return done; });
    if (error) std::rethrow_exception(error);
  }
};

/// Writes records, "key=data" each, to a sink.
template <class S>
void write(Step& step, S& sink, const std::vector<std::string>& records) {
  Batch<Message> batch;
  for (const std::string& record : records) {
    const std::string_view text = record;
    const auto equals = text.find('=');
    batch.push_back({.data = text.substr(equals + 1), .key = text.substr(0, equals)}, {});
  }
  step.run(sink.write(batch, step.cx));
}

}  // namespace log_test
