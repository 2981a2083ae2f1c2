// SPDX-License-Identifier: BSL-1.0
#include <memory>
#include <vector>

#include "log_commands.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/log/reader.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

constexpr Duration poll = std::chrono::milliseconds(50);

/// One shard, from where it ended when this was made.
class Follower {
 public:
  Follower(Env& env, const std::string& directory, std::uint32_t shard)
      : shard_(shard), reader_(env, directory, shard, log::Start::latest()) {}

  Result<void> resolve() { return reader_.resolve(); }
  std::uint32_t shard() const { return shard_; }
  std::uint64_t next() const { return reader_.next(); }
  bool ended() const { return ended_; }

  /// Shows what has come since; false when nothing had.
  bool show_new(ArenaPool& arenas, const log::OnRecord& show) {
    batch_.clear();
    const std::uint64_t first = reader_.next();
    ended_ = reader_.read(batch_, arenas).value() == ReadStatus::end;
    for (std::uint32_t i = 0; i < batch_.size(); ++i)
      show({shard_, first + i, batch_.time(i), batch_[i].key, batch_[i].data});
    return !batch_.empty();
  }

 private:
  std::uint32_t shard_;
  log::ShardReader reader_;
  Batch<Message> batch_;
  bool ended_ = false;
};

/// Shards are numbered from 0 without a gap, so the first that is not there ends them.
std::vector<Follower> followers(Env& env, const std::string& directory,
                                std::optional<std::uint32_t> chosen) {
  std::vector<Follower> all;
  for (std::uint32_t shard = chosen.value_or(0);; ++shard) {
    Follower follower(env, directory, shard);
    Result<void> resolved = follower.resolve();
    if (!resolved && resolved.error().code() == Errc::not_found && !all.empty()) return all;
    resolved.value();
    all.push_back(std::move(follower));
    if (chosen) return all;
  }
}

}  // namespace

Task<> follow_log(const Arguments& arguments, Env& env, Strand& strand) {
  if (!arguments.has("--follow")) co_return;
  const std::string& directory = arguments.rest()[0];
  const log::OnRecord show = record_printer(arguments);
  std::vector<Follower> shards = followers(env, directory, chosen_shard(arguments));
  for (const Follower& shard : shards)
    print_tail(arguments, env, shard.shard(), [&](const log::StoredRecord& record) {
      return record.sequence >= shard.next() || show(record);
    }).value();
  flush();
  ArenaPool arenas;
  StopFlag never;
  for (;;) {
    bool some = false;
    bool ended = true;
    for (Follower& shard : shards) {
      if (!shard.ended()) some |= shard.show_new(arenas, show);
      ended &= shard.ended();
    }
    if (some) {
      flush();
      continue;
    }
    if (ended) co_return;
    Sleep pause(strand, never, env.clock.monotonic() + poll);
    (void)co_await pause;
  }
}

}  // namespace millrace::tool
