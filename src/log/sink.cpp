// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/sink.hpp"

#include <optional>
#include <vector>

namespace millrace::log {

struct Sink::State {
  std::string directory;
  Options options;
  std::optional<Log> log;
  std::vector<Record> records;
  std::vector<Ack> acks;

  Result<void> append(Env& env, const Batch<Message>& batch) {
    if (!log) {
      auto opened = Log::open(env, directory, options);
      if (!opened) return opened.take_error();
      log.emplace(std::move(*opened));
    }
    records.clear();
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      records.push_back({.data = batch[i].data.view(), .key = batch[i].key.view()});
    acks.resize(records.size());
    return log->append(records, acks);
  }
};

Sink::Sink(std::string directory, Options options)
    : state_(new State{std::move(directory), options, {}, {}, {}}) {}
Sink::Sink(Sink&&) noexcept = default;
Sink& Sink::operator=(Sink&&) noexcept = default;
Sink::~Sink() = default;

Task<> Sink::write(const Batch<Message>& batch, Context& cx) {
  State& state = *state_;
  Env& env = cx.env();
  co_await cx.blocking([&state, &env, &batch] { state.append(env, batch).value(); });
}

Task<> Sink::flush(Context& cx) {
  if (!state_->log) co_return;
  Log& log = *state_->log;
  co_await cx.blocking([&log] { log.flush().value(); });
}

}  // namespace millrace::log
