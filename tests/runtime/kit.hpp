// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "millrace/millrace.hpp"
#include "millrace/sim/env.hpp"

/// Sources and sinks in memory, and ways to run a pipeline, for the tests of the runtime.
namespace kit {

using namespace millrace;
using namespace millrace::literals;
using namespace std::chrono_literals;

inline Timestamp at(Duration since_start) { return Timestamp(since_start); }

struct Event {
  int key = 0;
  int value = 0;
  Timestamp time{};
  auto operator<=>(const Event&) const = default;
};

// Found by argument-dependent lookup: what a dead letter keeps of an Event.
inline std::string original_bytes(const Event& e) { return "event " + std::to_string(e.value); }

inline std::ostream& operator<<(std::ostream& out, const Event& e) {
  return out << e.key << ':' << e.value;
}

/// n events, a second apart, over `keys` keys.
inline std::vector<Event> events(int n, int keys = 4, int first = 0) {
  std::vector<Event> all;
  for (int i = first; i < first + n; ++i) all.push_back({i % keys, i, at(i * 1s)});
  return all;
}

/// What a source reads, by partition; a test may add to it while the pipeline runs.
struct Board {
  struct Shelf {
    std::string id;
    std::vector<Event> events;
    bool closed = true;
    std::vector<std::string> parents = {};
    std::size_t hidden_until_read = 0;  // known once so many events were read in all
  };
  std::vector<Shelf> shelves;
  std::size_t read = 0;
  std::size_t per_read = 10;
  std::size_t opened = 0;
  std::optional<std::size_t> fail_after = {};  // read() throws once, past so many events
  Duration pause{};                            // before each read
};

struct ShelfReader {
  using value_type = Event;
  Board* board;
  std::string id;
  std::size_t next = 0;
  Task<ReadStatus> read(Batch<Event>& out, Context& cx) {
    if (board->pause > 0s) co_await cx.sleep_for(board->pause);
    const auto shelf = std::ranges::find(board->shelves, id, &Board::Shelf::id);
    for (std::size_t i = 0; i < board->per_read && out.room() && next < shelf->events.size(); ++i) {
      out.push_back(shelf->events[next++], cx.env().clock.wall());
      ++board->read;
    }
    if (board->fail_after && board->read > *board->fail_after) {
      board->fail_after.reset();
      throw Failure({Errc::unavailable, "the shelf fell down"});
    }
    if (next < shelf->events.size()) co_return ReadStatus::more;
    co_return shelf->closed ? ReadStatus::end : ReadStatus::idle;
  }
  Position position() const { return {std::to_string(next)}; }
};

/// A source of the board's partitions. Lifetime: the board's.
struct Shelves {
  using value_type = Event;
  Board* board;
  Task<std::vector<Partition>> discover(Context&) {
    std::vector<Partition> found;
    for (const auto& shelf : board->shelves)
      if (board->read >= shelf.hidden_until_read) found.push_back({shelf.id, shelf.parents});
    co_return found;
  }
  ShelfReader open(const Partition& partition, const Position& position) {
    ++board->opened;
    return {board, partition.id, position.empty() ? 0 : std::stoul(position.token)};
  }
};

/// What a sink was given, and how it shall misbehave.
template <class T>
struct Store {
  std::vector<T> values;
  int writes = 0, flushes = 0, writing = 0, most_writing = 0;
  int fail_at_write = 0;  // the n-th write throws, once
  bool fail_flush = false;
  bool stalled = false;
  Duration slow{};
  std::uint32_t in_flight = 1;
};

template <class T>
struct Collect {
  Store<T>* store;
  Task<> write(const Batch<T>& batch, Context& cx) {
    store->most_writing = std::max(store->most_writing, ++store->writing);
    while (store->stalled && !cx.stopping()) co_await cx.sleep_for(1ms);
    if (store->slow > 0s) co_await cx.sleep_for(store->slow);
    --store->writing;
    if (++store->writes == store->fail_at_write)
      throw Failure({Errc::unavailable, "the store is closed"});
    for (std::uint32_t i = 0; i < batch.size(); ++i) store->values.push_back(batch[i]);
  }
  Task<> flush(Context&) {
    ++store->flushes;
    if (store->fail_flush) throw Failure({Errc::io, "the flush went wrong"});
    co_return;
  }
  std::uint32_t max_in_flight() const { return store->in_flight; }
};

/// A two-phase sink's storage: it outlives the pipeline, as a disk does.
template <class T>
struct Vault {
  std::vector<T> visible;
  std::map<std::string, std::vector<T>> staged;
  std::set<std::string> committed;
  int commits = 0, aborts = 0, prepares = 0;
  int fail_at_commit = 0, fail_at_prepare = 0;  // the n-th call throws, once
  int next_token = 0;
};

template <class T>
struct Safe {
  Vault<T>* vault;
  std::vector<T> buffer;
  explicit Safe(Vault<T>& v) : vault(&v) {}
  Task<> write(const Batch<T>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) buffer.push_back(batch[i]);
    co_return;
  }
  Task<Committable> prepare(CheckpointId id, Context&) {
    if (++vault->prepares == vault->fail_at_prepare)
      throw Failure({Errc::out_of_space, "the vault is full"});
    const std::string token = std::to_string(id) + "." + std::to_string(++vault->next_token);
    vault->staged[token] = std::exchange(buffer, {});
    co_return Committable{token};
  }
  Task<> commit(const Committable& c, Context&) {
    if (++vault->commits == vault->fail_at_commit)
      throw Failure({Errc::unavailable, "the vault does not open"});
    if (vault->committed.contains(c.bytes)) co_return;
    if (!vault->staged.contains(c.bytes))
      throw Failure({Errc::not_found, "nothing is staged as " + c.bytes});
    for (T& value : vault->staged[c.bytes]) vault->visible.push_back(std::move(value));
    vault->staged.erase(c.bytes);
    vault->committed.insert(c.bytes);
  }
  Task<> abort(Context&) {
    ++vault->aborts;
    vault->staged.clear();
    buffer.clear();
    co_return;
  }
};

struct End {
  std::optional<Outcome> outcome;
  std::optional<Error> error;
  bool over() const { return outcome || error; }
  std::string text() const {
    if (error) return "failed: " + error->message();
    if (!outcome) return "still running";
    return *outcome == Outcome::finished    ? "finished"
           : *outcome == Outcome::suspended ? "suspended"
                                            : "aborted";
  }
};

inline Task<> drive(Pipeline& pipeline, Env& env, std::shared_ptr<Strand> strand, End& end) {
  try {
    end.outcome = co_await pipeline.execute(env, strand);
  } catch (const Failure& failure) {
    end.error = failure.error();
  }
}

inline void start(sim::Env& env, Pipeline& pipeline, End& end) {
  auto strand = env.env().scheduler.make_strand();
  env.env().scheduler.spawn(strand, drive(pipeline, env.env(), strand, end));
}
/// Runs to the end and says how it ended.
inline std::string run(sim::Env& env, Pipeline& pipeline) {
  End end;
  start(env, pipeline, end);
  return env.run() == sim::Ended::deadlock ? "deadlock" : end.text();
}
/// Runs for a second and suspends; says how it ended.
inline std::string suspend(sim::Env& env, Pipeline& pipeline) {
  End end;
  start(env, pipeline, end);
  env.run_for(1s);
  pipeline.stop();
  return env.run() == sim::Ended::deadlock ? "deadlock" : end.text();
}
inline std::string run(Topology topology, PipelineOptions options = {}) {
  sim::Env env;
  Pipeline pipeline(std::move(topology), std::move(options));
  return run(env, pipeline);
}

template <class T>
std::vector<T> sorted(std::vector<T> values) {
  std::ranges::sort(values);
  return values;
}

using Sum = Windowed<int, std::int64_t>;
inline std::vector<Sum> sorted(std::vector<Sum> values) {
  std::ranges::sort(
      values, {}, [](const Sum& s) { return std::tuple(s.key, s.window.start, s.value, s.fire); });
  return values;
}

/// Sums by key in windows of ten seconds.
inline Stream<Sum> sums(Stream<Event> in) {
  return in.event_time("time", &Event::time, watermark::bounded_out_of_orderness(2s))
      .key_by(&Event::key)
      .window(tumbling(10s))
      .aggregate("sums", agg::sum([](const Event& e) { return std::int64_t{e.value}; }));
}

}  // namespace kit

namespace Catch {
template <>
struct StringMaker<kit::Sum> {
  static std::string convert(const kit::Sum& s) {
    return std::to_string(s.key) + "@" +
           std::to_string(s.window.start.time_since_epoch() / std::chrono::seconds(1)) + "=" +
           std::to_string(s.value);
  }
};
}  // namespace Catch
