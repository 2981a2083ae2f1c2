// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "millrace/state/codec.hpp"
#include "millrace/state/heap_bytes.hpp"
#include "millrace/state/key.hpp"
#include "millrace/state/migration.hpp"
#include "millrace/state/state_handle.hpp"

namespace millrace::detail {

/// How a map's keys are kept and looked up: integers and texts as they are, others as their bytes.
template <class K>
struct MapKeys {
  static constexpr bool as_is = is_word_key<K> || is_text_key<K>;
  using Stored = std::conditional_t<as_is, K, std::string>;
  using Given = std::conditional_t<is_text_key<K>, std::string_view,
                                   std::conditional_t<is_word_key<K>, K, const K&>>;

  static auto lookup(Given key) {
    if constexpr (as_is) {
      return key;
    } else {
      std::string bytes;
      Codec<K>::write(bytes, key);
      return bytes;
    }
  }
  static void write(std::string& out, const Stored& stored) {
    if constexpr (as_is)
      Codec<K>::write(out, stored);
    else
      out.append(stored);
  }
  static K restore(const Stored& stored) {
    K key{};
    StateReader in(stored);
    Codec<K>::read(in, key).value();
    return key;
  }
};

/// What a row keeps for a map.
template <class K, class V>
struct MapCell {
  using Stored = typename MapKeys<K>::Stored;
  struct Entry {
    V value{};
    Stamp written = 0;
  };
  using Entries = std::map<Stored, Entry, std::less<>>;

  Entries entries;
  std::size_t bytes = 0;    ///< that the entries hold
  Stamp oldest = no_entry;  ///< none of them is older

  bool empty() const { return entries.empty(); }
  std::size_t heap_bytes() const { return bytes; }
  static std::size_t bytes_of(const typename Entries::value_type& entry) {
    constexpr std::size_t links = 4 * sizeof(void*);  // of a red-black tree's node
    return links + sizeof(typename Entries::value_type) + detail::heap_bytes(entry.first) +
           detail::heap_bytes(entry.second.value);
  }
  void write(std::string& out, bool stamped) const {
    Codec<std::uint32_t>::write(out, static_cast<std::uint32_t>(entries.size()));
    for (const auto& [key, entry] : entries) {
      MapKeys<K>::write(out, key);
      Codec<V>::write(out, entry.value);
      if (stamped) Codec<Stamp>::write(out, entry.written);
    }
  }
  Result<void> read(StateReader& in, bool stamped, Migration<std::pair<K, V>>& values) {
    std::uint32_t size = 0;
    if (auto done = Codec<std::uint32_t>::read(in, size); !done) return done;
    for (std::uint32_t i = 0; i < size; ++i) {
      std::pair<K, V> read;
      Entry entry;
      if (auto done = values.read(in, read); !done) return done;
      entry.value = std::move(read.second);
      if (stamped) {
        if (auto done = Codec<Stamp>::read(in, entry.written); !done) return done;
        oldest = older(oldest, entry.written);
      }
      const auto [at, fresh] =
          entries.try_emplace(Stored(MapKeys<K>::lookup(read.first)), std::move(entry));
      if (!fresh) return in.corrupted("a map has the same key twice");
      bytes += bytes_of(*at);
    }
    return {};
  }
};

}  // namespace millrace::detail
