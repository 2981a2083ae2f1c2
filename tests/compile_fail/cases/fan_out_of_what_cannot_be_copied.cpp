// SPDX-License-Identifier: BSL-1.0
// error: millrace: a stream's values must be default-constructible and copyable
#include <memory>

#include "millrace/stream/topology.hpp"

#ifdef MISUSE
using Payload = std::unique_ptr<int>;
#else
using Payload = std::shared_ptr<int>;
#endif

struct Order {
  Payload payload;
};

struct Orders {
  using value_type = Order;
  millrace::ReadStatus read(millrace::Batch<Order>&, millrace::Context&) {
    return millrace::ReadStatus::end;
  }
  millrace::Position position() const { return {}; }
  void resume(const millrace::Position&) {}
};

struct OrderStore {
  void write(const millrace::Batch<Order>&, millrace::Context&) {}
};

void build(millrace::Topology& topology) {
  auto orders = topology.source("orders", Orders{});
  orders.to("here", OrderStore{});
  orders.filter("some", [](const Order& order) { return order.payload != nullptr; })
      .to("there", OrderStore{});
}
