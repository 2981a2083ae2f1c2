// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/context.hpp"
#include "millrace/core/message.hpp"
#include "millrace/core/task.hpp"
#include "millrace/sim/env.hpp"

/// Runs single calls of a sink to their end in a simulation, as a pipeline would.
class SinkDriver {
 public:
  explicit SinkDriver(millrace::sim::Env& sim, millrace::Env* env = nullptr)
      : sim_(sim),
        strand_(sim.env().scheduler.make_strand()),
        cx_(env ? *env : sim.env(), *strand_, stop_, arenas_, "sink") {}

  millrace::Context& cx() { return cx_; }

  template <class T>
  T run(millrace::Task<T> task) {
    std::exception_ptr error;
    std::optional<T> result;
    sim_.env().scheduler.spawn(strand_, keep(std::move(task), result, error));
    sim_.run();
    if (error) std::rethrow_exception(error);
    return std::move(*result);
  }
  void run(millrace::Task<> task) { (void)run(with_value(std::move(task))); }

 private:
  struct Done {};
  static millrace::Task<Done> with_value(millrace::Task<> task) {
    co_await task;
    co_return Done{};
  }
  template <class T>
  static millrace::Task<> keep(millrace::Task<T> task, std::optional<T>& result,
                               std::exception_ptr& error) {
    try {
      result.emplace(co_await task);
    } catch (...) {
      error = std::current_exception();
    }
  }

  millrace::sim::Env& sim_;
  std::shared_ptr<millrace::Strand> strand_;
  millrace::StopFlag stop_;
  millrace::ArenaPool arenas_;
  millrace::Context cx_;
};

/// A batch of messages that view `rows`.
inline millrace::Batch<millrace::Message> batch_of(const std::vector<std::string>& rows,
                                                   millrace::Timestamp time) {
  millrace::Batch<millrace::Message> batch(static_cast<std::uint32_t>(rows.size()) + 1);
  for (const std::string& row : rows) batch.push_back({millrace::Text(row)}, time);
  return batch;
}
