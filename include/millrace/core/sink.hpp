// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/batch.hpp"
#include "millrace/core/context.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/task.hpp"

namespace millrace {

/// The number of a checkpoint; grows by one. The snapshot of a suspended pipeline is one, too.
using CheckpointId = std::uint64_t;

/// What a two-phase sink made durable but not yet visible: bytes that only the sink understands.
struct Committable {
  std::string bytes;
  bool operator==(const Committable&) const = default;
};

/// Takes a stream's records out of the pipeline.
///
///     Task<> write(const Batch<T>& batch, Context& cx);    // or plain void
///     Task<> flush(Context& cx);      // optional: makes what was written durable
///     Task<> tick(Context& cx);       // optional: does what is due by time
///     std::uint32_t max_in_flight() const;   // optional: writes at once, 1 unless it says more
///
/// Contract: the batch lives until write()'s Task ends; returning means "accepted". flush() is
/// awaited at the end, when the pipeline suspends and at each checkpoint of a sink that is not
/// TwoPhase. tick() is called about ten times a second while there is nothing to write. Nothing is
/// written while flush(), tick(), prepare() or commit() runs.
/// Errors: a Failure thrown fails the pipeline with the step's name; the restart policy decides.
template <class S, class T>
concept SinkOf = std::movable<S> && requires(S& s, const Batch<T>& batch, Context& cx) {
  requires std::same_as<decltype(s.write(batch, cx)), void> ||
               std::same_as<decltype(s.write(batch, cx)), Task<>>;
};

/// A sink with state of its own, which checkpoints keep: buffers that stay open across them, say.
///
///     void save(std::string& bytes) const;
///     Result<void> load(std::string_view bytes);
///
/// Contract: save() is called behind each checkpoint's prepare() or flush(), before anything more
/// is written. load() is called before anything else, and more than once when fewer subtasks run
/// than before: each call adds to what the sink has.
template <class S>
concept StatefulSink = requires(S& s, const S& constant, std::string& to, std::string_view from) {
  { constant.save(to) } -> std::same_as<void>;
  { s.load(from) } -> std::same_as<Result<void>>;
};

template <class S>
concept FlushableSink = requires(S& s, Context& cx) {
  { s.flush(cx) } -> std::same_as<Task<>>;
};

template <class S>
concept TickedSink = requires(S& s, Context& cx) {
  { s.tick(cx) } -> std::same_as<Task<>>;
};

/// A sink whose records become visible exactly once, by two-phase commit with the checkpoint.
///
///     Task<Committable> prepare(CheckpointId id, Context& cx);   // durable, invisible
///     Task<> commit(const Committable& c, Context& cx);          // visible; idempotent
///     Task<> abort(Context& cx);          // at a start: drop what no checkpoint lists
///     bool two_phase() const;             // optional: false makes it a sink without these three
///     Task<bool> finish(Context& cx);     // optional: closes what is open
///
/// Contract: prepare() covers every record written before it and none after. commit() may come
/// again after a restart, with the same bytes, and then changes nothing. At a start the pipeline
/// calls commit() for what the restored checkpoint lists, then abort(), then writes. Once the input
/// has ended, finish() comes before prepare(), so that the checkpoint covers what the sink had kept
/// open; true asks for another checkpoint after it, as commit() may leave something to be prepared.
template <class S>
concept TwoPhaseSink = requires(S& s, CheckpointId id, const Committable& c, Context& cx) {
  { s.prepare(id, cx) } -> std::same_as<Task<Committable>>;
  { s.commit(c, cx) } -> std::same_as<Task<>>;
  { s.abort(cx) } -> std::same_as<Task<>>;
};

template <class S>
concept FinishableSink = TwoPhaseSink<S> && requires(S& s, Context& cx) {
  { s.finish(cx) } -> std::same_as<Task<bool>>;
};

}  // namespace millrace
