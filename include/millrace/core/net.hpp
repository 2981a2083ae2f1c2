// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/task.hpp"

namespace millrace {

class Strand;

/// A byte stream to a peer. Threads: one strand. Lifetime: destroying it closes it at once.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Reads at least one byte; 0 when the peer has ended its side. Errors: io, unavailable (reset).
  virtual Task<Result<std::size_t>> read_some(std::span<char> out) = 0;
  /// Writes all of it. Errors: io, unavailable (reset).
  virtual Task<Result<void>> write(std::string_view bytes) = 0;
  /// Ends this side, so that the peer reads 0.
  virtual Result<void> shutdown() = 0;
  /// Makes pending calls return cancelled.
  virtual void cancel() = 0;
};

/// Accepts connections on one local port. Threads: one strand.
class Listener {
 public:
  virtual ~Listener() = default;
  /// Errors: io, cancelled.
  virtual Task<Result<std::unique_ptr<Connection>>> accept() = 0;
  virtual std::uint16_t port() const = 0;
  virtual void cancel() = 0;
};

/// The network below one process; TCP. TLS is laid over a Connection.
class Net {
 public:
  virtual ~Net() = default;
  /// Errors: not_found (no such host), unavailable (refused, unreachable), timeout.
  virtual Task<Result<std::unique_ptr<Connection>>> connect(Strand& strand, std::string host,
                                                            std::uint16_t port) = 0;
  /// Port 0 takes a free one. Errors: io (address in use, not allowed).
  virtual Result<std::unique_ptr<Listener>> listen(Strand& strand, const std::string& address,
                                                   std::uint16_t port) = 0;
};

}  // namespace millrace
