// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <bit>

#include "lines.hpp"
#include "w2.hpp"

namespace bench::w2 {
namespace {

using lines::hash;
using lines::Lines;
using lines::Totals;
using millrace::detail::PageArray;

std::int64_t time_of(const Event& e) { return e.at.time_since_epoch().count(); }

/// Follows the greatest time and says which windows are over.
struct Progress {
  std::int64_t latest = 0;
  std::int64_t window;  ///< the first that is open
  explicit Progress(const Input& in) : window((time_of(in.events[0]) - delay_us) / window_us) {}
  std::int64_t end() const { return (window + 1) * window_us; }
  bool over() const { return end() <= latest - delay_us; }
  bool begun() const { return window <= latest / window_us; }
};

/// Both live panes beside their key: one probe, no second table. For few keys.
struct TwoPanes {
  std::uint32_t key, used;
  std::uint32_t count[2];
  std::uint64_t sum[2];
};

/// Two tables that change places when a window fires.
struct TwoTables {
  Lines tables[2];
  Lines* now = &tables[0];
  Lines* next = &tables[1];
  explicit TwoTables(std::size_t keys) : tables{Lines(keys), Lines(keys)} {}
  template <bool far = false>
  void fire(Progress& progress, Sink& sink) {
    const std::int64_t end = progress.end();
    now->take_all<far>(
        [&](std::uint32_t key, const Totals& t) { sink.take(key, end, t.count, t.sum); });
    std::swap(now, next);
    ++progress.window;
  }
};

constexpr std::size_t batch = 256;
constexpr std::size_t most_ahead = 64;

template <bool small, std::size_t ahead>
Check batch_kernel(const Input& in) {
  Sink sink;
  TwoTables panes(in.keys);
  Progress progress(in);
  Lines* tables[batch + ahead];
  std::uint32_t hashes[batch + ahead];
  const std::size_t n = in.events.size();
  for (std::size_t i = 0; i < n; i += batch) {
    const std::size_t m = std::min(batch, n - i);
    const Event* const events = &in.events[i];
    std::int64_t latest = progress.latest;
    for (std::size_t j = 0; j < m; ++j) latest = std::max(latest, time_of(events[j]));
    progress.latest = latest;
    Lines* const both[2] = {panes.now, panes.next};
    const std::int64_t edge = progress.end();
    if constexpr (small) {
      for (std::size_t j = 0; j < m; ++j) {
        Totals& t =
            both[time_of(events[j]) >= edge]->find_small(hash(events[j].key), events[j].key);
        ++t.count;
        t.sum += events[j].value;
      }
    } else {
      for (std::size_t j = 0; j < m; ++j) {
        tables[j] = both[time_of(events[j]) >= edge];
        hashes[j] = hash(events[j].key);
      }
      std::fill_n(tables + m, ahead, panes.now);
      std::fill_n(hashes + m, ahead, hashes[0]);
      for (std::size_t j = 0; j < ahead; ++j) tables[j]->prefetch(hashes[j]);
      for (std::size_t j = 0; j < m; ++j) {
        tables[j + ahead]->prefetch(hashes[j + ahead]);
        Totals& t = tables[j]->find(hashes[j], events[j].key);
        ++t.count;
        t.sum += events[j].value;
      }
    }
    while (progress.over()) panes.fire<(ahead > 16)>(progress, sink);
  }
  while (progress.begun()) panes.fire<(ahead > 16)>(progress, sink);
  return sink.check;
}

}  // namespace

Check loop_two_panes_a_slot(const Input& in) {
  Sink sink;
  std::size_t count = 1024;
  while (count / 2 < in.keys) count *= 2;
  const unsigned shift = 32u - static_cast<unsigned>(std::countr_zero(count));
  PageArray<TwoPanes> slots(count);
  Progress progress(in);
  const auto fire = [&] {
    const int pane = static_cast<int>(progress.window & 1);
    for (std::size_t i = 0; i < count; ++i) {
      TwoPanes& s = slots[i];
      if (!s.count[pane]) continue;
      sink.take(s.key, progress.end(), s.count[pane], s.sum[pane]);
      s.count[pane] = 0;
      s.sum[pane] = 0;
    }
    ++progress.window;
  };
  const std::size_t n = in.events.size();
  for (std::size_t i = 0; i < n; ++i) {
    const Event& e = in.events[i];
    const std::int64_t time = time_of(e);
    const auto pane = (static_cast<std::uint64_t>(time) / window_us) & 1;
    progress.latest = std::max(progress.latest, time);
    while (progress.over()) [[unlikely]]
      fire();
    for (std::size_t at = hash(e.key) >> shift;; at = (at + 1) & (count - 1)) {
      TwoPanes& s = slots[at];
      if (s.used && s.key != e.key) continue;
      if (!s.used) s.used = 1, s.key = e.key;
      ++s.count[pane];
      s.sum[pane] += e.value;
      break;
    }
  }
  while (progress.begun()) fire();
  return sink.check;
}

/// Copies what it needs of 256 events into one array, then applies that.
Check loop_staged(const Input& in) {
  constexpr std::size_t ahead = 16;
  struct Staged {
    Lines* table;
    std::uint32_t hash, key, value;
  };
  Sink sink;
  TwoTables panes(in.keys);
  Progress progress(in);
  Staged staged[batch + ahead];
  const std::size_t n = in.events.size();
  for (std::size_t i = 0; i < n; i += batch) {
    const std::size_t m = std::min(batch, n - i);
    Lines* const both[2] = {panes.now, panes.next};
    const std::int64_t edge = progress.end();
    std::int64_t latest = progress.latest;
    for (std::size_t j = 0; j < m; ++j) {
      const Event& e = in.events[i + j];
      latest = std::max(latest, time_of(e));
      staged[j] = {both[time_of(e) >= edge], hash(e.key), e.key, e.value};
    }
    progress.latest = latest;
    std::fill_n(staged + m, ahead, Staged{panes.now, 0, 0, 0});
    for (std::size_t j = 0; j < ahead; ++j) staged[j].table->prefetch(staged[j].hash);
    for (std::size_t j = 0; j < m; ++j) {
      staged[j + ahead].table->prefetch(staged[j + ahead].hash);
      Totals& t = staged[j].table->find(staged[j].hash, staged[j].key);
      ++t.count;
      t.sum += staged[j].value;
    }
    while (progress.over()) panes.fire(progress, sink);
  }
  while (progress.begun()) panes.fire(progress, sink);
  return sink.check;
}

Check loop_batch_kernel(const Input& in) { return batch_kernel<false, 16>(in); }
Check loop_batch_kernel_far(const Input& in) { return batch_kernel<false, most_ahead>(in); }
Check loop_batch_kernel_small(const Input& in) { return batch_kernel<true, 16>(in); }

}  // namespace bench::w2
