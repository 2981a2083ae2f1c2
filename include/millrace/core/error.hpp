// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/core/export.hpp"

namespace millrace {

/// What kind of thing went wrong: few codes, so that a caller can branch on them.
enum class Errc : unsigned char {
  invalid_input,   ///< the bytes or the argument can't be used; trying again will not help
  not_found,       ///< the file, object, shard or position does not exist
  already_exists,  ///< a create or conditional put found something there
  conflict,        ///< a precondition (version, owner, lock) no longer holds
  trimmed,         ///< the position was there once and has left the retention
  corrupted,       ///< stored bytes fail their check; the message names file and offset
  out_of_space,    ///< disk or quota is full (ENOSPC, EDQUOT)
  limit_exceeded,  ///< a configured bound (size, depth, budget) was passed
  io,              ///< the operating system refused; the message holds its reason
  unavailable,     ///< a peer is not there now; trying again may help
  timeout,         ///< no answer in the time allowed
  cancelled,       ///< stopped on request
  unsupported,     ///< a newer format or a feature that was not built in
  user_code,       ///< a callable of the user's threw
};

/// The code's name, e.g. "out_of_space". Lifetime: static.
MILLRACE_EXPORT std::string_view to_string(Errc code);

/// A failure as a value: a code to branch on and a message that says where, what, the value seen
/// and what to do.
class [[nodiscard]] Error {
 public:
  Error(Errc code, std::string message) : code_(code), message_(std::move(message)) {}
  Errc code() const { return code_; }
  const std::string& message() const& { return message_; }
  std::string message() && { return std::move(message_); }
  bool operator==(const Error&) const = default;

 private:
  Errc code_;
  std::string message_;
};

/// An Error that was not handled as a value; thrown by Result::value() and by I/O in coroutines.
class MILLRACE_EXPORT Failure : public std::exception {
 public:
  explicit Failure(Error error) : error_(std::move(error)) {}
  const Error& error() const { return error_; }
  const char* what() const noexcept override { return error_.message().c_str(); }

 private:
  Error error_;
};

}  // namespace millrace
