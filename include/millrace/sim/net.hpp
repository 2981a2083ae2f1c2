// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>

#include "millrace/core/clock.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/net.hpp"
#include "millrace/core/rng.hpp"

namespace millrace::sim {

struct NetOptions {
  Duration shortest_latency = std::chrono::microseconds(50);
  Duration longest_latency = std::chrono::milliseconds(2);
  /// Probability that a read gives only a part, of one byte or more, of what has arrived.
  double partial_read = 0.5;
  /// Probability that a write resets its connection instead.
  double reset = 0;
  /// Bytes on their way in one direction, before a write waits.
  std::uint64_t window = 64 * 1024;
};

/// Connections in memory between parts of one simulation, whatever the host is called.
/// Threads: one. Lifetime: the sim::Env's; connections and listeners end before it.
class MILLRACE_EXPORT Net final : public millrace::Net {
 public:
  Net(std::uint64_t seed, const Clock& clock, NetOptions options);
  ~Net() override;

  Task<Result<std::unique_ptr<Connection>>> connect(Strand& strand, std::string host,
                                                    std::uint16_t port) override;
  Result<std::unique_ptr<Listener>> listen(Strand& strand, const std::string& address,
                                           std::uint16_t port) override;

  /// From now on nothing arrives on connections made to `port`; what is sent waits.
  void clog(std::uint16_t port);
  void unclog(std::uint16_t port);
  /// Resets every connection made to `port`.
  void reset(std::uint16_t port);
  /// Resets every connection there is.
  void reset_all();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace millrace::sim
