// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/env.hpp"

#include "scheduler.hpp"

namespace millrace::sim {
namespace {

class NoLogger final : public Logger {
 public:
  void log(LogLevel, std::string_view) override {}
};

// Each part draws from a generator of its own, so that one more draw here does not shift another.
enum Part : std::uint64_t { scheduling = 1, numbers, faulting, networking, storing, crashing };
std::uint64_t seed_of(std::uint64_t seed, Part part) {
  return SeededRng(seed * 0x9E3779B97F4A7C15ull + part).next();
}

}  // namespace

struct Env::Impl {
  Impl(const Options& o, Disk* shared)
      : own_disk(shared ? nullptr : std::make_unique<Disk>(seed_of(o.seed, storing))),
        disk(shared ? *shared : *own_disk),
        fs(nullptr),
        rng(seed_of(o.seed, numbers)),
        crash_seeds(seed_of(o.seed, crashing)),
        faults(seed_of(o.seed, faulting), o.faults),
        scheduler(seed_of(o.seed, scheduling), o),
        net(seed_of(o.seed, networking), scheduler, o.net) {
    fs = disk.mount(scheduler);
  }
  // The frames use all the rest until they are gone.
  ~Impl() { scheduler.destroy_roots(); }

  std::unique_ptr<Disk> own_disk;
  Disk& disk;
  std::unique_ptr<Fs> fs;
  SeededRng rng;
  SeededRng crash_seeds;
  NoLogger no_logger;
  Faults faults;
  SimScheduler scheduler;
  Net net;
  std::unique_ptr<millrace::Env> env;
};

Env::Env(Options options) : impl_(std::make_unique<Impl>(options, nullptr)) { bind(options); }
Env::Env(Options options, Disk& disk) : impl_(std::make_unique<Impl>(options, &disk)) {
  bind(options);
}
Env::~Env() = default;

void Env::bind(const Options& o) {
  Impl& i = *impl_;
  i.env = std::make_unique<millrace::Env>(
      millrace::Env{i.scheduler, i.scheduler, i.rng, *i.fs, i.net, i.faults,
                    o.logger ? *o.logger : static_cast<Logger&>(i.no_logger)});
}

millrace::Env& Env::env() { return *impl_->env; }
Disk& Env::disk() { return impl_->disk; }
Faults& Env::faults() { return impl_->faults; }
Net& Env::net() { return impl_->net; }

bool Env::run_one() { return impl_->scheduler.run_one(MonotonicTime::max()); }

Ended Env::run() {
  while (roots() > 0)
    if (!run_one())
      return halted()                   ? Ended::halted
             : impl_->scheduler.spins() ? Ended::livelock
                                        : Ended::deadlock;
  return Ended::all_done;
}

Ended Env::run_for(Duration d) {
  SimScheduler& scheduler = impl_->scheduler;
  const MonotonicTime end = scheduler.monotonic() + d;
  while (scheduler.run_one(end)) {
  }
  if (scheduler.halted()) return Ended::halted;
  if (scheduler.spins()) return Ended::livelock;
  scheduler.advance_to(end);
  if (roots() == 0) return Ended::all_done;
  return scheduler.can_go_on() ? Ended::time_up : Ended::deadlock;
}

void Env::crash() {
  impl_->scheduler.destroy_roots();
  impl_->net.reset_all();
  impl_->disk.crash(impl_->crash_seeds.next());
}

void Env::kill() {
  impl_->scheduler.destroy_roots();
  impl_->net.reset_all();
  impl_->disk.kill(*impl_->fs);
}

void Env::halt() {
  impl_->scheduler.halt();
  impl_->disk.halt(*impl_->fs);
}
bool Env::halted() const { return impl_->scheduler.halted(); }

void Env::set_longest_block(Duration d) { impl_->scheduler.set_longest_block(d); }
void Env::step_wall(Duration d) { impl_->scheduler.step_wall(d); }
std::uint64_t Env::trace_hash() const { return impl_->scheduler.trace_hash(); }
std::size_t Env::roots() const { return impl_->scheduler.roots(); }

}  // namespace millrace::sim
