// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/asio_env.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

#include "asio_strand.hpp"
#include "millrace/core/root.hpp"
#include "parts.hpp"
#include "real_clock.hpp"

namespace millrace {
namespace detail {

RealRng::RealRng() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  state_ = seed;
}

namespace {
class AsioScheduler final : public Scheduler {
 public:
  AsioScheduler(const Executor& executor, const Executor& blocking, unsigned threads)
      : executor_(executor), blocking_(blocking), threads_(threads) {}
  unsigned threads() const override { return threads_; }
  std::shared_ptr<Strand> make_strand() override {
    return std::make_shared<AsioStrand>(executor_, blocking_);
  }
  void spawn(std::shared_ptr<Strand> strand, Task<> root) override {
    roots.spawn(std::move(strand), std::move(root));
  }
  Roots roots;

 private:
  Executor executor_;
  Executor blocking_;
  unsigned threads_;
};
}  // namespace
}  // namespace detail

struct AsioEnv::Impl {
  Impl(boost::asio::any_io_executor on, boost::asio::any_io_executor blocking_on, Logger* logger,
       unsigned threads)
      : memory(std::make_shared<detail::HandlerMemory>()),
        executor(std::move(on), memory),
        blocking(std::move(blocking_on), memory),
        fs(detail::make_posix_fs()),
        net(detail::make_asio_net(executor)),
        scheduler(executor, blocking, threads),
        env{clock,
            scheduler,
            rng,
            *fs,
            *net,
            faults,
            logger ? *logger : static_cast<Logger&>(no_logger)} {}

  std::shared_ptr<detail::HandlerMemory> memory;
  detail::Executor executor;
  detail::Executor blocking;
  detail::RealClock clock;
  detail::RealRng rng;
  detail::NoFaults faults;
  detail::NoLogger no_logger;
  std::unique_ptr<Fs> fs;
  std::unique_ptr<Net> net;
  detail::AsioScheduler scheduler;
  Env env;
};

AsioEnv::AsioEnv(boost::asio::any_io_executor executor, boost::asio::any_io_executor blocking,
                 Logger* logger, unsigned threads)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(blocking), logger, threads)) {}
AsioEnv::~AsioEnv() { destroy_tasks(); }

Env& AsioEnv::env() { return impl_->env; }
std::size_t AsioEnv::roots() const { return impl_->scheduler.roots.count(); }
void AsioEnv::destroy_tasks() { impl_->scheduler.roots.destroy_all(); }
void AsioEnv::on_last_task(void (*f)(void*), void* context) {
  impl_->scheduler.roots.on_empty = f;
  impl_->scheduler.roots.on_empty_context = context;
}

}  // namespace millrace
