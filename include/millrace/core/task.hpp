// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "millrace/core/export.hpp"

namespace millrace {

template <class T = void>
class Task;

namespace detail {

/// Coroutine frames come from a free list per thread, so that a read or a write does not allocate.
MILLRACE_EXPORT void* allocate_frame(std::size_t size);
MILLRACE_EXPORT void free_frame(void* frame, std::size_t size) noexcept;

struct TaskPromiseBase {
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
      auto& promise = h.promise();
      return promise.inside_caller ? std::noop_coroutine() : promise.caller;
    }
    void await_resume() noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

  std::coroutine_handle<> caller = std::noop_coroutine();
  std::exception_ptr error;
  // Set while the caller is still in await_suspend: a task that finishes then just returns into it.
  bool inside_caller = false;
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
  std::optional<T> value;
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object();
  void return_void() noexcept {}
  void take() {
    if (error) std::rethrow_exception(error);
  }
};

}  // namespace detail

/// A lazy coroutine: it starts when awaited and hands its result or exception to the one who
/// awaits. Threads: starts and goes on on the strand of whoever awaits it. Lifetime: destroying it
/// destroys its frame and those it waits for; that is how a simulated crash ends it. Cost: about 15
/// ns a call; frames are recycled.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> h) : handle_(h) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  // Resumes the task here instead of by symmetric transfer: g++ 12 makes that a tail call only when
  // it optimises without sanitizers, so a loop over tasks that finish at once would overflow the
  // stack elsewhere. Right because a task is resumed only on its own strand, never concurrently.
  bool await_suspend(std::coroutine_handle<> caller) noexcept {
    auto& promise = handle_.promise();
    promise.caller = caller;
    promise.inside_caller = true;
    handle_.resume();
    promise.inside_caller = false;
    return !handle_.done();
  }
  T await_resume() { return handle_.promise().take(); }

  explicit operator bool() const { return static_cast<bool>(handle_); }
  /// For schedulers: the frame, to resume it and to see whether it is done.
  std::coroutine_handle<promise_type> handle() const { return handle_; }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {
template <class T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>{std::coroutine_handle<TaskPromise>::from_promise(*this)};
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>{std::coroutine_handle<TaskPromise>::from_promise(*this)};
}
template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;
}  // namespace detail

}  // namespace millrace
