// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <bit>
#include <cstring>

#include "w2.hpp"

#include <immintrin.h>

namespace bench::w2 {
namespace {

using millrace::detail::PageArray;

std::uint32_t hash(std::uint32_t key) {
  return static_cast<std::uint32_t>((key * 0x9E3779B97F4A7C15ull) >> 32);
}
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

struct Totals {
  std::uint32_t count;
  std::uint64_t sum;
} __attribute__((packed, aligned(4)));

/// Four keys and their totals in a cache line; 0 is no key, and key 0 lives outside.
struct alignas(64) Line {
  std::uint32_t keys[4];
  Totals totals[4];
};

class Lines {
 public:
  explicit Lines(std::size_t keys) {
    std::size_t count = 256;
    while (count * 4 * 5 / 8 < keys + 1024) count *= 2;
    if (keys < 256) count = 256;
    lines_ = PageArray<Line>(count);
    shift_ = 32u - static_cast<unsigned>(std::countr_zero(count));
    mask_ = count - 1;
  }
  void prefetch(std::uint32_t h) const { __builtin_prefetch(&lines_[h >> shift_], 1, 3); }
  [[gnu::always_inline]] Totals& find(std::uint32_t h, std::uint32_t key) {
    if (key == 0) [[unlikely]]
      return zero_;
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(key));
    for (std::size_t i = h >> shift_;; i = (i + 1) & mask_) {
      Line& line = lines_[i];
      const __m128i keys = _mm_load_si128(reinterpret_cast<const __m128i*>(line.keys));
      const __m128i hit =
          _mm_or_si128(_mm_cmpeq_epi32(keys, wanted), _mm_cmpeq_epi32(keys, _mm_setzero_si128()));
      const auto mask = static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(hit)));
      if (mask) [[likely]] {
        const int slot = std::countr_zero(mask);
        line.keys[slot] = key;
        return line.totals[slot];
      }
    }
  }
  /// The same with a branch on whether the key is there: better when the table is in the first
  /// cache level, since the key need not be stored.
  [[gnu::always_inline]] Totals& find_small(std::uint32_t h, std::uint32_t key) {
    if (key == 0) [[unlikely]]
      return zero_;
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(key));
    for (std::size_t i = h >> shift_;; i = (i + 1) & mask_) {
      Line& line = lines_[i];
      const __m128i keys = _mm_load_si128(reinterpret_cast<const __m128i*>(line.keys));
      const auto same =
          static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(keys, wanted))));
      if (same) [[likely]]
        return line.totals[std::countr_zero(same)];
      const auto free = static_cast<unsigned>(
          _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(keys, _mm_setzero_si128()))));
      if (!free) continue;
      const int slot = std::countr_zero(free);
      line.keys[slot] = key;
      return line.totals[slot];
    }
  }
  /// far: tables lie in main memory.
  template <bool far>
  void fire(std::int64_t end, Sink& sink) {
    if (zero_.count) sink.take(0, end, zero_.count, zero_.sum), zero_ = {};
    for (std::size_t i = 0; i < lines_.size(); i += 64) {
      const std::size_t last = std::min(i + 64, lines_.size());
      std::uint32_t used[64 * 4 + 1];
      unsigned n = 0;
      for (std::size_t j = i; j < last; ++j) {
        if constexpr (far) __builtin_prefetch(&lines_[j + 64], 1, 3);
        for (unsigned slot = 0; slot < 4; ++slot) {
          used[n] = static_cast<std::uint32_t>(j * 4 + slot);
          n += lines_[j].totals[slot].count != 0;
        }
      }
      for (unsigned k = 0; k < n; ++k) {
        const Line& line = lines_[used[k] / 4];
        const Totals& totals = line.totals[used[k] % 4];
        sink.take(line.keys[used[k] % 4], end, totals.count, totals.sum);
      }
      if (n) std::memset(static_cast<void*>(&lines_[i]), 0, (last - i) * sizeof(Line));
    }
  }

 private:
  PageArray<Line> lines_;
  std::size_t mask_;
  unsigned shift_;
  Totals zero_{};
};

/// Two tables that change places when a window fires.
struct TwoTables {
  Lines tables[2];
  Lines* now = &tables[0];
  Lines* next = &tables[1];
  explicit TwoTables(std::size_t keys) : tables{Lines(keys), Lines(keys)} {}
  template <bool far = false>
  void fire(Progress& progress, Sink& sink) {
    now->fire<far>(progress.end(), sink);
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
