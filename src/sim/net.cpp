// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/net.hpp"

#include <algorithm>

#include "net_state.hpp"

namespace millrace::sim {

constexpr Duration connect_timeout = std::chrono::seconds(30);
constexpr Duration connect_retry = std::chrono::milliseconds(10);

class SimListener final : public Listener {
 public:
  SimListener(std::shared_ptr<Net::State> net, Strand& strand, std::uint16_t port)
      : net_(std::move(net)), strand_(strand), port_(port) {
    net_->listeners[port] = this;
  }
  ~SimListener() override {
    net_->listeners.erase(port_);
    for (const auto& link : waiting_) link->reset();
  }

  Task<Result<std::unique_ptr<Connection>>> accept() override {
    const std::uint64_t call = cancels_;
    while (waiting_.empty()) {
      co_await Pause(strand_, acceptor_);
      if (call != cancels_)
        co_return Error(Errc::cancelled,
                        "accept on port " + std::to_string(port_) + ": the call was cancelled");
    }
    std::shared_ptr<Link> link = std::move(waiting_.front());
    waiting_.pop_front();
    co_return make_connection(net_, strand_, std::move(link), 1);
  }
  std::uint16_t port() const override { return port_; }
  void cancel() override {
    ++cancels_;
    Pause::ring(acceptor_);
  }
  void offer(std::shared_ptr<Link> link) {
    waiting_.push_back(std::move(link));
    Pause::ring(acceptor_);
  }

 private:
  std::shared_ptr<Net::State> net_;
  Strand& strand_;
  std::uint16_t port_;
  std::deque<std::shared_ptr<Link>> waiting_;
  Pause* acceptor_ = nullptr;
  std::uint64_t cancels_ = 0;
};

namespace {

Task<Result<std::unique_ptr<Connection>>> connect_to(std::shared_ptr<Net::State> net,
                                                     Strand& strand, std::string host,
                                                     std::uint16_t port) {
  const std::string where = "connect to " + host + ':' + std::to_string(port) + ": ";
  // RFC 6761 reserves this ending for names that never resolve.
  if (host.ends_with(".invalid")) co_return Error(Errc::not_found, where + "Host not found");
  const MonotonicTime give_up = net->clock.monotonic() + connect_timeout;
  Pause* nobody = nullptr;
  co_await Pause(strand, nobody, net->clock.monotonic() + net->latency());
  while (net->clogged.contains(port)) {
    if (net->clock.monotonic() >= give_up)
      co_return Error(Errc::timeout, where + "no answer within 30 s");
    co_await Pause(strand, nobody, net->clock.monotonic() + connect_retry);
  }
  const auto listener = net->listeners.find(port);
  if (listener == net->listeners.end())
    co_return Error(Errc::unavailable, where + "Connection refused");
  auto link = std::make_shared<Link>(port);
  std::erase_if(net->links, [](const auto& old) { return old.expired(); });
  net->links.push_back(link);
  listener->second->offer(link);
  co_return make_connection(net, strand, std::move(link), 0);
}

template <class F>
void for_links(Net::State& net, F&& f) {
  for (const auto& weak : net.links)
    if (const auto link = weak.lock()) f(*link);
}

}  // namespace

Net::Net(std::uint64_t seed, const Clock& clock, NetOptions options)
    : state_(std::make_shared<State>(seed, clock, options)) {}
Net::~Net() = default;

Task<Result<std::unique_ptr<Connection>>> Net::connect(Strand& strand, std::string host,
                                                       std::uint16_t port) {
  return connect_to(state_, strand, std::move(host), port);
}

Result<std::unique_ptr<Listener>> Net::listen(Strand& strand, const std::string& address,
                                              std::uint16_t port) {
  constexpr std::uint16_t first_free = 49152;
  if (port == 0) {
    port = first_free;
    while (state_->listeners.contains(port)) ++port;
  }
  if (state_->listeners.contains(port))
    return Error(Errc::io,
                 "listen on " + address + ':' + std::to_string(port) + ": Address already in use");
  return std::unique_ptr<Listener>(std::make_unique<SimListener>(state_, strand, port));
}

void Net::clog(std::uint16_t port) { state_->clogged.insert(port); }

void Net::unclog(std::uint16_t port) {
  state_->clogged.erase(port);
  for_links(*state_, [&](Link& link) {
    if (link.port == port) link.ring();
  });
}

void Net::reset(std::uint16_t port) {
  for_links(*state_, [&](Link& link) {
    if (link.port == port) link.reset();
  });
}

void Net::reset_all() {
  for_links(*state_, [](Link& link) { link.reset(); });
}

}  // namespace millrace::sim
