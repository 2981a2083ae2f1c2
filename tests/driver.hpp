// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/batch.hpp"
#include "millrace/core/context.hpp"
#include "millrace/core/error.hpp"
#include "millrace/core/source.hpp"
#include "millrace/sim/env.hpp"

/// Runs single calls of sources and sinks to their end, as a pipeline would, in a simulated process
/// with a disk: its own, or one that the test has made.
class Driver {
 public:
  explicit Driver(std::uint32_t batch_records = 256)
      : own_(std::make_unique<millrace::sim::Env>()),
        sim(*own_),
        cx(sim.env(), *strand_, stop_, arenas_, "step", batch_records) {}
  /// `env`: what the calls see instead of the simulation's own Env.
  explicit Driver(millrace::sim::Env& process, millrace::Env* env = nullptr)
      : sim(process), cx(env ? *env : sim.env(), *strand_, stop_, arenas_, "step") {}

  void put(const std::string& path, std::string_view bytes) {
    auto file = sim.env().fs.open(path, millrace::OpenMode::create).value();
    file->truncate(0).value();
    file->write_at(0, bytes).value();
    file->sync().value();
  }

  /// The task's result. Errors: what it throws.
  template <class T>
  T run(millrace::Task<T> task) {
    std::exception_ptr error;
    std::optional<T> result;
    sim.env().scheduler.spawn(strand_, keep(std::move(task), result, error));
    sim.run();
    if (error) std::rethrow_exception(error);
    return std::move(*result);
  }
  void run(millrace::Task<> task) { (void)run(with_value(std::move(task))); }

  /// The message of the Failure that it throws.
  template <class T>
  std::string failure(millrace::Task<T> task) {
    try {
      (void)run(std::move(task));
    } catch (const millrace::Failure& failure) {
      return failure.what();
    }
    return "no failure";
  }

  /// Up to `batches` batches of what the source gives, each record as `text(record)`.
  template <class Source, class Show>
  std::vector<std::string> read(Source& source, Show show, std::size_t batches = 1'000'000) {
    std::vector<std::string> all;
    millrace::Batch<typename Source::value_type> batch(cx.batch_records());
    for (std::size_t i = 0; i < batches; ++i) {
      batch.clear();
      const millrace::ReadStatus status = run(source.read(batch, cx));
      for (std::uint32_t n = 0; n < batch.size(); ++n) all.push_back(show(batch[n]));
      if (status == millrace::ReadStatus::end) break;
    }
    return all;
  }

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

  std::unique_ptr<millrace::sim::Env> own_;

 public:
  millrace::sim::Env& sim;

 private:
  std::shared_ptr<millrace::Strand> strand_ = sim.env().scheduler.make_strand();
  millrace::StopFlag stop_;
  millrace::ArenaPool arenas_;

 public:
  millrace::Context cx;
};
