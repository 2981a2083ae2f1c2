// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "io_call.hpp"
#include "parts.hpp"

namespace millrace::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Error net_error(std::string_view call, const std::string& where, const error_code& error) {
  Errc code = Errc::io;
  if (error == asio::error::operation_aborted)
    code = Errc::cancelled;
  else if (error == asio::error::connection_reset || error == asio::error::broken_pipe ||
           error == asio::error::connection_refused || error == asio::error::connection_aborted ||
           error == asio::error::host_unreachable || error == asio::error::network_unreachable ||
           error == asio::error::host_not_found_try_again)
    code = Errc::unavailable;
  else if (error == asio::error::timed_out)
    code = Errc::timeout;
  else if (error == asio::error::host_not_found || error == asio::error::no_data)
    code = Errc::not_found;
  return Error(code, std::string(call) + ' ' + where + ": " + error.message());
}

std::string name_of(const std::string& host, std::uint16_t port) {
  return host + ':' + std::to_string(port);
}

class AsioConnection final : public Connection {
 public:
  AsioConnection(tcp::socket socket, Strand& strand, const Executor& executor, std::string peer)
      : socket_(std::move(socket)),
        strand_(strand),
        reading_(std::make_shared<IoCall>()),
        writing_(std::make_shared<IoCall>()),
        allocator_(executor.allocator()),
        peer_(std::move(peer)) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
  }

  Task<Result<std::size_t>> read_some(std::span<char> out) override {
    const IoResult r = co_await IoWait(
        strand_, reading_,
        [&](auto done) {
          socket_.async_read_some(asio::buffer(out.data(), out.size()),
                                  asio::bind_allocator(allocator_, std::move(done)));
        },
        [&] { cancel(); });
    if (r.error == asio::error::eof) co_return std::size_t{0};
    if (r.error) co_return net_error("read from", peer_, r.error);
    co_return r.size;
  }

  Task<Result<void>> write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const IoResult r = co_await IoWait(
          strand_, writing_,
          [&](auto done) {
            socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()),
                                     asio::bind_allocator(allocator_, std::move(done)));
          },
          [&] { cancel(); });
      if (r.error) co_return net_error("write to", peer_, r.error);
      bytes.remove_prefix(r.size);
    }
    co_return Result<void>();
  }

  Result<void> shutdown() override {
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    if (error) return net_error("shutdown of", peer_, error);
    return {};
  }

  void cancel() override {
    error_code ignored;
    socket_.cancel(ignored);
  }

 private:
  tcp::socket socket_;
  Strand& strand_;
  std::shared_ptr<IoCall> reading_;
  std::shared_ptr<IoCall> writing_;
  HandlerAllocator<void> allocator_;
  std::string peer_;
};

class AsioListener final : public Listener {
 public:
  AsioListener(tcp::acceptor acceptor, Strand& strand, const Executor& executor, std::uint16_t port)
      : acceptor_(std::move(acceptor)), strand_(strand), executor_(executor), port_(port) {}

  Task<Result<std::unique_ptr<Connection>>> accept() override {
    tcp::socket socket(executor_.any());
    const IoResult r = co_await IoWait(
        strand_, accepting_, [&](auto done) { acceptor_.async_accept(socket, std::move(done)); },
        [&] { cancel(); });
    if (r.error) co_return net_error("accept on port", std::to_string(port_), r.error);
    error_code ignored;
    const auto peer = socket.remote_endpoint(ignored);
    co_return std::unique_ptr<Connection>(std::make_unique<AsioConnection>(
        std::move(socket), strand_, executor_, name_of(peer.address().to_string(), peer.port())));
  }
  std::uint16_t port() const override { return port_; }
  void cancel() override {
    error_code ignored;
    acceptor_.cancel(ignored);
  }

 private:
  tcp::acceptor acceptor_;
  Strand& strand_;
  Executor executor_;
  std::shared_ptr<IoCall> accepting_ = std::make_shared<IoCall>();
  std::uint16_t port_;
};

Task<Result<std::unique_ptr<Connection>>> connect_to(Executor executor, Strand& strand,
                                                     std::string host, std::uint16_t port) {
  const std::string where = name_of(host, port);
  const auto call = std::make_shared<IoCall>();
  // Shared with the handlers: they may come after this frame is gone.
  const auto resolver = std::make_shared<tcp::resolver>(executor.any());
  const auto found = std::make_shared<tcp::resolver::results_type>();
  IoResult r = co_await IoWait(
      strand, call,
      [&](auto done) {
        resolver->async_resolve(
            host, std::to_string(port), tcp::resolver::numeric_service,
            [done, found](const error_code& error, tcp::resolver::results_type results) {
              *found = std::move(results);
              done(error);
            });
      },
      [&] { resolver->cancel(); });
  if (r.error) co_return net_error("resolve", where, r.error);
  const auto socket = std::make_shared<tcp::socket>(executor.any());
  for (const auto& entry : *found) {
    error_code ignored;
    socket->close(ignored);
    r = co_await IoWait(
        strand, call,
        [&](auto done) {
          socket->async_connect(entry.endpoint(), [done, socket](const error_code& e) { done(e); });
        },
        [&] { socket->cancel(); });
    if (!r.error) break;
  }
  if (r.error) co_return net_error("connect to", where, r.error);
  co_return std::unique_ptr<Connection>(
      std::make_unique<AsioConnection>(std::move(*socket), strand, executor, where));
}

class AsioNet final : public Net {
 public:
  explicit AsioNet(const Executor& executor) : executor_(executor) {}
  Task<Result<std::unique_ptr<Connection>>> connect(Strand& strand, std::string host,
                                                    std::uint16_t port) override {
    return connect_to(executor_, strand, std::move(host), port);
  }
  Result<std::unique_ptr<Listener>> listen(Strand& strand, const std::string& address,
                                           std::uint16_t port) override {
    error_code error;
    const auto ip = asio::ip::make_address(address, error);
    tcp::acceptor acceptor(executor_.any());
    const tcp::endpoint endpoint(ip, port);
    if (!error) acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return net_error("listen on", name_of(address, port), error);
    const auto bound = acceptor.local_endpoint(error);
    if (error) return net_error("listen on", name_of(address, port), error);
    return std::unique_ptr<Listener>(
        std::make_unique<AsioListener>(std::move(acceptor), strand, executor_, bound.port()));
  }

 private:
  Executor executor_;
};

}  // namespace

std::unique_ptr<Net> make_asio_net(const Executor& executor) {
  return std::make_unique<AsioNet>(executor);
}

}  // namespace millrace::detail
