// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coroutine>

#include "millrace/core/signal.hpp"

namespace millrace {

/// "There may be room again": a Signal that several coroutines of one strand wait for. The first
/// waits for the signal itself and wakes the others.
/// Threads: notify() from any, wait() from the strand.
class Room {
 public:
  explicit Room(Strand& strand) : strand_(strand), signal_(strand) {}
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  void notify() { signal_.notify(); }
  Signal& signal() { return signal_; }

  class [[nodiscard]] Wait {
   public:
    explicit Wait(Room& room) : room_(room), inner_(room.signal_) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() {
      if (room_.leader_ == this) room_.leader_ = nullptr;
      if (linked_) room_.unlink(*this);
      if (handle_) room_.strand_.unpost(handle_);
    }
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> h) noexcept {
      if (room_.leader_) {
        handle_ = h;
        next_ = room_.followers_;
        room_.followers_ = this;
        return linked_ = true;
      }
      room_.leader_ = this;
      return inner_.await_suspend(h);
    }
    void await_resume() noexcept {
      handle_ = {};
      if (room_.leader_ != this) return;
      room_.leader_ = nullptr;
      inner_.await_resume();
      room_.wake_followers();
    }

   private:
    friend class Room;
    Room& room_;
    Signal::Wait inner_;
    Wait* next_ = nullptr;
    std::coroutine_handle<> handle_{};  // of a follower
    bool linked_ = false;
  };
  /// Goes on after the next notify(), or at once when there was one since the last wait(). It may
  /// go on for nothing: ask again what was waited for.
  Wait wait() { return Wait(*this); }

 private:
  void wake_followers() {
    while (followers_) {
      Wait& wait = *followers_;
      unlink(wait);
      strand_.post(wait.handle_);
    }
  }
  void unlink(Wait& wait) {
    for (Wait** at = &followers_; *at; at = &(*at)->next_)
      if (*at == &wait) {
        *at = wait.next_;
        break;
      }
    wait.linked_ = false;
  }

  Strand& strand_;
  Signal signal_;
  Wait* leader_ = nullptr;
  Wait* followers_ = nullptr;
};

}  // namespace millrace
