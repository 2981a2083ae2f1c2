// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "millrace/core/batch.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/operators/aggregator.hpp"

namespace millrace::detail {

/// Are keys cheap to compare?
template <class Types>
inline constexpr bool finds_runs = std::is_integral_v<typename Types::Looked>;

/// Are these few enough runs of one key each for add_runs to pay?
inline bool are_runs(std::uint32_t runs, std::uint32_t records) { return 8 * runs <= records; }

/// Adds a batch to one table in which most records have the key of the one
/// before, as in a stream of hardly any keys or in the order of its keys: a key
/// is looked up once a run, and its state stays in registers. Says how many
/// runs there were. Guard: GuardedLink::guarded.
template <class Types, class Guard>
std::uint32_t add_runs(Guard&& guard, const Batch<typename Types::Record>& batch,
                       typename Types::Keys& keys, typename Types::Aggregator& aggregator,
                       typename Types::Table& table) {
  using T = typename Types::Record;
  using Table = typename Types::Table;
  const T* const values = batch.values();
  auto key_of = keys.local();
  LocalAggregator<typename Types::Aggregator, T> local(aggregator);
  using Value = typename Table::Value;
  constexpr bool in_registers = std::is_trivially_copyable_v<Value> && sizeof(Value) <= 64;
  typename Types::Looked key{};
  std::conditional_t<in_registers, Value, std::nullptr_t> state{};
  Value* stored = nullptr;  // where the state belongs; null: no run has begun
  const auto store = [&] {
    if constexpr (in_registers)
      if (stored) *stored = state;
  };
  bool fresh = false;
  std::uint32_t runs = 0;
  guard(
      0, batch.size(),
      [&](std::uint32_t i) {
        const typename Types::Looked next = key_of(values[i]);
        if (next != key || !stored) [[unlikely]] {
          store();
          stored = nullptr;
          const auto slot = table.upsert_small(Table::hash(next), next);
          key = next;
          if constexpr (in_registers) state = slot.value;
          stored = &slot.value;
          fresh = slot.fresh;
          ++runs;
        }
        Value* at = stored;
        if constexpr (in_registers) at = &state;
        if (!Table::add(*local, *at, values[i])) [[unlikely]] {
          store();
          table.add_outgrown(aggregator, Table::hash(key), key, values[i]);
        }
        fresh = false;
      },
      [&](std::uint32_t i) {
        if (fresh) {  // a key whose first record throws is not there
          table.undo(Table::hash(key), key);
          stored = nullptr;
          fresh = false;
        }
        return bytes_for_dead_letter(values[i]);
      });
  store();
  return runs;
}

}  // namespace millrace::detail
