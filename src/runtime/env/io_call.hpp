// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <boost/system/error_code.hpp>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "millrace/core/scheduler.hpp"

namespace millrace::detail {

struct IoResult {
  boost::system::error_code error;
  std::size_t size = 0;
};

/// Where an Asio call and the coroutine that waits for it meet. Shared by both, as the handler may
/// come after the coroutine was destroyed.
class IoCall {
 public:
  void start(Strand& strand, std::coroutine_handle<> h) {
    std::lock_guard lock(mutex_);
    strand_ = &strand;
    handle_ = h;
  }
  void finish(IoResult result, std::uint64_t number) {
    std::lock_guard lock(mutex_);
    if (!handle_ || number != number_) return;
    result_ = result;
    strand_->post(std::exchange(handle_, {}));
  }
  /// The number of the call that is under way: a late handler of an earlier one is ignored.
  std::uint64_t number() const { return number_; }
  IoResult take() {
    std::lock_guard lock(mutex_);
    ++number_;
    return result_;
  }
  void forget() {
    std::lock_guard lock(mutex_);
    ++number_;
    handle_ = {};
  }

 private:
  std::mutex mutex_;
  Strand* strand_ = nullptr;
  std::coroutine_handle<> handle_;
  std::uint64_t number_ = 0;
  IoResult result_;
};

/// Awaits one Asio call: `start(done)` begins it, `cancel()` ends it when the coroutine is
/// destroyed; after it Asio does not touch the caller's buffer any more.
template <class Start, class Cancel>
class [[nodiscard]] IoWait {
 public:
  IoWait(Strand& strand, std::shared_ptr<IoCall> call, Start start, Cancel cancel)
      : strand_(strand),
        call_(std::move(call)),
        start_(std::move(start)),
        cancel_(std::move(cancel)) {}
  IoWait(const IoWait&) = delete;
  IoWait& operator=(const IoWait&) = delete;
  ~IoWait() {
    if (!handle_) return;
    cancel_();
    call_->forget();
    strand_.unpost(handle_);
  }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    handle_ = h;
    call_->start(strand_, h);
    start_([call = call_, number = call_->number()](const boost::system::error_code& error,
                                                    std::size_t size = 0) {
      call->finish({error, size}, number);
    });
  }
  IoResult await_resume() {
    handle_ = {};
    return call_->take();
  }

 private:
  Strand& strand_;
  std::shared_ptr<IoCall> call_;
  Start start_;
  Cancel cancel_;
  std::coroutine_handle<> handle_;
};

}  // namespace millrace::detail
