// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/describe.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/text.hpp"

namespace millrace {

/// Reads what Codecs wrote; never past the end.
class MILLRACE_EXPORT StateReader {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes), whole_(bytes.size()) {}
  bool empty() const { return bytes_.empty(); }
  std::size_t left() const { return bytes_.size(); }
  /// What is left. Lifetime: of the bytes given to the constructor.
  std::string_view rest() const { return bytes_; }
  /// The next n bytes. Lifetime: those given to the constructor.
  Result<std::string_view> take(std::size_t n) {
    if (n > bytes_.size()) return short_of(n);
    const std::string_view taken = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return taken;
  }
  /// An error at the place that was reached: "state, byte 12 of 40: ...".
  Error corrupted(std::string_view what) const;

 private:
  Error short_of(std::size_t n) const;
  std::string_view bytes_;
  std::size_t whole_;
};

namespace detail {

template <class Int>
void write_int(std::string& out, Int value) {
  char bytes[sizeof(Int)];
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    bytes[i] = static_cast<char>(static_cast<std::make_unsigned_t<Int>>(value) >> (8 * i));
  out.append(bytes, sizeof bytes);
}
template <class Int>
Result<void> read_int(StateReader& in, Int& value) {
  auto bytes = in.take(sizeof(Int));
  if (!bytes) return bytes.take_error();
  std::make_unsigned_t<Int> u = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    u = static_cast<std::make_unsigned_t<Int>>(
        u | std::make_unsigned_t<Int>{static_cast<unsigned char>((*bytes)[i])} << (8 * i));
  value = static_cast<Int>(u);
  return {};
}
/// A struct that names its members for Codec: `friend auto members(T& t) { return std::tie(...);
/// }`.
template <class T>
concept HasMembers = requires(T& t) { requires std::tuple_size<decltype(members(t))>::value != 0; };

template <class T>
concept DurationLike = requires(const T& t) {
  typename T::rep;
  T::period::num;
  t.count();
};
template <class T>
concept TimePointLike = requires(const T& t) {
  typename T::duration;
  t.time_since_epoch();
};

struct AnyMember {
  template <class M>
  operator M() const;
};
template <class T, std::size_t... I>
consteval bool takes_members(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), AnyMember())...}; };
}
template <class T>
consteval std::size_t initializers() {
  if constexpr (std::is_array_v<T>)
    return std::extent_v<T> * initializers<std::remove_extent_t<T>>();
  else
    return 1;
}
/// How many initializers T's described members take.
template <Described T>
consteval std::size_t described_initializers() {
  std::size_t n = 0;
  for_each_field<T>([&](auto index, const auto&) { n += initializers<FieldType<T, index>>(); });
  return n;
}
/// False when T is seen to have members that its describe() leaves out, as only aggregates show.
template <Described T>
inline constexpr bool described_whole =
    !std::is_aggregate_v<T> ||
    !takes_members<T>(std::make_index_sequence<described_initializers<T>() + 1>());

/// Marks the Codecs of the library.
struct CodecByRule {};

}  // namespace detail

/// How a T is kept in snapshots, and how keys become bytes.
///
///     static void write(std::string& out, const T& value);
///     static Result<void> read(StateReader& in, T& value);     // assigns all of value
///
/// This one serves integers, enums, floating point, chrono's durations and time points, described
/// structs, structs with `friend auto members(T& t) { return std::tie(t.a, t.b); }`, which goes
/// before describe(), and other trivially copyable types; there are others for std::string,
/// optional, vector, pair and tuple. Specialise it for a type of your own, with a
/// `static constexpr std::string_view schema` that changes with its form.
/// Contract: equal keys give equal bytes. Errors: corrupted, from read().
/// Format: little-endian on every machine, members one after the other, but for trivially copyable
/// structs without a description, which are kept as they lie in memory. See schema_of().
template <class T>
struct Codec : detail::CodecByRule {
  static_assert(!borrows<T>,
                "millrace: this type borrows its bytes from a batch, which state outlives; keep "
                "Owned<T> instead: std::string for Text");
  static constexpr bool is_int = std::is_integral_v<T> || std::is_enum_v<T>;
  static_assert(is_int || std::is_trivially_copyable_v<T> || detail::HasMembers<T> || Described<T>,
                "millrace: state can't save this type; describe() it, give it "
                "`friend auto members(T& t) { return std::tie(t.a, t.b); }` or specialise "
                "millrace::Codec<T>");
  static constexpr bool by_description = Described<T> && !detail::HasMembers<T>;

  static void write(std::string& out, const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      out.push_back(value ? '\1' : '\0');
    } else if constexpr (std::is_enum_v<T>) {
      Codec<std::underlying_type_t<T>>::write(out, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (is_int) {
      detail::write_int(out, value);
    } else if constexpr (std::is_same_v<T, float>) {
      detail::write_int(out, std::bit_cast<std::uint32_t>(value));
    } else if constexpr (std::is_same_v<T, double>) {
      detail::write_int(out, std::bit_cast<std::uint64_t>(value));
    } else if constexpr (detail::DurationLike<T>) {
      Codec<typename T::rep>::write(out, value.count());
    } else if constexpr (detail::TimePointLike<T>) {
      Codec<typename T::duration>::write(out, value.time_since_epoch());
    } else if constexpr (detail::HasMembers<T>) {
      std::apply([&](auto&... m) { (Codec<std::remove_cvref_t<decltype(m)>>::write(out, m), ...); },
                 members(const_cast<T&>(value)));
    } else if constexpr (by_description) {
      write_fields(out, value);
    } else if constexpr (std::is_empty_v<T>) {
      out.push_back('\0');  // its byte may be another member's
    } else {
      out.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }
  static Result<void> read(StateReader& in, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      auto byte = in.take(1);
      if (!byte) return byte.take_error();
      if (static_cast<unsigned char>((*byte)[0]) > 1)
        return in.corrupted("a bool is neither 0 nor 1");
      value = (*byte)[0] != '\0';
      return {};
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number{};
      auto done = Codec<std::underlying_type_t<T>>::read(in, number);
      value = static_cast<T>(number);
      return done;
    } else if constexpr (is_int) {
      return detail::read_int(in, value);
    } else if constexpr (std::is_same_v<T, float>) {
      return read_bits<std::uint32_t>(in, value);
    } else if constexpr (std::is_same_v<T, double>) {
      return read_bits<std::uint64_t>(in, value);
    } else if constexpr (detail::DurationLike<T>) {
      typename T::rep count{};
      auto done = Codec<typename T::rep>::read(in, count);
      value = T(count);
      return done;
    } else if constexpr (detail::TimePointLike<T>) {
      typename T::duration since{};
      auto done = Codec<typename T::duration>::read(in, since);
      value = T(since);
      return done;
    } else if constexpr (detail::HasMembers<T>) {
      return std::apply([&](auto&... m) { return read_each(in, m...); }, members(value));
    } else if constexpr (by_description) {
      return read_fields(in, value);
    } else {
      auto bytes = in.take(sizeof value);
      if (!bytes) return bytes.take_error();
      if constexpr (!std::is_empty_v<T>)
        std::memcpy(static_cast<void*>(&value), bytes->data(), sizeof value);
      return {};
    }
  }

  /// Reads several values one after the other.
  template <class... M>
  static Result<void> read_each(StateReader& in, M&... m) {
    Result<void> done;
    (void)((done = Codec<M>::read(in, m), done.has_value()) && ...);
    return done;
  }

 private:
  static void write_fields(std::string& out, const T& value) {
    static_assert(detail::described_whole<T>,
                  "millrace: describe() leaves members of this struct out, which state would lose; "
                  "describe them, too, or give it `friend auto members(T& t)` with all of them");
    for_each_field<T>([&](auto index, const auto& field) {
      Codec<FieldType<T, index>>::write(out, value.*(field.member));
    });
  }
  static Result<void> read_fields(StateReader& in, T& value) {
    Result<void> done;
    for_each_field<T>([&](auto index, const auto& field) {
      if (done) done = Codec<FieldType<T, index>>::read(in, value.*(field.member));
    });
    return done;
  }
  template <class Bits>
  static Result<void> read_bits(StateReader& in, T& value) {
    Bits bits = 0;
    auto done = detail::read_int(in, bits);
    value = std::bit_cast<T>(bits);
    return done;
  }
};

template <>
struct Codec<std::string> : detail::CodecByRule {
  static void write(std::string& out, std::string_view value) {
    detail::write_int(out, static_cast<std::uint32_t>(value.size()));
    out.append(value);
  }
  static Result<void> read(StateReader& in, std::string& value) {
    std::uint32_t size = 0;
    if (auto done = detail::read_int(in, size); !done) return done;
    auto bytes = in.take(size);
    if (!bytes) return bytes.take_error();
    value.assign(*bytes);
    return {};
  }
};

template <class T>
struct Codec<std::optional<T>> : detail::CodecByRule {
  static void write(std::string& out, const std::optional<T>& value) {
    Codec<bool>::write(out, value.has_value());
    if (value) Codec<T>::write(out, *value);
  }
  static Result<void> read(StateReader& in, std::optional<T>& value) {
    bool set = false;
    if (auto done = Codec<bool>::read(in, set); !done) return done;
    if (!set) return value.reset(), Result<void>();
    return Codec<T>::read(in, value.emplace());
  }
};

template <class T>
struct Codec<std::vector<T>> : detail::CodecByRule {
  static void write(std::string& out, const std::vector<T>& value) {
    detail::write_int(out, static_cast<std::uint32_t>(value.size()));
    for (const T& item : value) Codec<T>::write(out, item);
  }
  static Result<void> read(StateReader& in, std::vector<T>& value) {
    std::uint32_t size = 0;
    if (auto done = detail::read_int(in, size); !done) return done;
    value.clear();
    // No reserve(size): a corrupted length must not allocate what the bytes can't fill.
    for (std::uint32_t i = 0; i < size; ++i) {
      if (in.empty()) return in.corrupted("a vector ends early");
      T item{};
      if (auto done = Codec<T>::read(in, item); !done) return done;
      value.push_back(std::move(item));
    }
    return {};
  }
};

template <class A, class B>
struct Codec<std::pair<A, B>> : detail::CodecByRule {
  static void write(std::string& out, const std::pair<A, B>& value) {
    Codec<A>::write(out, value.first);
    Codec<B>::write(out, value.second);
  }
  static Result<void> read(StateReader& in, std::pair<A, B>& value) {
    if (auto done = Codec<A>::read(in, value.first); !done) return done;
    return Codec<B>::read(in, value.second);
  }
};

template <class... M>
struct Codec<std::tuple<M...>> : detail::CodecByRule {
  static_assert(sizeof...(M) > 0, "millrace: state can't save a tuple of nothing");
  static void write(std::string& out, const std::tuple<M...>& value) {
    std::apply([&](const M&... m) { (Codec<M>::write(out, m), ...); }, value);
  }
  static Result<void> read(StateReader& in, std::tuple<M...>& value) {
    Result<void> done;
    std::apply([&](M&... m) { (void)((done = Codec<M>::read(in, m), done.has_value()) && ...); },
               value);
    return done;
  }
};

}  // namespace millrace
