// SPDX-License-Identifier: BSL-1.0
#include "growth.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "array_source.hpp"
#include "rows.hpp"
#include "w2.hpp"
#include "w2_sums.hpp"

namespace bench::growth {
namespace {

using namespace millrace;
using namespace std::chrono_literals;
using w2::Event;

std::string point(const char* series, std::uint64_t x) {
  return std::string(series) + "-" + std::to_string(x);
}

/// Records of some size, each copied once from where it came, and read once.
struct Copied {
  using value_type = Text;
  std::uint32_t bytes;
  std::uint64_t records;
  std::string from = std::string(ArenaPool::default_size, 'x');

  ReadStatus read(Batch<Text>& out, Context& cx) {
    const ArenaRef arena = cx.arenas().take();
    out.hold(arena);
    for (std::uint32_t at = 0; at + bytes <= arena->capacity() && !out.full() && records != 0;
         at += bytes, --records) {
      std::memcpy(arena->data() + at, from.data() + at, bytes);
      out.slot() = Text(arena->data() + at, bytes);
      out.commit({});
    }
    return records == 0 ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};
struct ReadingAll {
  Check* check;
  void write(const Batch<Text>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      const Text text = batch[i];
      for (std::uint32_t at = 0; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        check->sum += word;
      }
    }
    check->count += batch.size();
  }
};

Check copied(std::uint32_t bytes, std::uint64_t records) {
  Check check;
  Topology t("bytes");
  t.source("records", Copied{.bytes = bytes, .records = records})
      .filter("all", [](const Text& text) { return text.data()[0] == 'x'; })
      .to("sum", ReadingAll{&check});
  Pipeline(std::move(t)).run();
  return check;
}

struct SummingValues {
  Check* check;
  unsigned steps;  // each has added one
  void write(const Batch<Event>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) check->sum += batch[i].value - steps;
    check->count += batch.size();
  }
};

/// A chain of steps; `add` puts one more behind it.
template <class Add>
Check chain(const w2::Input& input, unsigned steps, Add add) {
  Check check;
  Topology t("steps");
  Stream<Event> stream = t.source("events", ArraySource<Event>(input.events));
  for (unsigned i = 0; i < steps; ++i) stream = add(stream, point("step", i));
  stream.to("sum", SummingValues{&check, steps});
  Pipeline(std::move(t)).run();
  return check;
}
Check maps(const w2::Input& input, unsigned steps) {
  return chain(input, steps, [](const Stream<Event>& s, std::string name) {
    return s.map(std::move(name), [](const Event& e) {
      return Event{.at = e.at, .key = e.key, .value = e.value + 1};
    });
  });
}
Check updates(const w2::Input& input, unsigned steps) {
  return chain(input, steps, [](const Stream<Event>& s, std::string name) {
    return s.update(std::move(name), [](Event& e) { ++e.value; });
  });
}

/// The array dealt out to partitions in blocks, as a log deals out records.
struct Dealt {
  using value_type = Event;
  static constexpr std::size_t block = 4096;
  const w2::Input* input;
  unsigned partitions;

  struct Reader {
    using value_type = Event;
    const w2::Input* input;
    std::size_t next;
    std::size_t stride;  // from one block of this partition to the next one
    ReadStatus read(Batch<Event>& out, Context&) {
      const std::size_t size = input->events.size();
      const std::size_t block_end = std::min(size, next / block * block + block);
      const auto n = std::min<std::size_t>(out.room(), next < size ? block_end - next : 0);
      for (std::size_t i = 0; i < n; ++i) {
        out.slot() = input->events[next + i];
        out.commit({});
      }
      next += n;
      if (next == block_end) next += stride - block;
      return next >= size ? ReadStatus::end : ReadStatus::more;
    }
    Position position() const { return {}; }
  };
  Task<std::vector<Partition>> discover(Context&) {
    std::vector<Partition> all;
    for (unsigned i = 0; i < partitions; ++i) all.push_back({.id = std::to_string(i)});
    co_return all;
  }
  Reader open(const Partition& partition, const Position&) const {
    const std::size_t first = std::stoul(partition.id) * block;
    return {.input = input, .next = first, .stride = partitions * block};
  }
};
/// W2 from partitions, on so many workers, which exchange records by key.
Check exchanged(const w2::Input& input, unsigned partitions, unsigned workers) {
  w2::Totals totals;
  Topology t("workers");
  t.source("events", Dealt{&input, partitions})
      .event_time("at", &Event::at, watermark::bounded_out_of_orderness(5s))
      .key_by(&Event::key)
      .window(tumbling(10s))
      .unordered()
      .aggregate("totals", agg::all(agg::count(), agg::sum(&Event::value)))
      .to("sum", w2::SummingTogether{&totals}, workers);
  Pipeline pipeline(std::move(t), {.parallelism = workers, .state_budget = 8_GiB});
  pipeline.run({.threads = std::min(workers, std::thread::hardware_concurrency())});
  return {totals.count, totals.sum};
}

/// Points of one series whose inputs differ, so that each is measured by itself.
bool measure(const Options& options, std::string name, std::size_t records,
             std::function<Check()> run) {
  Comparison c("growth", records);
  c.library(std::move(name), std::move(run));
  return c.run(options);
}

bool run_keys(const Options& options) {
  bool good = true;
  for (std::uint32_t keys = 100; keys <= 10'000'000; keys *= 10) {
    if (options.wanted(point("G-keys", keys))) {
      const w2::Input in = w2::generate(keys, options.events);
      good &= measure(options, point("G-keys", keys), options.events,
                      [&] { return w2::library(in, w2::Order::table); });
    }
#if MILLRACE_HAS_ROCKSDB
    if (options.wanted(point("G-rows", keys))) {
      const rows::Input in{.keys = keys, .records = keys + options.events / 4};
      good &= measure(options, point("G-rows", keys), in.records,
                      [&] { return rows::library_memory(in); });
    }
#endif
  }
  return good;
}

/// State that is so many percent of the memory it is given. Once, as it takes long.
bool run_state(Options options) {
  bool good = true;
  options.repetitions = 0;
#if MILLRACE_HAS_ROCKSDB
  for (const std::uint64_t percent : {5, 10, 25, 50, 100, 200, 400, 800}) {
    if (!options.wanted(point("G-state", percent))) continue;
    constexpr std::uint64_t given = 16 << 20;
    const std::uint64_t keys = given * percent / 100 / rows::Input::row_bytes;
    const rows::Input in{.keys = keys, .records = keys + options.events / 40, .given = {given}};
    good &= measure(options, point("G-state", percent), in.records,
                    [&] { return rows::library_rocksdb(in); });
  }
#endif
  return good;
}

bool run_bytes(const Options& options) {
  bool good = true;
  for (std::uint32_t bytes = 16; bytes <= ArenaPool::default_size; bytes *= 4) {
    const std::uint64_t records = std::min<std::uint64_t>(options.events / 4, (1u << 30) / bytes);
    if (options.wanted(point("G-bytes", bytes)))
      good &= measure(options, point("G-bytes", bytes), records,
                      [=] { return copied(bytes, records); });
  }
  return good;
}

/// A series whose points have the same input, so that they take turns with others.
struct Series {
  const char* name;
  std::function<Check(unsigned)> run;
};
bool run_together(const Options& options, std::size_t records, unsigned last,
                  const std::vector<Series>& all) {
  Comparison c("growth", records);
  for (const Series& series : all)
    for (unsigned n = 1; n <= last; n *= 2)
      if (options.wanted(point(series.name, n)))
        c.library(point(series.name, n), [&series, n] { return series.run(n); });
  return c.run(options);
}

/// An input that is made when it is first needed.
class Late {
 public:
  explicit Late(std::function<w2::Input()> make) : make_(std::move(make)) {}
  const w2::Input& get() {
    if (!made_) made_ = make_();
    return *made_;
  }

 private:
  std::function<w2::Input()> make_;
  std::optional<w2::Input> made_;
};

bool run_steps(const Options& options) {
  const std::size_t n = options.events / 4;
  Late in([=] { return w2::generate(100, n); });
  return run_together(options, n, 32,
                      {{"G-maps", [&](unsigned steps) { return maps(in.get(), steps); }},
                       {"G-updates", [&](unsigned steps) { return updates(in.get(), steps); }}});
}

/// The same results from times of whole seconds, so that the watermark moves once a second.
w2::Input in_seconds(w2::Input input) {
  for (std::size_t i = 0; i < input.events.size(); ++i) {
    Timestamp& at = input.events[i].at;
    at = std::chrono::floor<std::chrono::seconds>(at);
  }
  return input;
}

bool run_workers(const Options& options) {
  Late in([&] { return w2::generate(100'000, options.events); });
  Late seconds([&] { return in_seconds(in.get()); });
  return run_together(options, options.events, 64,
                      {{"G-partitions", [&](unsigned n) { return exchanged(in.get(), n, 1); }},
                       {"G-workers", [&](unsigned n) { return exchanged(in.get(), n, n); }},
                       {"G-seconds", [&](unsigned n) { return exchanged(seconds.get(), n, n); }}});
}

}  // namespace

bool run(const Options& options) {
  if (options.only.empty()) return true;
  const bool keys = run_keys(options);
  const bool bytes = run_bytes(options);
  const bool steps = run_steps(options);
  const bool workers = run_workers(options);
  const bool state = run_state(options);
  return keys && bytes && steps && workers && state;
}

}  // namespace bench::growth
