// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "millrace/core/batch.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/operators/aggregator.hpp"
#include "millrace/operators/window_runs.hpp"
#include "millrace/operators/window_types.hpp"

namespace millrace::detail {

/// Adds the records of a batch to the tables of their windows: first the key, hash and table of all
/// of them, then each to its table while the memory of those ahead of it is on its way.
/// Guard: GuardedLink::guarded, so that a record whose key or aggregation throws is rejected alone.
template <class Types>
class WindowKernel {
  using T = typename Types::Record;
  using A = typename Types::Aggregator;
  using Table = typename Types::Table;
  using Looked = typename Types::Looked;
  using Hash = typename Table::hash_type;

 public:
  WindowKernel(typename Types::Keys keys, A aggregator)
      : keys_(std::move(keys)), aggregator_(std::move(aggregator)) {
    resize(Batch<T>::default_capacity);
  }
  A& aggregator() { return aggregator_; }

  /// A batch of n records comes.
  void begin(std::uint32_t n) {
    if (n + furthest > tables_.size()) resize(n);
    keys_.reset();
    placed_ = 0;
  }

  /// Adds a batch that lies in two windows, the second beginning at `edge`; they may be the same.
  template <class Guard>
  void add(Guard&& guard, const Batch<T>& batch, Timestamp edge, Table& first, Table& second) {
    if constexpr (finds_runs<Types>) {
      if (runs_ && &first == &second) {
        runs_ = are_runs(add_runs<Types>(guard, batch, keys_, aggregator_, first), batch.size());
        return;
      }
    }
    const bool small = first.small() && second.small();
    const std::uint32_t ahead = small ? 0 : make_room(batch.size(), first, second);
    if (&first == &second) {
      if (stage<true>(guard, batch, edge, first, second, ahead)) [[likely]]
        return small ? add_to_one<true>(guard, batch, first)
                     : add_to_one<false>(guard, batch, first);
    } else {
      if (stage<false>(guard, batch, edge, first, second, ahead)) [[likely]]
        return small ? add_small(guard, batch, edge, first, second)
                     : add_large(guard, batch, edge, first, second);
    }
    add_rest(guard, batch);
  }

  /// Notes where record i goes, for add_placed(). Errors: what the key function throws.
  void place(const T& record, std::uint32_t i, Table& table) {
    const Looked key = keys_(record);
    tables_[placed_] = &table;
    hashes_[placed_] = Table::hash(key);
    looked_[placed_] = key;
    rows_[placed_++] = i;
  }
  template <class Guard>
  void add_placed(Guard&& guard, const Batch<T>& batch);

  /// Adds one record at once; what was done with its key is the result.
  struct Added {
    Looked key;
    Hash hash;
    bool fresh;
  };
  Added add_now(const T& record, Table& table) {
    const Looked key = keys_(record);
    const Hash h = Table::hash(key);
    const auto slot = table.upsert_small(h, key);
    add_or_undo(table, h, key, slot, record);
    return {key, h, slot.fresh};
  }

 private:
  // How many records ahead memory is asked for: enough for the caches' latency, or main memory's,
  // and no more than a processor has lines under way: what it can't ask for yet, it waits to ask.
  static constexpr std::uint32_t near = 16;
  static constexpr std::uint32_t furthest = 24;
  static constexpr std::size_t far_bytes = std::size_t{8} << 20;
  static std::uint32_t look_ahead(std::size_t table_bytes) {
    return table_bytes > far_bytes ? furthest : near;
  }

  /// Makes room for n more keys in each table; how far to look ahead then.
  static std::uint32_t make_room(std::uint32_t n, Table& first, Table& second) {
    first.ensure(n);
    if (&first == &second) return look_ahead(first.bytes());
    second.ensure(n);
    return look_ahead(first.bytes() + second.bytes());
  }
  /// A look at the first keys of a batch is enough: it costs next to nothing.
  void look_for_runs(std::uint32_t n) {
    if constexpr (finds_runs<Types>) {
      const Looked* const looked = looked_.data();
      const std::uint32_t seen = std::min(n, 64u);
      std::uint32_t runs = 1;
      for (std::uint32_t i = 1; i < seen; ++i) runs += looked[i] != looked[i - 1];
      runs_ = are_runs(runs, seen);
    }
  }
  void resize(std::uint32_t n) {
    tables_.resize(n + furthest);
    hashes_.resize(n + furthest);
    looked_.resize(n);
    rows_.resize(n);
  }
  /// Runs f(i) for all records of a batch, and asks meanwhile for what lies behind it, if it views
  /// somebody's array: what a window does with a batch takes so long that the processor forgets
  /// that this array is read from one end to the other. Into the second cache level, where it
  /// pushes out nothing that f needs.
  template <class Guard, class F, class BytesOf>
  [[gnu::always_inline]] void for_each(Guard&& guard, const Batch<T>& batch, F&& f,
                                       BytesOf&& bytes) {
    constexpr std::uint32_t stretch = 16;
    const std::uint32_t n = batch.size();
    const char* const next = reinterpret_cast<const char*>(batch.values()) + n * sizeof(T);
    for (std::uint32_t i = 0; i < n; i += stretch) {
      if (batch.borrowed())
        for (std::size_t at = i * sizeof(T); at < (i + stretch) * sizeof(T); at += 64)
          __builtin_prefetch(next + at, 0, 2);
      guard(i, std::min(i + stretch, n), f, bytes);
    }
  }
  /// The last ones of n records ask for something harmless.
  void end_prefetching(std::uint32_t n, std::uint32_t ahead) {
    std::fill_n(tables_.begin() + n, ahead, tables_[0]);
    std::fill_n(hashes_.begin() + n, ahead, hashes_[0]);
  }
  /// Asks for the memory of the first records.
  void start_prefetching(std::uint32_t n, std::uint32_t ahead) {
    end_prefetching(n, ahead);
    for (std::uint32_t i = 0; i < ahead; ++i) tables_[i]->prefetch(hashes_[i]);
  }
  /// A key whose first record throws is not there.
  void add_or_undo(Table& table, Hash h, Looked key, typename Table::Slot slot, const T& record) {
    try {
      if (!table.add(aggregator_, slot.value, record))
        table.add_outgrown(aggregator_, h, key, record);
    } catch (...) {
      if (slot.fresh) table.undo(h, key);
      throw;
    }
  }

  template <bool one, class Guard>
  bool stage(Guard&& guard, const Batch<T>& batch, Timestamp edge, Table& first, Table& second,
             std::uint32_t ahead);
  template <bool small, class Guard>
  void add_to_one(Guard&& guard, const Batch<T>& batch, Table& table);
  template <class Guard>
  void add_small(Guard&& guard, const Batch<T>& batch, Timestamp edge, Table& first, Table& second);
  template <class Guard>
  void add_large(Guard&& guard, const Batch<T>& batch, Timestamp edge, Table& first, Table& second);
  template <class Guard>
  [[gnu::noinline]] void add_outgrown(Guard&& guard, const Batch<T>& batch, Timestamp edge,
                                      Table& first, Table& second, std::uint32_t n);
  template <class Guard>
  void add_rest(Guard&& guard, const Batch<T>& batch);

  typename Types::Keys keys_;
  A aggregator_;
  // Where the batch's records go. The first two run past its end as far as is looked ahead.
  std::vector<Table*> tables_;
  std::vector<Hash> hashes_;
  std::vector<Looked> looked_;
  std::vector<std::uint32_t> rows_;
  std::uint32_t placed_ = 0;
  bool likely_ = false;  ///< is a key mostly in its large table? As in the last batch.
  bool runs_ = false;    ///< are batches made of runs of one key each? As the last one was.
};

/// Works out where each record of the batch goes; false when one was rejected. Of one table it
/// notes only then that all others go there. The memory of the first `ahead` records is on its way
/// while the others are staged.
template <class Types>
template <bool one, class Guard>
bool WindowKernel<Types>::stage(Guard&& guard, const Batch<T>& batch, Timestamp edge, Table& first,
                                Table& second, std::uint32_t ahead) {
  const std::uint32_t n = batch.size();
  const T* const values = batch.values();
  const Timestamp* const times = batch.times();
  Table** const tables = tables_.data();
  Hash* const hashes = hashes_.data();
  Looked* const looked = looked_.data();
  auto key_of = keys_.local();
  bool whole = true;
  // Loops apart, so that the compiler makes vectors of them.
  if constexpr (!one)
    for (std::uint32_t i = 0; i < n; ++i) tables[i] = times[i] >= edge ? &second : &first;
  for (std::uint32_t begin = 0, end = ahead ? std::min(n, ahead) : n; begin < n;
       begin = end, end = n) {
    guard(
        begin, end,
        [&](std::uint32_t i) {
          looked[i] = key_of(values[i]);
          hashes[i] = Table::hash(looked[i]);
        },
        [&](std::uint32_t i) {
          if (one && whole) std::fill_n(tables, n, &first);
          whole = false;
          tables[i] = nullptr;
          return bytes_for_dead_letter(values[i]);
        });
    if (begin == 0 && ahead && whole)
      for (std::uint32_t i = 0; i < end; ++i) (one ? first : *tables[i]).prefetch(hashes[i]);
  }
  look_for_runs(n);
  return whole;
}

/// One window, as a batch between two disorders has: its table stays in registers.
template <class Types>
template <bool small, class Guard>
void WindowKernel<Types>::add_to_one(Guard&& guard, const Batch<T>& batch, Table& table) {
  const std::uint32_t n = batch.size();
  const T* const values = batch.values();
  const Hash* const hashes = hashes_.data();
  const Looked* const looked = looked_.data();
  const std::uint32_t ahead = look_ahead(table.bytes());
  typename Table::Probe probe(table);
  if constexpr (!small) std::fill_n(hashes_.begin() + n, ahead, hashes[0]);
  const bool likely = likely_;
  LocalAggregator<A, T> aggregator(aggregator_);
  std::uint32_t* const outgrown = rows_.data();
  std::uint32_t n_outgrown = 0;
  std::uint32_t all_fresh = 0;
  std::uint32_t last_fresh = n;
  for_each(
      guard, batch,
      [&](std::uint32_t i) {
        if constexpr (!small) probe.prefetch(hashes[i + ahead]);
        const auto slot = small    ? probe.upsert_small(hashes[i], looked[i])
                          : likely ? probe.upsert_likely(hashes[i], looked[i])
                                   : probe.upsert(hashes[i], looked[i]);
        all_fresh += slot.fresh;
        last_fresh = slot.fresh ? i : last_fresh;
        if (!table.add(*aggregator, slot.value, values[i])) [[unlikely]]
          outgrown[n_outgrown++] = i;
      },
      [&](std::uint32_t i) {
        if (i == last_fresh) table.undo(hashes[i], looked[i]);
        return bytes_for_dead_letter(values[i]);
      });
  if constexpr (!small) {
    table.count_fresh(all_fresh);
    likely_ = 8 * all_fresh <= n;
  }
  if (n_outgrown) [[unlikely]]
    add_outgrown(guard, batch, end_of_time, table, table, n_outgrown);
}

/// Tables that the first cache level holds: a key is there nearly always, and near.
template <class Types>
template <class Guard>
void WindowKernel<Types>::add_small(Guard&& guard, const Batch<T>& batch, Timestamp edge,
                                    Table& first, Table& second) {
  const std::uint32_t n = batch.size();
  const T* const values = batch.values();
  Table* const* const tables = tables_.data();
  const Hash* const hashes = hashes_.data();
  const Looked* const looked = looked_.data();
  LocalAggregator<A, T> aggregator(aggregator_);
  std::uint32_t* const outgrown = rows_.data();
  std::uint32_t n_outgrown = 0;
  std::uint32_t last_fresh = n;
  for_each(
      guard, batch,
      [&](std::uint32_t i) {
        const auto slot = tables[i]->upsert_small(hashes[i], looked[i]);
        if (slot.fresh) [[unlikely]]
          last_fresh = i;
        if (!Table::add(*aggregator, slot.value, values[i])) [[unlikely]]
          outgrown[n_outgrown++] = i;
      },
      [&](std::uint32_t i) {
        if (i == last_fresh) tables[i]->undo(hashes[i], looked[i]);
        return bytes_for_dead_letter(values[i]);
      });
  if (n_outgrown) [[unlikely]]
    add_outgrown(guard, batch, edge, first, second, n_outgrown);
}

/// Large tables: no branch on whether a key is there, nor on whose table it is.
template <class Types>
template <class Guard>
void WindowKernel<Types>::add_large(Guard&& guard, const Batch<T>& batch, Timestamp edge,
                                    Table& first, Table& second) {
  const std::uint32_t n = batch.size();
  const T* const values = batch.values();
  const std::uint32_t ahead = look_ahead(first.bytes() + second.bytes());
  end_prefetching(n, ahead);
  Table* const* const tables = tables_.data();
  const Hash* const hashes = hashes_.data();
  const Looked* const looked = looked_.data();
  LocalAggregator<A, T> aggregator(aggregator_);
  std::uint32_t* const outgrown = rows_.data();
  std::uint32_t n_outgrown = 0;
  std::uint32_t all_fresh = 0;
  std::uint32_t fresh_in_second = 0;
  std::uint32_t last_fresh = n;
  for_each(
      guard, batch,
      [&](std::uint32_t i) {
        tables[i + ahead]->prefetch(hashes[i + ahead]);
        const auto slot = tables[i]->upsert_uncounted(hashes[i], looked[i]);
        last_fresh = slot.fresh ? i : last_fresh;
        all_fresh += slot.fresh;
        fresh_in_second += static_cast<std::uint32_t>(slot.fresh & (tables[i] == &second));
        if (!Table::add(*aggregator, slot.value, values[i])) [[unlikely]]
          outgrown[n_outgrown++] = i;
      },
      [&](std::uint32_t i) {
        if (i == last_fresh) tables[i]->undo(hashes[i], looked[i]);
        return bytes_for_dead_letter(values[i]);
      });
  second.count_fresh(fresh_in_second);
  first.count_fresh(all_fresh - fresh_in_second);
  if (n_outgrown) [[unlikely]]
    add_outgrown(guard, batch, edge, first, second, n_outgrown);
}

/// The records, noted in rows_, whose keys' compact states are full.
template <class Types>
template <class Guard>
void WindowKernel<Types>::add_outgrown(Guard&& guard, const Batch<T>& batch, Timestamp edge,
                                       Table& first, Table& second, std::uint32_t n) {
  guard(
      0, n,
      [&](std::uint32_t k) {
        const std::uint32_t i = rows_[k];
        Table& table = batch.time(i) >= edge ? second : first;
        table.add_outgrown(aggregator_, Table::hash(looked_[i]), looked_[i], batch[i]);
      },
      [&](std::uint32_t k) { return bytes_for_dead_letter(batch[rows_[k]]); });
}

/// Adds a staged batch without the records that were rejected.
template <class Types>
template <class Guard>
void WindowKernel<Types>::add_rest(Guard&& guard, const Batch<T>& batch) {
  placed_ = 0;
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    if (!tables_[i]) continue;
    tables_[placed_] = tables_[i];
    hashes_[placed_] = hashes_[i];
    looked_[placed_] = looked_[i];
    rows_[placed_++] = i;
  }
  add_placed(guard, batch);
}

template <class Types>
template <class Guard>
void WindowKernel<Types>::add_placed(Guard&& guard, const Batch<T>& batch) {
  if (placed_ == 0) return;
  const T* const values = batch.values();
  start_prefetching(placed_, near);
  guard(
      0, placed_,
      [&](std::uint32_t i) {
        tables_[i + near]->prefetch(hashes_[i + near]);
        Table& table = *tables_[i];
        add_or_undo(table, hashes_[i], looked_[i], table.upsert_small(hashes_[i], looked_[i]),
                    values[rows_[i]]);
      },
      [&](std::uint32_t i) { return bytes_for_dead_letter(values[rows_[i]]); });
}

}  // namespace millrace::detail
