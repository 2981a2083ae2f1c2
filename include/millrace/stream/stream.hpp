// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

#include "millrace/core/function.hpp"
#include "millrace/graph/graph.hpp"
#include "millrace/graph/topology_error.hpp"
#include "millrace/operators/decode.hpp"
#include "millrace/operators/encode.hpp"
#include "millrace/operators/event_time.hpp"
#include "millrace/operators/filter.hpp"
#include "millrace/operators/flat_map.hpp"
#include "millrace/operators/fuse.hpp"
#include "millrace/operators/map.hpp"
#include "millrace/operators/merge.hpp"
#include "millrace/operators/process.hpp"
#include "millrace/operators/sink_node.hpp"
#include "millrace/operators/split.hpp"
#include "millrace/operators/update.hpp"
#include "millrace/stream/attach.hpp"
#include "millrace/stream/broken.hpp"

namespace millrace {

template <class T, class KeyF>
class KeyedStream;

/// "Values of type T come out here": a handle to one output of a step of a Topology.
/// Every step takes its unique name first. Threads: one. Lifetime: that of the Topology; cheap to
/// copy and to pass to functions. Errors of every step: TopologyError for a name that is empty or
/// taken.
template <class T>
class Stream {
 public:
  using value_type = T;
  Stream(Graph& graph, Node& node, unsigned output = 0)
      : graph_(&graph), node_(&node), output_(output) {}

  /// Replaces each value by f(value).
  template <class F>
  auto map(Name name, F f, OnError policy = OnError::dead_letter) const {
    if constexpr (!MapFunction<F, T>) {
      static_assert(detail::always_false<F, T>,
                    "millrace: map(name, f): f must be callable with the stream's value (const T&) "
                    "and return the new value. To change values in place, use update(name, f)");
      return detail::Broken{};
    } else {
      return step<detail::MapStep<T, ResultOf<F, T>, F>, ResultOf<F, T>>(std::move(name), "map",
                                                                         std::move(f), policy);
    }
  }
  /// Changes each value in place: f(value&).
  template <class F>
  auto update(Name name, F f, OnError policy = OnError::dead_letter) const {
    if constexpr (!UpdateFunction<F, T>) {
      static_assert(detail::always_false<F, T>,
                    "millrace: update(name, f): f must be callable with the stream's value (T&)");
      return detail::Broken{};
    } else {
      return step<detail::UpdateStep<T, F>, T>(std::move(name), "update", std::move(f), policy);
    }
  }
  /// Keeps the values for which keep(value) is true.
  template <class F>
  auto filter(Name name, F keep, OnError policy = OnError::dead_letter) const {
    if constexpr (!Predicate<F, T>) {
      static_assert(detail::always_false<F, T>,
                    "millrace: filter(name, keep): keep must be callable with the stream's value "
                    "(const T&) and return bool");
      return detail::Broken{};
    } else {
      return step<detail::FilterStep<T, F>, T>(std::move(name), "filter", std::move(keep), policy);
    }
  }
  /// Turns each value into any number of U: f(value, time, emitter). What one value gives leaves
  /// whole; between two values it waits for room.
  template <class U, class F>
  auto flat_map(Name name, F f, OnError policy = OnError::dead_letter) const {
    if constexpr (!std::invocable<F&, const T&, Timestamp, Emitter<U>&>) {
      static_assert(detail::always_false<F, T>,
                    "millrace: flat_map<U>(name, f): f must be callable with (const T&, Timestamp, "
                    "Emitter<U>&) and call emitter.emit(value, time)");
      return detail::Broken{};
    } else {
      return step<detail::FlatMapStep<T, U, F>, U>(std::move(name), "flat_map", std::move(f),
                                                   policy);
    }
  }
  /// Turns bytes into values. What does not decode follows the policy; see DecoderOf.
  template <class D>
  auto decode(Name name, D decoder, OnError policy = OnError::dead_letter) const {
    if constexpr (!DecoderOf<D, T>) {
      static_assert(detail::always_false<D, T>,
                    "millrace: decode(name, d): d must decode the stream's value type: 'using "
                    "output_type = U;' and 'Result<Decoded> decode(const T&, U&, TextWriter&)', as "
                    "json::as<U>() and csv::as<U>() do");
      return detail::Broken{};
    } else {
      return step<detail::DecodeStep<T, D>, typename D::output_type>(std::move(name), "decode",
                                                                     std::move(decoder), policy);
    }
  }
  /// Turns values into messages, with key(value) as partition key; see EncoderOf.
  template <class E, class KeyF = detail::NoKey>
  auto encode(Name name, E encoder, KeyF key = {}, OnError policy = OnError::dead_letter) const {
    if constexpr (!EncoderOf<E, T>) {
      static_assert(detail::always_false<E, T>,
                    "millrace: encode(name, e): e needs 'Result<void> encode(const T&, "
                    "TextWriter&)' for the stream's value type, as json::lines() has for described "
                    "structs");
      return detail::Broken{};
    } else {
      auto parts = Part(std::pair(std::move(encoder), std::move(key)));
      return attach<Message>(
          detail::make_node(std::move(name), "encode", std::is_copy_constructible_v<KeyF>, true,
                            [parts = std::move(parts), policy = effective(policy)](
                                const StepContext& context) mutable -> std::unique_ptr<Step> {
                              auto [e, k] = parts.take();
                              return std::make_unique<detail::EncodeStep<T, E, KeyF>>(
                                  context, std::move(e), std::move(k), policy);
                            }));
    }
  }
  /// Runs an operator of your own; see OperatorOn.
  template <class Op>
  auto process(Name name, Op op, OnError policy = OnError::dead_letter) const {
    if constexpr (!OperatorOn<Op, T>) {
      static_assert(detail::always_false<Op, T>,
                    "millrace: process(name, op): op needs 'using output_type = U;' and 'void "
                    "on_record(const T&, Timestamp, Emitter<U>&)' for the stream's value type");
      return detail::Broken{};
    } else {
      return step<detail::ProcessStep<T, Op>, typename Op::output_type>(std::move(name), "process",
                                                                        std::move(op), policy);
    }
  }
  /// Two streams: the values for which test(value) is true, and the rest.
  template <class F>
  std::pair<Stream<T>, Stream<T>> split(Name name, F test,
                                        OnError policy = OnError::dead_letter) const {
    static_assert(Predicate<F, T>,
                  "millrace: split(name, test): test must be callable with the stream's value "
                  "(const T&) and return bool");
    Stream<T> matching =
        step<detail::SplitStep<T, F>, T>(std::move(name), "split", std::move(test), policy);
    return {matching, Stream<T>(*graph_, *matching.node_, detail::SplitStep<T, F>::rest_output)};
  }
  /// This stream and the others as one; the watermark is the smallest of theirs.
  template <class... Others>
  auto merge(Name name, const Others&... others) const {
    if constexpr (!(std::is_same_v<Others, Stream<T>> && ...)) {
      static_assert(detail::always_false<Others...>,
                    "millrace: merge(name, others...): every stream must have this stream's value "
                    "type; map the others to it first");
      return detail::Broken{};
    } else {
      auto node = std::make_unique<detail::MergeNode<T>>(std::move(name));
      unsigned port = 0;
      const auto edge = std::make_shared<EdgeOf<T>>();
      for (const Stream& input : {*this, others...})
        node->inputs().push_back({input.node_, input.output_, port++, edge});
      node->timed = (timed() && ... && others.timed());
      return Stream<T>(*graph_, graph_->add(std::move(node)));
    }
  }
  /// One step made of map(f) and filter(f) pieces, inlined: for the chain a profile says is hot.
  template <class... Pieces>
  auto fuse(Name name, Pieces... pieces) const {
    using U = typename detail::FusedOutput<T, Pieces...>::type;
    using S = detail::FusedStep<T, U, Pieces...>;
    return step<S, U>(std::move(name), "fuse", std::tuple(std::move(pieces)...),
                      OnError::dead_letter);
  }
  /// Says when each value happened, and how far behind the newest a record may still come.
  template <class F>
  auto event_time(Name name, F when, watermark::BoundedOutOfOrderness strategy,
                  OnError policy = OnError::dead_letter) const {
    if constexpr (!TimeFunction<F, T>) {
      static_assert(detail::always_false<F, T>,
                    "millrace: event_time(name, when, strategy): when must be callable with the "
                    "stream's value (const T&) and return millrace::Timestamp");
      return detail::Broken{};
    } else {
      auto timed = step<EventTimeStep<T, F>, T>(std::move(name), "event_time", std::move(when),
                                                policy, strategy);
      timed.node_->timed = true;
      return timed;
    }
  }
  /// Groups by key(value); the next call says what each group is for.
  template <class F>
  auto key_by(F key) const {
    if constexpr (!KeyFunction<F, T>) {
      static_assert(detail::always_false<F, T>,
                    "millrace: key_by(key): key must be callable with the stream's value (const "
                    "T&) and return a value that can be compared");
      return detail::Broken{};
    } else {
      return KeyedStream<T, F>(*this, std::move(key));
    }
  }
  /// Ends the stream in a sink; see SinkOf. One subtask, unless parallelism says more.
  /// Errors: TopologyError for a parallelism of 0.
  template <class S>
  void to(Name name, S sink, unsigned parallelism = 1) const {
    if constexpr (!SinkOf<S, T>) {
      static_assert(detail::always_false<S, T>,
                    "millrace: to(name, sink): this sink does not take the stream's value type. It "
                    "needs 'Task<> write(const Batch<T>&, Context&)'. For a sink of messages, add "
                    ".encode(name, format) first");
    } else {
      if (parallelism == 0) throw TopologyError(name, "parallelism must be at least 1, got 0");
      auto node = std::make_unique<detail::SinkNode<T, S>>(std::move(name), std::move(sink));
      node->parallelism = parallelism;
      attach<T>(std::move(node));
    }
  }

  /// How many subtasks the step before has; default: as many as the step it reads from.
  Stream parallelism(unsigned n) const {
    if (n == 0) throw TopologyError(node_->name(), "parallelism must be at least 1, got 0");
    node_->parallelism = n;
    return *this;
  }
  /// True behind an event_time step.
  bool timed() const { return node_->timed; }

  Graph& graph() const { return *graph_; }
  Node& node() const { return *node_; }
  unsigned output() const { return output_; }

  /// For the face of other steps: adds `node` behind this stream and gives its main output.
  template <class U>
  Stream<U> attach(std::unique_ptr<Node> node, std::shared_ptr<const Edge> edge = nullptr) const {
    if (!edge) edge = std::make_shared<EdgeOf<T>>();
    node->inputs().push_back({node_, output_, 0, std::move(edge)});
    node->timed = timed();
    return Stream<U>(*graph_, graph_->add(std::move(node)));
  }
  /// Steps behind the dead letters fail instead of making more of them.
  OnError effective(OnError policy) const {
    return node_->after_dead_letters && policy == OnError::dead_letter ? OnError::fail : policy;
  }

 private:
  template <class U>
  friend class Stream;

  template <class S, class U, class F, class... Rest>
  Stream<U> step(Name name, std::string_view kind, F f, OnError policy, Rest... rest) const {
    auto part = Part(std::move(f));
    return attach<U>(
        detail::make_node(std::move(name), kind, Part<F>::copies, true,
                          [part = std::move(part), policy = effective(policy),
                           rest...](const StepContext& context) mutable -> std::unique_ptr<Step> {
                            return std::make_unique<S>(context, part.take(), rest..., policy);
                          }));
  }

  Graph* graph_;
  Node* node_;
  unsigned output_;
};

/// What can't be a record.
template <class T>
requires(!std::default_initializable<T> || !std::copyable<T>)
class Stream<T> : public detail::Broken {
  static_assert(detail::always_false<T>,
                "millrace: a stream's values must be default-constructible and copyable: batches "
                "recycle them, a fan-out and an exchange copy them. Hold what can't be copied in a "
                "std::shared_ptr");

 public:
  Stream(Graph&, Node&, unsigned = 0) {}
};

}  // namespace millrace
