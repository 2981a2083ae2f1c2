// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "millrace/core/text.hpp"
#include "millrace/state/codec.hpp"
#include "millrace/state/hash.hpp"

namespace millrace {
namespace detail {

/// The integer inside a duration or a time point, or T.
template <class T>
struct IntegerIn {
  using type = T;
};
template <class T>
requires requires(T t) { t.count(); } && std::is_integral_v<typename T::rep>
struct IntegerIn<T> {
  using type = typename T::rep;
};
template <class T>
requires requires(T t) { t.time_since_epoch().count(); } && std::is_integral_v<typename T::rep>
struct IntegerIn<T> {
  using type = typename T::rep;
};

}  // namespace detail

/// Keys that are an integer inside: integers, enums, chrono durations and time points.
template <class K>
inline constexpr bool is_word_key =
    (std::is_integral_v<typename detail::IntegerIn<K>::type> || std::is_enum_v<K>)&&sizeof(K) <= 8;

/// Keys that are bytes as they are.
template <class K>
inline constexpr bool is_text_key = std::is_same_v<K, Text> || std::is_same_v<K, std::string> ||
                                    std::is_same_v<K, std::string_view>;

/// The unsigned integer that a word key is looked up by.
template <class K>
using KeyWord = std::conditional_t<sizeof(K) <= 4, std::uint32_t, std::uint64_t>;

template <class K>
requires is_word_key<K>
constexpr KeyWord<K> to_word(K key) {
  if constexpr (std::is_same_v<K, bool>) {
    return key;
  } else if constexpr (std::is_enum_v<K>) {
    return to_word(static_cast<std::underlying_type_t<K>>(key));
  } else if constexpr (std::is_integral_v<K>) {
    return static_cast<std::make_unsigned_t<K>>(key);
  } else if constexpr (requires { key.count(); }) {
    return to_word(key.count());
  } else {
    return to_word(key.time_since_epoch().count());
  }
}
template <class K>
requires is_word_key<K>
constexpr K from_word(KeyWord<K> word) {
  using Integer = typename detail::IntegerIn<K>::type;
  if constexpr (std::is_integral_v<K> || std::is_enum_v<K>)
    return static_cast<K>(word);
  else if constexpr (requires(K k) { k.count(); })
    return K(static_cast<Integer>(word));
  else
    return K(typename K::duration(static_cast<Integer>(word)));
}

/// Appends the bytes that stand for a key wherever bytes are needed: a text's own, else its
/// Codec's.
template <class K>
void append_key(std::string& out, const K& key) {
  if constexpr (is_text_key<K>)
    out.append(std::string_view(key));
  else
    Codec<K>::write(out, key);
}

/// Which of the key_groups a key belongs to: xxh64 of its encoded bytes.
template <class K>
std::uint32_t key_group(const K& key) {
  if constexpr (is_word_key<K>) {
    return static_cast<std::uint32_t>(xxh64_of(to_word(key), sizeof(K), key_group_seed) %
                                      key_groups);
  } else if constexpr (is_text_key<K>) {
    return key_group_of_bytes(std::string_view(key));
  } else {
    std::string bytes;
    append_key(bytes, key);
    return key_group_of_bytes(bytes);
  }
}

}  // namespace millrace
