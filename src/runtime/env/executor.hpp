// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <optional>

#include "handler_memory.hpp"

namespace millrace::detail {

/// Any executor; an io_context's is called directly, so that it takes our memory: type erasure
/// would drop the allocator.
class Executor {
 public:
  Executor(boost::asio::any_io_executor any, std::shared_ptr<HandlerMemory> memory)
      : any_(std::move(any)), memory_(std::move(memory)) {
    if (const auto* direct = any_.target<boost::asio::io_context::executor_type>())
      direct_ = *direct;
  }
  /// The same with memory of its own, whose reserved blocks nobody else takes.
  Executor(const Executor& other, std::shared_ptr<HandlerMemory> memory)
      : any_(other.any_), direct_(other.direct_), memory_(std::move(memory)) {}
  const boost::asio::any_io_executor& any() const { return any_; }
  HandlerAllocator<void> allocator() const { return HandlerAllocator<void>(memory_); }

  template <class F>
  void post(F f) const {
    if (direct_)
      boost::asio::post(*direct_, boost::asio::bind_allocator(allocator(), std::move(f)));
    else
      boost::asio::post(any_, boost::asio::bind_allocator(allocator(), std::move(f)));
  }

 private:
  boost::asio::any_io_executor any_;
  std::optional<boost::asio::io_context::executor_type> direct_;
  std::shared_ptr<HandlerMemory> memory_;
};

}  // namespace millrace::detail
