// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <type_traits>

#include "millrace/core/invoke.hpp"
#include "millrace/core/result.hpp"
#include "millrace/state/byte_store.hpp"
#include "millrace/state/key.hpp"

namespace millrace::detail {

/// What a key function gives for records of type T, and how that is looked up in a KeyTable.
template <class T, class KeyFn>
class RecordKeys {
  static_assert(
      std::is_invocable_v<KeyFn&, const T&>,
      "millrace: key_by(f): f takes a const reference to a record, or is a pointer to one "
      "of its members");
  using Given = std::invoke_result_t<KeyFn&, const T&>;

 public:
  using Raw = std::remove_cvref_t<Given>;
  /// The key as results hold it.
  using Key = Owned<Raw>;
  static_assert(is_text_key<Raw> || !borrows<Raw>,
                "millrace: key_by(f): this key borrows its bytes, which state outlives; return "
                "Text, or a type whose members own theirs (Owned<T>)");
  using Looked = std::conditional_t<is_word_key<Raw>, KeyWord<Raw>, std::string_view>;

  explicit RecordKeys(KeyFn f) : f_(std::move(f)) {}

  /// The key of a record. Lifetime: of the record, or until reset().
  Looked operator()(const T& record) {
    if constexpr (is_word_key<Raw>) {
      return to_word(static_cast<Raw>(millrace::invoke(f_, record)));
    } else if constexpr (is_text_key<Raw> &&
                         (std::is_reference_v<Given> || !std::is_same_v<Raw, std::string>)) {
      return std::string_view(millrace::invoke(f_, record));
    } else {
      encoded_.clear();
      append_key(encoded_, millrace::invoke(f_, record));
      return store_.copy(encoded_);
    }
  }
  /// The same for a loop over records: a copy of the function on the stack, when that is small and
  /// can't tell, so that it is not read again after each write.
  auto local() {
    if constexpr (is_word_key<Raw> && std::is_trivially_copyable_v<KeyFn> && sizeof(KeyFn) <= 64 &&
                  std::is_invocable_v<const KeyFn&, const T&>)
      return [f = f_](const T& record) {
        return to_word(static_cast<Raw>(millrace::invoke(f, record)));
      };
    else
      return [this](const T& record) { return (*this)(record); };
  }
  void reset() {
    if constexpr (!is_word_key<Raw>) store_.clear();
  }

  /// Makes the key that was looked up; `to` may hold an earlier one.
  static void restore(Looked looked, Key& to) {
    if constexpr (is_word_key<Raw>) {
      to = from_word<Raw>(looked);
    } else if constexpr (is_text_key<Raw>) {
      to.assign(looked);
    } else {
      StateReader in(looked);
      Codec<Raw>::read(in, to).value();
    }
  }
  /// Writes a key that was looked up as Codec<Key> does.
  static void write(std::string& out, Looked looked) {
    if constexpr (is_word_key<Raw>)
      Codec<Raw>::write(out, from_word<Raw>(looked));
    else if constexpr (is_text_key<Raw>)
      Codec<std::string>::write(out, looked);
    else
      out.append(looked);
  }
  /// How a key is looked up. Lifetime: of the key and of `room`.
  static Looked looked(const Key& key, std::string& room) {
    if constexpr (is_word_key<Raw>) {
      return to_word(key);
    } else if constexpr (is_text_key<Raw>) {
      return key;
    } else {
      room.clear();
      append_key(room, key);
      return room;
    }
  }
  static std::uint32_t group(Looked looked) {
    if constexpr (is_word_key<Raw>)
      return key_group(from_word<Raw>(looked));
    else
      return key_group_of_bytes(looked);
  }

 private:
  [[no_unique_address]] KeyFn f_;
  std::string encoded_;
  ByteStore store_;
};

}  // namespace millrace::detail
