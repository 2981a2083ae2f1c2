// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "millrace/core/batch.hpp"
#include "millrace/core/context.hpp"
#include "millrace/core/position.hpp"
#include "millrace/core/task.hpp"

namespace millrace {

/// What a read() found.
enum class ReadStatus : unsigned char {
  more,  ///< records were appended or may be there: ask again soon
  idle,  ///< nothing now: ask again after the pipeline's idle_poll
  end,   ///< this partition will never have more
};

/// Reads one partition in order.
///
///     using value_type = T;
///     Task<ReadStatus> read(Batch<T>& out, Context& cx);   // or plain ReadStatus
///     Position position() const;
///
/// Contract: read() appends at most out.room() records to `out` (through slot() and commit(), with
/// the arrival time; times are replaced by event_time) and calls out.hold() for the arenas its Text
/// fields view. It may suspend only before its first append of a call: while it waits, barriers and
/// watermarks pass. position() is that after the last record of the last read() that returned; a
/// reader opened there goes on with the next record.
/// Errors: a Failure thrown from read() fails the partition; the pipeline's restart policy decides.
template <class R>
concept Reader = std::movable<R> &&
                 requires(R& r, const R& cr, Batch<typename R::value_type>& out, Context& cx) {
                   requires std::same_as<decltype(r.read(out, cx)), ReadStatus> ||
                                std::same_as<decltype(r.read(out, cx)), Task<ReadStatus>>;
                   { cr.position() } -> std::same_as<Position>;
                 };

/// A source of one partition: a Reader that starts at a given place.
///
///     void resume(const Position&);   // called once before the first read(), when there is one
template <class S>
concept FeedSource = Reader<S> && requires(S& s, const Position& p) {
  { s.resume(p) } -> std::same_as<void>;
};

/// A source of many partitions.
///
///     using value_type = T;
///     Task<std::vector<Partition>> discover(Context& cx);   // asked again later for new ones
///     Reader open(const Partition& partition, const Position& position);
///
/// Contract: discover() returns every partition known, in a stable order; each is opened once, and
/// a child only after its parents' end. open() does no I/O: the first read() does. Errors: a
/// Failure from discover() fails the source.
template <class S>
concept PartitionedSource =
    std::movable<S> &&
    requires(S& s, Context& cx, const Partition& partition, const Position& position) {
      typename S::value_type;
      { s.discover(cx) } -> std::same_as<Task<std::vector<Partition>>>;
      { s.open(partition, position) } -> Reader;
    };

/// Anything that Topology::source() takes.
template <class S>
concept Source = FeedSource<S> || PartitionedSource<S>;

}  // namespace millrace
