// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

#include "executor.hpp"
#include "millrace/core/env.hpp"

namespace millrace::detail {

/// Numbers from a seed that the system gave, without a lock: each caller takes the next state.
class RealRng final : public Rng {
 public:
  RealRng();
  std::uint64_t next() override {
    return SeededRng(state_.fetch_add(0x9E3779B97F4A7C15ull, std::memory_order_relaxed)).next();
  }

 private:
  std::atomic<std::uint64_t> state_;
};

class NoFaults final : public Faults {
 public:
  bool fires(std::string_view) override { return false; }
  Duration delay(std::string_view) override { return {}; }
  void reached(std::string_view) override {}
};

class NoLogger final : public Logger {
 public:
  void log(LogLevel, std::string_view) override {}
};

std::unique_ptr<Fs> make_posix_fs();
std::unique_ptr<Net> make_asio_net(const Executor& executor);

}  // namespace millrace::detail
