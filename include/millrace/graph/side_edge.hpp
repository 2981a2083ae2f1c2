// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>

#include "millrace/graph/edge.hpp"

namespace millrace {

/// A keyed edge to one of the two inputs, of types L and R, of a step: input 0 for side 0. Both
/// sides end in one inbox, so that they are read together.
template <class L, class R, std::size_t side, class GroupOf>
class SideEdge final : public KeyedEdge<std::tuple_element_t<side, std::tuple<L, R>>, GroupOf> {
  using T = std::tuple_element_t<side, std::tuple<L, R>>;
  using Both = Inbox<L, R>;

 public:
  using KeyedEdge<T, GroupOf>::KeyedEdge;
  std::unique_ptr<Head> make_inbox(Lane& lane, Step& to, unsigned) const override {
    auto inbox = std::make_unique<Both>(lane);
    inbox->template output<0>().connect(lane, *static_cast<Port<L>*>(to.input(0)), &to.counters());
    inbox->template output<1>().connect(lane, *static_cast<Port<R>*>(to.input(1)), &to.counters());
    return inbox;
  }

 protected:
  ParcelPort<T>& channel(Step& from, Head& inbox) const override {
    return static_cast<Both&>(inbox).template add_channel<side>(from.lane());
  }
};

}  // namespace millrace
