// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include "millrace/core/scheduler.hpp"
#include "millrace/core/task.hpp"

namespace millrace::detail {

class Roots;

/// A task's place on its strand.
class Place {
 public:
  explicit Place(Strand& strand) : strand_(&strand) { strand.admit(); }
  Place(Place&& other) noexcept : strand_(std::exchange(other.strand_, nullptr)) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (strand_) strand_->release();
  }

 private:
  Strand* strand_;
};

/// The frame around a spawned Task. It destroys itself when the task has ended, or is destroyed by
/// its Roots when they go first.
struct RootFrame {
  struct promise_type {
    struct Final {
      bool await_ready() noexcept { return false; }
      inline void await_suspend(std::coroutine_handle<promise_type> h) noexcept;
      void await_resume() noexcept {}
    };
    promise_type(Roots& owner, std::shared_ptr<Strand>& on, Place&, Task<>&)
        : roots(owner), strand(*on) {}
    RootFrame get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    Final final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

    Roots& roots;
    Strand& strand;  // kept alive by the frame's own copy of the pointer
    promise_type* next = nullptr;
    promise_type* previous = nullptr;
  };
  std::coroutine_handle<promise_type> handle;
};

/// Root tasks that have not ended, for schedulers. Threads: any.
class Roots {
 public:
  Roots() = default;
  Roots(const Roots&) = delete;
  Roots& operator=(const Roots&) = delete;
  ~Roots() { destroy_all(); }

  /// Takes `task` and posts its first step to `strand`, which it keeps alive until the task ends.
  /// Errors: std::bad_alloc; then the task is gone.
  void spawn(std::shared_ptr<Strand> strand, Task<> task) {
    Place place(*strand);
    const RootFrame frame = run(*this, strand, std::move(place), std::move(task));
    auto& promise = frame.handle.promise();
    {
      std::lock_guard lock(mutex_);
      promise.next = first_;
      if (first_) first_->previous = &promise;
      first_ = &promise;
      ++count_;
    }
    strand->post(frame.handle);
  }

  /// Destroys every frame that has not ended. Threads: none may run tasks meanwhile.
  void destroy_all() noexcept {
    while (first_) {
      const auto h = std::coroutine_handle<RootFrame::promise_type>::from_promise(*first_);
      unlink(h.promise());
      h.promise().strand.unpost(h);  // it may not have taken its first step
      h.destroy();
    }
  }

  std::size_t count() const {
    std::lock_guard lock(mutex_);
    return count_;
  }

  /// Called when the last task has ended; set before the first spawn().
  void (*on_empty)(void*) = nullptr;
  void* on_empty_context = nullptr;

 private:
  friend struct RootFrame::promise_type::Final;
  // Locals, because they go in reverse order: the task's frames use the strand until they are gone.
  static RootFrame run(Roots&, std::shared_ptr<Strand> on, Place in, Task<> task) {
    const std::shared_ptr<Strand> strand = std::move(on);
    const Place place = std::move(in);
    Task<> root = std::move(task);
    co_await root;
  }

  bool unlink(RootFrame::promise_type& promise) noexcept {
    std::lock_guard lock(mutex_);
    (promise.previous ? promise.previous->next : first_) = promise.next;
    if (promise.next) promise.next->previous = promise.previous;
    return --count_ == 0;
  }

  mutable std::mutex mutex_;
  RootFrame::promise_type* first_ = nullptr;
  std::size_t count_ = 0;
};

inline void RootFrame::promise_type::Final::await_suspend(
    std::coroutine_handle<promise_type> h) noexcept {
  Roots& roots = h.promise().roots;
  const bool last = roots.unlink(h.promise());
  h.destroy();
  if (last && roots.on_empty) roots.on_empty(roots.on_empty_context);
}

}  // namespace millrace::detail
