// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "millrace/core/error.hpp"
#include "millrace/core/invoke.hpp"
#include "millrace/operators/aggregate_all.hpp"
#include "millrace/operators/aggregator.hpp"
#include "millrace/state/codec.hpp"

namespace millrace::agg {

namespace detail {

template <class T, class F>
using Value = std::remove_cvref_t<std::invoke_result_t<const F&, const T&>>;

template <class V>
inline constexpr bool is_number = std::is_arithmetic_v<V> && !std::is_same_v<V, bool>;

/// The widest type of V's kind.
template <class V>
using Wide =
    std::conditional_t<std::is_floating_point_v<V>, double,
                       std::conditional_t<std::is_signed_v<V>, std::int64_t, std::uint64_t>>;

[[noreturn]] MILLRACE_EXPORT void throw_overflow();
[[noreturn]] MILLRACE_EXPORT void throw_merge_overflow();

/// A number that needs no more than 4-byte alignment, so that a table packs it beside 4-byte keys.
template <class N>
struct alignas(alignof(N) < 4 ? alignof(N) : 4) Loose {
  unsigned char bytes[sizeof(N)] = {};
  Loose() = default;
  explicit Loose(N n) { *this = n; }
  Loose& operator=(N n) {
    std::memcpy(bytes, &n, sizeof n);
    return *this;
  }
  operator N() const {
    N n;
    std::memcpy(&n, bytes, sizeof n);
    return n;
  }
};

inline constexpr std::uint32_t most_counted = 0xFFFFFFFF;  ///< by a compact state
constexpr std::uint32_t compact_count(std::uint64_t n) {
  return n < most_counted ? static_cast<std::uint32_t>(n) : most_counted;
}

template <class V>
void add_exactly(Wide<V>& sum, V value) {
  if constexpr (std::is_floating_point_v<V>) {
    sum += static_cast<double>(value);
  } else {
    // In place: on a good day this is one addition in memory and a branch never taken.
    if (__builtin_add_overflow(sum, value, &sum)) [[unlikely]] {
      (void)__builtin_sub_overflow(sum, value, &sum);  // wraps back
      throw_overflow();
    }
  }
}

template <class T>
struct CountOf {
  struct State {
    static constexpr std::string_view schema_name = "count";
    std::uint64_t n = 0;
    friend auto members(State& s) { return std::tie(s.n); }
  };
  struct Compact {
    std::uint32_t n = 0;
  };
  void add(State& s, const T&) const noexcept { ++s.n; }
  void add(Compact& s, const T&) const noexcept { ++s.n; }
  void merge(State& into, const State& from) const noexcept { into.n += from.n; }
  std::uint64_t result(const State& s) const { return s.n; }

  static bool full(const Compact& s) { return s.n == most_counted; }
  static State widen(const Compact& s) { return {s.n}; }
  static Compact narrow(const State& s) { return {compact_count(s.n)}; }
};

template <class T, class F>
struct SumOf {
  using V = Value<T, F>;
  static_assert(is_number<V>,
                "millrace: agg::sum(f): f returns no number; write a function that does");
  struct State {
    static constexpr std::string_view schema_name = "sum";
    Wide<V> sum = 0;
    friend auto members(State& s) { return std::tie(s.sum); }
  };
  struct Compact {
    Loose<Wide<V>> sum;
  };
  F f;
  void add(State& s, const T& record) const { add_exactly<V>(s.sum, millrace::invoke(f, record)); }
  void add(Compact& s, const T& record) const {
    Wide<V> sum = s.sum;
    add_exactly<V>(sum, millrace::invoke(f, record));
    s.sum = sum;
  }
  void merge(State& into, const State& from) const noexcept(std::is_floating_point_v<V>) {
    if constexpr (std::is_floating_point_v<V>) {
      into.sum += from.sum;
    } else {
      Wide<V> sum = 0;
      if (__builtin_add_overflow(into.sum, from.sum, &sum)) [[unlikely]]
        throw_merge_overflow();
      into.sum = sum;
    }
  }
  Wide<V> result(const State& s) const { return s.sum; }

  static bool full(const Compact&) { return false; }
  static State widen(const Compact& s) { return {s.sum}; }
  static Compact narrow(const State& s) { return {Loose<Wide<V>>(s.sum)}; }
};

template <class T, class F>
struct MeanOf {
  using V = Value<T, F>;
  static_assert(is_number<V>,
                "millrace: agg::mean(f): f returns no number; write a function that does");
  struct State {
    static constexpr std::string_view schema_name = "mean";
    double sum = 0;
    std::uint64_t n = 0;
    friend auto members(State& s) { return std::tie(s.sum, s.n); }
  };
  struct Compact {
    Loose<double> sum;
    std::uint32_t n = 0;
  };
  F f;
  void add(State& s, const T& record) const { add_to(s, record); }
  void add(Compact& s, const T& record) const { add_to(s, record); }
  void merge(State& into, const State& from) const noexcept {
    into.sum += from.sum;
    into.n += from.n;
  }
  double result(const State& s) const { return s.sum / static_cast<double>(s.n); }

  static bool full(const Compact& s) { return s.n == most_counted; }
  static State widen(const Compact& s) { return {s.sum, s.n}; }
  static Compact narrow(const State& s) { return {Loose<double>(s.sum), compact_count(s.n)}; }

 private:
  template <class S>
  void add_to(S& s, const T& record) const {
    s.sum = s.sum + static_cast<double>(millrace::invoke(f, record));
    ++s.n;
  }
};

/// The smallest or greatest. An arithmetic state needs no flag for "none yet": it starts from the
/// other end.
template <class T, class F, bool greatest>
struct ExtremeOf {
  using V = Owned<Value<T, F>>;
  static_assert(!borrows<Value<T, F>>,
                "millrace: agg::min(f) and agg::max(f) keep the value past its batch, and this one "
                "borrows its bytes; let f return what owns them, such as std::string(r.name)");
  static constexpr bool bare = is_number<V>;
  static constexpr V start() {
    using Limits = std::numeric_limits<V>;
    if constexpr (Limits::has_infinity)
      return greatest ? -Limits::infinity() : Limits::infinity();
    else
      return greatest ? Limits::lowest() : Limits::max();
  }
  static constexpr std::string_view name = greatest ? "max" : "min";
  struct Bare {
    static constexpr std::string_view schema_name = name;
    V value = start();
    friend auto members(Bare& s) { return std::tie(s.value); }
  };
  struct LooseBare {
    Loose<V> value = Loose<V>(start());
  };
  struct Flagged {
    static constexpr std::string_view schema_name = name;
    V value{};
    bool set = false;
    friend auto members(Flagged& s) { return std::tie(s.value, s.set); }
  };
  using State = std::conditional_t<bare, Bare, Flagged>;
  using Compact = std::conditional_t<bare, LooseBare, void>;
  F f;
  template <class S>
  void add(S& s, const T& record) const {
    take(s, millrace::invoke(f, record));
  }
  void merge(State& into, const State& from) const noexcept(bare) {
    if constexpr (!bare)
      if (!from.set) return;
    take(into, from.value);
  }
  V result(const State& s) const { return s.value; }

  static bool full(const LooseBare&) { return false; }
  static State widen(const LooseBare& s) { return {s.value}; }
  static LooseBare narrow(const State& s) { return {Loose<V>(s.value)}; }

 private:
  template <class S, class U>
  static void take(S& s, U&& value) {
    if constexpr (bare) {
      // A NaN is never better, so that it leaves no trace, whichever order records come in.
      const V best = s.value;
      s.value = (greatest ? best < value : value < best) ? value : best;
    } else {
      if (s.set && !(greatest ? s.value < value : value < s.value)) return;
      s.value = std::forward<U>(value);
      s.set = true;
    }
  }
};

struct Count {
  template <class T>
  constexpr CountOf<T> bind() const {
    return {};
  }
};
template <class F, template <class, class> class Of>
struct With {
  F f;
  template <class T>
  constexpr auto bind() const {
    static_assert(std::is_invocable_v<const F&, const T&>,
                  "millrace: the function of an aggregation takes a const reference to a record, "
                  "or is a pointer to one of its members");
    return Of<T, F>{f};
  }
};
template <class T, class F>
struct MinOf : ExtremeOf<T, F, false> {};
template <class T, class F>
struct MaxOf : ExtremeOf<T, F, true> {};
}  // namespace detail

/// The number of records, a std::uint64_t.
constexpr detail::Count count() { return {}; }

/// The sum of f(record), f being a callable or a pointer to a member: std::int64_t for signed
/// integers, std::uint64_t for unsigned ones, exact; a double for floating point, plainly added in
/// the order of arrival, so that two runs may differ in the last digits.
/// Errors: a record that would overflow the sum becomes a dead letter, and the sum goes on without.
template <class F>
constexpr detail::With<F, detail::SumOf> sum(F f) {
  return {std::move(f)};
}

/// The mean of f(record), a double, added up as one.
template <class F>
constexpr detail::With<F, detail::MeanOf> mean(F f) {
  return {std::move(f)};
}

/// The smallest f(record), of any ordered type that owns its bytes. NaNs are passed over.
template <class F>
constexpr detail::With<F, detail::MinOf> min(F f) {
  return {std::move(f)};
}

/// The greatest f(record), likewise.
template <class F>
constexpr detail::With<F, detail::MaxOf> max(F f) {
  return {std::move(f)};
}

/// Several aggregations in one pass; the result is a std::tuple of theirs, in this order:
/// `auto& [n, total] = w.value;`.
template <class... A>
constexpr detail::All<A...> all(A... parts) {
  return {std::tuple<A...>(std::move(parts)...)};
}

}  // namespace millrace::agg
