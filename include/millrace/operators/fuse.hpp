// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <tuple>
#include <type_traits>
#include <utility>

#include "millrace/core/invoke.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/emitter.hpp"
#include "millrace/graph/rejects.hpp"

namespace millrace {

/// Pieces of Stream::fuse: no name and no metrics of their own, inlined into one loop.
template <class F>
struct FusedMap {
  F f;
};
template <class F>
struct FusedFilter {
  F keep;
};
template <class F>
FusedMap<F> map(F f) {
  return {std::move(f)};
}
template <class F>
FusedFilter<F> filter(F keep) {
  return {std::move(keep)};
}

namespace detail {

/// The value type that leaves a chain of fused pieces.
template <class T, class... Pieces>
struct FusedOutput {
  using type = T;
};
template <class T, class F, class... Pieces>
struct FusedOutput<T, FusedMap<F>, Pieces...>
    : FusedOutput<std::remove_cvref_t<std::invoke_result_t<F&, const T&>>, Pieces...> {};
template <class T, class F, class... Pieces>
struct FusedOutput<T, FusedFilter<F>, Pieces...> : FusedOutput<T, Pieces...> {};

/// One step made of several small ones, for the chain that a profile says is hot.
template <class T, class U, class... Pieces>
class FusedStep final : public GuardedLink<T, U> {
 public:
  FusedStep(const StepContext& context, std::tuple<Pieces...> pieces, OnError policy)
      : GuardedLink<T, U>(context, policy),
        pieces_(std::move(pieces)),
        emitter_(*this, this->out_) {}

  void push(Batch<T>& in) override {
    this->counters().in.add(in.size());
    emitter_.begin(in);
    this->guarded(
        0, in.size(), [&](std::uint32_t i) { run<0>(in[i], in.time(i)); },
        [&](std::uint32_t i) { return bytes_for_dead_letter(in[i]); });
    emitter_.end();
    this->rejects_.flush();
  }

 private:
  template <std::size_t I, class V>
  void run(const V& value, Timestamp time) {
    if constexpr (I == sizeof...(Pieces)) {
      emitter_.slot() = value;
      emitter_.commit(time);
    } else {
      auto& piece = std::get<I>(pieces_);
      if constexpr (requires { piece.f; }) {
        run<I + 1>(millrace::invoke(piece.f, value), time);
      } else {
        if (millrace::invoke(piece.keep, value)) run<I + 1>(value, time);
      }
    }
  }

  std::tuple<Pieces...> pieces_;
  Emitter<U> emitter_;
};

}  // namespace detail
}  // namespace millrace
