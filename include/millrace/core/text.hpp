// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {

/// Borrowed bytes: the fast type of a text field.
/// Lifetime: valid while a Batch lives that holds the arena they lie in, so for the length of a
/// step's call. What outlives its batch (state, timers, values kept by a window) refuses Text at
/// compile time; keep Owned<Text>, a std::string, there.
/// Shape: at most 4 GiB - 1 bytes, not terminated, any bytes.
class Text {
 public:
  constexpr Text() = default;
  constexpr Text(std::string_view s)
      : data_(s.data()), size_(static_cast<std::uint32_t>(s.size())) {}
  constexpr Text(const char* s) : Text(std::string_view(s)) {}
  constexpr Text(const char* data, std::uint32_t size) : data_(data), size_(size) {}
  Text(const std::string& s) : Text(std::string_view(s)) {}
  Text(std::string&&) = delete;  // it would dangle at once

  constexpr const char* data() const { return data_; }
  constexpr std::uint32_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr std::string_view view() const { return {data_, size_}; }
  constexpr operator std::string_view() const { return view(); }
  std::string str() const { return std::string(view()); }

  friend constexpr bool operator==(Text a, Text b) { return a.view() == b.view(); }
  friend constexpr auto operator<=>(Text a, Text b) { return a.view() <=> b.view(); }

 private:
  const char* data_ = nullptr;
  std::uint32_t size_ = 0;
};

/// True for types that hold bytes they don't own. Specialise it for such a type of your own, so
/// that state refuses it.
template <class T>
inline constexpr bool borrows = std::is_same_v<T, Text> || std::is_same_v<T, std::string_view>;

namespace detail {
template <class T>
struct OwnedOf {
  using type = T;
};
template <>
struct OwnedOf<Text> {
  using type = std::string;
};
template <>
struct OwnedOf<std::string_view> {
  using type = std::string;
};
}  // namespace detail

/// The type that keeps a T past its batch: std::string for Text, T itself otherwise.
template <class T>
using Owned = typename detail::OwnedOf<T>::type;

}  // namespace millrace
