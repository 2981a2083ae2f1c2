// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>
#include <type_traits>

#include "millrace/state/entry_table.hpp"
#include "millrace/state/key.hpp"
#include "millrace/state/line_table.hpp"

namespace millrace {
namespace detail {

template <class K, class Value>
auto choose_table() {
  if constexpr (!is_word_key<K>)
    return std::type_identity<EntryTable<std::string_view, Value>>();
  else if constexpr (fits_a_line<KeyWord<K>, Value>)
    return std::type_identity<LineTable<KeyWord<K>, Value>>();
  else
    return std::type_identity<EntryTable<KeyWord<K>, Value>>();
}

}  // namespace detail

/// The hash table for keys of type K and these values, whichever is fastest: cache lines of integer
/// keys and small values, else an index of entries; keys that are neither integers nor text are
/// looked up by their encoded bytes.
///
///     static hash_type hash(key_type);
///     void prefetch(hash_type);
///     void ensure(n);                             // room for n more keys
///     Slot upsert(hash_type, key_type);           // {value&, fresh}; a fresh value is Value{}
///     Slot upsert_small(hash_type, key_type);     // grows as needed; for tables that are small()
///     Value* find(hash_type, key_type);           // null when the key is not there
///     void undo(hash_type, key);                  // the insertion just made
///     size_t read(Cursor&, vector<Entry>&, at);   // the entries, a stretch at a time
///     void erase_read(Cursor); void forget(expected);
///     size_t size(), bytes();
template <class K, class Value>
using KeyTable = typename decltype(detail::choose_table<K, Value>())::type;

}  // namespace millrace
