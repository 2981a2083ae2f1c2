// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cassert>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "millrace/core/error.hpp"

namespace millrace {

/// A value or an Error. Data errors travel in Results; they never unwind a pipeline.
/// Errors: value() throws Failure when there is none; `*r` and `r->` are undefined then (asserted
/// in debug builds). Cost: the size of T plus a pointer; the Error is on the heap, off the good
/// path.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : has_value_(true) { std::construct_at(&value_, std::move(value)); }
  Result(Error error) : has_value_(false) {
    std::construct_at(&error_, std::make_unique<Error>(std::move(error)));
  }
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
      : has_value_(other.has_value_) {
    if (has_value_)
      std::construct_at(&value_, std::move(other.value_));
    else
      std::construct_at(&error_, std::move(other.error_));
  }
  Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
  ~Result() {
    if (has_value_)
      std::destroy_at(&value_);
    else
      std::destroy_at(&error_);
  }

  explicit operator bool() const { return has_value_; }
  bool has_value() const { return has_value_; }
  T& operator*() & { return assert(has_value_), value_; }
  const T& operator*() const& { return assert(has_value_), value_; }
  // By value, so that `for (auto& x : *f())` does not walk over what is gone.
  T operator*() && { return assert(has_value_), std::move(value_); }
  T* operator->() { return assert(has_value_), &value_; }
  const T* operator->() const { return assert(has_value_), &value_; }
  const Error& error() const { return *error_; }
  /// Moves the error out, to return it from the caller.
  Error take_error() { return std::move(*error_); }

  T& value() & { return check(), value_; }
  const T& value() const& { return check(), value_; }
  T value() && { return check(), std::move(value_); }
  T value_or(T other) && { return has_value_ ? std::move(value_) : std::move(other); }

 private:
  void check() const {
    if (!has_value_) throw Failure(*error_);
  }
  bool has_value_;
  union {
    T value_;
    std::unique_ptr<Error> error_;
  };
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}
  explicit operator bool() const { return !error_; }
  bool has_value() const { return !error_; }
  const Error& error() const { return *error_; }
  Error take_error() { return std::move(*error_); }
  void value() const {
    if (error_) throw Failure(*error_);
  }

 private:
  std::unique_ptr<Error> error_;
};

}  // namespace millrace
