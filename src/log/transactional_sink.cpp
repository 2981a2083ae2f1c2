// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/transactional_sink.hpp"

#include <optional>
#include <vector>

#include "spool.hpp"

namespace millrace::log {

struct TransactionalSink::State {
  std::string directory;
  TransactionalOptions options;
  std::optional<Transactions> transactions;
  std::vector<Record> records;

  Result<Transactions*> open(Env& env, std::string_view step) {
    if (!transactions) {
      auto log = Log::open(env, directory, options.log);
      if (!log) return log.take_error();
      transactions.emplace(env, std::move(*log),
                           options.producer.empty() ? std::string(step) : options.producer);
    }
    return &*transactions;
  }

  Result<void> add(Env& env, std::string_view step, const Batch<Message>& batch) {
    auto opened = open(env, step);
    if (!opened) return opened.take_error();
    records.clear();
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      records.push_back({.data = batch[i].data.view(), .key = batch[i].key.view()});
    return (*opened)->add(records);
  }

  Result<Committable> prepare(Env& env, std::string_view step, CheckpointId id) {
    auto opened = open(env, step);
    if (!opened) return opened.take_error();
    auto spool = (*opened)->prepare(id);
    if (!spool) return spool.take_error();
    return Committable{spool->encode()};
  }

  Result<void> commit(Env& env, std::string_view step, const Committable& committable) {
    auto spool = Spool::decode(committable.bytes);
    if (!spool) return spool.take_error();
    auto opened = open(env, step);
    if (!opened) return opened.take_error();
    return (*opened)->commit(*spool);
  }

  Result<void> abort(Env& env, std::string_view step) {
    auto opened = open(env, step);
    if (!opened) return opened.take_error();
    return (*opened)->abort();
  }
};

TransactionalSink::TransactionalSink(std::string directory, TransactionalOptions options)
    : state_(new State{std::move(directory), std::move(options), {}, {}}) {}
TransactionalSink::TransactionalSink(TransactionalSink&&) noexcept = default;
TransactionalSink& TransactionalSink::operator=(TransactionalSink&&) noexcept = default;
TransactionalSink::~TransactionalSink() = default;

Task<> TransactionalSink::write(const Batch<Message>& batch, Context& cx) {
  State& state = *state_;
  co_await cx.blocking([&] { state.add(cx.env(), cx.step(), batch).value(); });
}

Task<Committable> TransactionalSink::prepare(CheckpointId id, Context& cx) {
  State& state = *state_;
  co_return co_await cx.blocking(
      [&]() -> Committable { return state.prepare(cx.env(), cx.step(), id).value(); });
}

Task<> TransactionalSink::commit(const Committable& committable, Context& cx) {
  State& state = *state_;
  co_await cx.blocking([&] { state.commit(cx.env(), cx.step(), committable).value(); });
}

Task<> TransactionalSink::abort(Context& cx) {
  State& state = *state_;
  co_await cx.blocking([&] { state.abort(cx.env(), cx.step()).value(); });
}

}  // namespace millrace::log
