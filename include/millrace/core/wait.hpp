// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "millrace/core/scheduler.hpp"

namespace millrace {

/// `co_await yield(strand)`: lets everything else on the strand run first.
struct [[nodiscard]] Yield {
  Strand& strand;
  std::coroutine_handle<> handle{};
  explicit Yield(Strand& s) : strand(s) {}
  Yield(const Yield&) = delete;
  Yield& operator=(const Yield&) = delete;
  ~Yield() {
    if (handle) strand.unpost(handle);
  }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    handle = h;
    strand.post(h);
  }
  void await_resume() noexcept { handle = {}; }
};
inline Yield yield(Strand& strand) { return Yield(strand); }

/// `co_await blocking(strand, f)`: runs f on a thread that may block and gives its result back.
/// Errors: what f throws. Threads: f runs elsewhere while this coroutine waits, so it may use what
/// the coroutine owns. Cost: two thread hops; no allocation.
template <class F>
class [[nodiscard]] Blocking final : private BlockingJob {
 public:
  using result_type = std::invoke_result_t<F&>;
  Blocking(Strand& strand, F f) : strand_(strand), f_(std::move(f)) {}
  Blocking(const Blocking&) = delete;
  Blocking& operator=(const Blocking&) = delete;
  ~Blocking() {
    if (handle_) strand_.unpost(handle_);
  }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    handle_ = h;
    strand_.block(*this, h);
  }
  result_type await_resume() {
    handle_ = {};
    if (error_) std::rethrow_exception(error_);
    if constexpr (!std::is_void_v<result_type>) return std::move(*result_);
  }

 private:
  void run() noexcept override {
    try {
      if constexpr (std::is_void_v<result_type>)
        f_();
      else
        result_.emplace(f_());
    } catch (...) {
      error_ = std::current_exception();
    }
  }
  Strand& strand_;
  F f_;
  std::coroutine_handle<> handle_{};
  std::exception_ptr error_;
  struct Nothing {};
  std::optional<std::conditional_t<std::is_void_v<result_type>, Nothing, result_type>> result_;
};
template <class F>
Blocking<F> blocking(Strand& strand, F f) {
  return Blocking<F>(strand, std::move(f));
}

}  // namespace millrace
