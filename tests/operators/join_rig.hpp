// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/core/describe.hpp"
#include "millrace/operators/window_join.hpp"
#include "rig.hpp"

namespace rig {

struct Click {
  std::uint32_t user = 0;
  std::int32_t number = 0;
  bool operator==(const Click&) const = default;
};
constexpr auto describe(type<Click>) {
  return fields("user", &Click::user, "number", &Click::number);
}

struct Order {
  std::uint32_t user = 0;
  std::string item;
  bool operator==(const Order&) const = default;
};
constexpr auto describe(type<Order>) { return fields("user", &Order::user, "item", &Order::item); }

/// The two sides of a join on a bed, with a probe on each output.
template <class L, class LKey, class R, class RKey, class F>
struct SidesRig {
  using Types = detail::JoinTypes<L, LKey, R, RKey, F>;
  using Step = detail::WindowJoinStep<Types>;
  using Out = typename Types::Out;

  SidesRig(LKey left_key, RKey right_key, F f, WindowOptions options = {.size = 10s},
           std::unique_ptr<Bed> on = std::make_unique<Bed>())
      : bed(std::move(on)),
        step(bed->context(), typename Types::LeftKeys(left_key),
             typename Types::RightKeys(right_key), std::move(f), options) {
    connect(*bed, step, 0, out);
    connect(*bed, step, 1, letters);
    connect(*bed, step, 2, late_left);
    connect(*bed, step, 3, late_right);
  }
  Port<L>& left() { return *static_cast<Port<L>*>(step.input(0)); }
  Port<R>& right() { return *static_cast<Port<R>*>(step.input(1)); }
  void push_left(std::vector<std::pair<Duration, L>> records) { push(left(), records); }
  void push_right(std::vector<std::pair<Duration, R>> records) { push(right(), records); }
  void watermark(Timestamp t) {
    left().watermark(t);
    right().watermark(t);
  }
  std::vector<StateItem> save() {
    Snapshot snapshot;
    left().barrier(snapshot);
    right().barrier(snapshot);
    return std::move(snapshot.items);
  }
  void load(const std::vector<StateItem>& items) {
    for (const StateItem& item : items) step.load(item).value();
  }

  std::unique_ptr<Bed> bed;
  Step step;
  Probe<Out> out;
  Probe<DeadLetter> letters;
  Probe<L> late_left;
  Probe<R> late_right;

 private:
  template <class T>
  static void push(Port<T>& port, const std::vector<std::pair<Duration, T>>& records) {
    Batch<T> batch(static_cast<std::uint32_t>(records.size()));
    for (const auto& [time, record] : records) batch.push_back(record, at(time));
    port.push(batch);
  }
};

template <class F>
using JoinRig = SidesRig<Click, std::uint32_t Click::*, Order, std::uint32_t Order::*, F>;

template <detail::Outer outer, class F>
auto pairs(F f) {
  return detail::Pairs<F, Click, Order, outer>{std::move(f)};
}
inline std::string both(const Click& c, const Order& o) {
  return std::to_string(c.number) + o.item;
}
inline auto inner() { return pairs<detail::Outer::none>(both); }

/// A rig for clicks and orders, by user.
template <class F>
JoinRig<F> join_of(F f, WindowOptions options = {.size = 10s}) {
  return {&Click::user, &Order::user, std::move(f), options};
}
template <class F>
JoinRig<F> join_of(F f, WindowOptions options, std::unique_ptr<Bed> bed) {
  return {&Click::user, &Order::user, std::move(f), options, std::move(bed)};
}

using Joined = Windowed<std::uint32_t, std::string>;
inline Joined joined(std::uint32_t user, Duration start, std::string value,
                     std::uint32_t fire = 1) {
  return {user, {at(start), at(start + 10s)}, std::move(value), fire};
}

}  // namespace rig
