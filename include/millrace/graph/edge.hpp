// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <vector>

#include "millrace/graph/exchange.hpp"
#include "millrace/graph/inbox.hpp"
#include "millrace/graph/step.hpp"
#include "millrace/state/hash.hpp"

namespace millrace {

/// What the planner can do with an edge without knowing the type of its values: the typed half is
/// in EdgeOf<T>, made where the fluent face still knew T.
class Edge {
 public:
  virtual ~Edge() = default;
  /// Direct call, both on one lane.
  virtual void connect(Step& from, unsigned output, Step& to, unsigned input) const = 0;
  /// The queue in front of a step that starts a lane.
  virtual std::unique_ptr<Head> make_inbox(Lane& lane, Step& to, unsigned input) const = 0;
  /// From one upstream subtask into the queues of all downstream subtasks: by key, else in turn.
  /// The returned object, when there is one, routes and lives as long as the lane.
  virtual std::shared_ptr<void> scatter(Step& from, unsigned output,
                                        const std::vector<Head*>& inboxes) const = 0;
  /// Records of one key go to one subtask.
  virtual bool keyed() const = 0;
};

template <class T>
class EdgeOf : public Edge {
 public:
  void connect(Step& from, unsigned output, Step& to, unsigned input) const override {
    out(from, output).connect(from.lane(), *static_cast<Port<T>*>(to.input(input)), &to.counters());
  }
  std::unique_ptr<Head> make_inbox(Lane& lane, Step& to, unsigned input) const override {
    auto inbox = std::make_unique<Inbox<T>>(lane);
    inbox->output().connect(lane, *static_cast<Port<T>*>(to.input(input)), &to.counters());
    return inbox;
  }
  std::shared_ptr<void> scatter(Step& from, unsigned output,
                                const std::vector<Head*>& inboxes) const override {
    if (inboxes.size() == 1) {
      out(from, output).connect(from.lane(), channel(from, *inboxes[0]), nullptr);
      return nullptr;
    }
    return scatter_by(from, output, inboxes,
                      [next = 0u, n = static_cast<unsigned>(inboxes.size())](const T&) mutable {
                        return next = (next + 1) % n;
                      });
  }
  bool keyed() const override { return false; }

 protected:
  template <class Route>
  std::shared_ptr<void> scatter_by(Step& from, unsigned output, const std::vector<Head*>& inboxes,
                                   Route route) const {
    auto exchange = std::make_shared<Exchange<T, Route>>(from.lane(), std::move(route));
    for (Head* inbox : inboxes) exchange->add_target(channel(from, *inbox), inboxes.size());
    out(from, output).connect(from.lane(), *exchange, nullptr);
    return exchange;
  }
  /// A queue of the inbox's for what this edge brings from one subtask.
  virtual ParcelPort<T>& channel(Step& from, Head& inbox) const {
    return static_cast<Inbox<T>&>(inbox).add_channel(from.lane());
  }

 private:
  static Output<T>& out(Step& step, unsigned index) {
    return *static_cast<Output<T>*>(step.output(index));
  }
};

/// An edge whose records are spread by key group: group_of(value) in [0, key_groups).
template <class T, class GroupOf>
class KeyedEdge : public EdgeOf<T> {
 public:
  explicit KeyedEdge(GroupOf group_of) : group_of_(std::move(group_of)) {}
  std::shared_ptr<void> scatter(Step& from, unsigned output,
                                const std::vector<Head*>& inboxes) const override {
    if (inboxes.size() == 1) return EdgeOf<T>::scatter(from, output, inboxes);
    return this->scatter_by(from, output, inboxes,
                            [group_of = group_of_, n = static_cast<std::uint32_t>(inboxes.size())](
                                const T& v) mutable { return subtask_of_group(group_of(v), n); });
  }
  bool keyed() const override { return true; }

 private:
  GroupOf group_of_;
};

}  // namespace millrace
