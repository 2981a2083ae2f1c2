// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/rng.hpp"
#include "millrace/core/scheduler.hpp"
#include "millrace/sim/net.hpp"

namespace millrace::sim {

/// A suspended call on a connection: goes on when its slot is rung, or at a time.
class Pause {
 public:
  Pause(Strand& strand, Pause*& slot, std::optional<MonotonicTime> until = {})
      : strand_(strand), slot_(slot), timed_(until.has_value()) {
    waiter_.when = until.value_or(MonotonicTime{});
  }
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;
  ~Pause() {
    if (!waiter_.handle) return;
    leave();
    if (!strand_.cancel(waiter_)) strand_.unpost(waiter_.handle);
  }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    waiter_.handle = h;
    slot_ = this;
    if (timed_) strand_.wait(waiter_);
  }
  void await_resume() noexcept {
    waiter_.handle = {};
    leave();
  }
  static void ring(Pause*& slot) {
    if (!slot) return;
    Pause& pause = *std::exchange(slot, nullptr);
    // When it was timed and is no more, its time came first and it is posted already.
    if (!pause.timed_ || pause.strand_.cancel(pause.waiter_))
      pause.strand_.post(pause.waiter_.handle);
  }

 private:
  void leave() noexcept {
    if (slot_ == this) slot_ = nullptr;
  }
  Strand& strand_;
  Pause*& slot_;
  bool timed_;
  Waiter waiter_;
};

/// One direction of a connection.
struct Pipe {
  struct Segment {
    MonotonicTime arrival;
    std::string bytes;  // empty: the end
  };
  std::deque<Segment> segments;
  std::uint64_t in_flight = 0;
  MonotonicTime last_arrival{};
  bool reader_gone = false;
  bool ended = false;
  Pause* reader = nullptr;
  Pause* writer = nullptr;
};

struct Link {
  explicit Link(std::uint16_t p) : port(p) {}
  void reset() {
    is_reset = true;
    ring();
  }
  void ring() {
    for (Pipe& pipe : pipes) {
      Pause::ring(pipe.reader);
      Pause::ring(pipe.writer);
    }
  }
  std::uint16_t port;
  bool is_reset = false;
  Pipe pipes[2];  // [0] from the one who connected, [1] to it
};

class SimListener;

struct Net::State {
  State(std::uint64_t seed, const Clock& c, NetOptions o) : rng(seed), clock(c), options(o) {}
  Duration latency() {
    const Duration spread = options.longest_latency - options.shortest_latency;
    const auto bound = spread.count() > 0 ? static_cast<std::uint64_t>(spread.count()) + 1 : 1;
    return options.shortest_latency + Duration(static_cast<Duration::rep>(rng.below(bound)));
  }
  SeededRng rng;
  const Clock& clock;
  NetOptions options;
  std::map<std::uint16_t, SimListener*> listeners;
  std::set<std::uint16_t> clogged;
  std::vector<std::weak_ptr<Link>> links;
};

/// One end of a link; `side` is 0 for the one who connected.
std::unique_ptr<Connection> make_connection(std::shared_ptr<Net::State> net, Strand& strand,
                                            std::shared_ptr<Link> link, int side);

}  // namespace millrace::sim
