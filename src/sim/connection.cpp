// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstring>

#include "chance.hpp"
#include "net_state.hpp"

namespace millrace::sim {
namespace {

class SimConnection final : public Connection {
 public:
  SimConnection(std::shared_ptr<Net::State> net, Strand& strand, std::shared_ptr<Link> link,
                int side)
      : net_(std::move(net)),
        strand_(strand),
        link_(std::move(link)),
        in_(link_->pipes[1 - side]),
        out_(link_->pipes[side]) {}

  ~SimConnection() override {
    end();
    in_.reader_gone = true;
    Pause::ring(in_.writer);
  }

  Task<Result<std::size_t>> read_some(std::span<char> out) override {
    const std::uint64_t call = cancels_;
    for (;;) {
      if (call != cancels_) co_return failed(Errc::cancelled, "read", "the call was cancelled");
      if (link_->is_reset) co_return reset_by_peer("read");
      if (in_.segments.empty() || net_->clogged.contains(link_->port)) {
        co_await Pause(strand_, in_.reader);
        continue;
      }
      const Pipe::Segment& first = in_.segments.front();
      if (first.arrival > net_->clock.monotonic()) {
        co_await Pause(strand_, in_.reader, first.arrival);
        continue;
      }
      co_return first.bytes.empty() ? 0 : take(out);
    }
  }

  Task<Result<void>> write(std::string_view bytes) override {
    const std::uint64_t call = cancels_;
    if (out_.ended) co_return failed(Errc::io, "write", "this side was ended before");
    if (chance(net_->rng, net_->options.reset)) link_->reset();
    while (!bytes.empty()) {
      if (call != cancels_) co_return failed(Errc::cancelled, "write", "the call was cancelled");
      if (link_->is_reset || out_.reader_gone) co_return reset_by_peer("write");
      const std::uint64_t window = std::max<std::uint64_t>(net_->options.window, 1);
      if (out_.in_flight >= window) {
        co_await Pause(strand_, out_.writer);
        continue;
      }
      const std::string_view now = bytes.substr(0, window - out_.in_flight);
      send(std::string(now));
      bytes.remove_prefix(now.size());
    }
    co_return Result<void>();
  }

  Result<void> shutdown() override {
    if (link_->is_reset) return reset_by_peer("shutdown");
    end();
    return {};
  }

  void cancel() override {
    ++cancels_;
    Pause::ring(in_.reader);
    Pause::ring(out_.writer);
  }

 private:
  Error failed(Errc code, const char* call, const char* reason) const {
    return Error(code, std::string("connection to port ") + std::to_string(link_->port) + ": " +
                           call + ": " + reason);
  }
  Error reset_by_peer(const char* call) const {
    return failed(Errc::unavailable, call, "Connection reset by peer");
  }

  void end() {
    if (std::exchange(out_.ended, true)) return;
    send({});
  }

  void send(std::string bytes) {
    out_.last_arrival = std::max(out_.last_arrival, net_->clock.monotonic() + net_->latency());
    out_.in_flight += bytes.size();
    out_.segments.push_back({out_.last_arrival, std::move(bytes)});
    Pause::ring(out_.reader);
  }

  std::size_t take(std::span<char> out) {
    std::string& bytes = in_.segments.front().bytes;
    std::size_t n = std::min(out.size(), bytes.size());
    if (n > 1 && chance(net_->rng, net_->options.partial_read))
      n = 1 + static_cast<std::size_t>(net_->rng.below(n));
    std::memcpy(out.data(), bytes.data(), n);
    in_.in_flight -= n;
    bytes.erase(0, n);
    if (bytes.empty()) in_.segments.pop_front();
    Pause::ring(in_.writer);
    return n;
  }

  std::shared_ptr<Net::State> net_;
  Strand& strand_;
  std::shared_ptr<Link> link_;
  Pipe& in_;
  Pipe& out_;
  std::uint64_t cancels_ = 0;
};

}  // namespace

std::unique_ptr<Connection> make_connection(std::shared_ptr<Net::State> net, Strand& strand,
                                            std::shared_ptr<Link> link, int side) {
  return std::make_unique<SimConnection>(std::move(net), strand, std::move(link), side);
}

}  // namespace millrace::sim
