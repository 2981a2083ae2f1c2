// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/source.hpp"

#include <algorithm>
#include <charconv>

#include "bytes.hpp"
#include "millrace/log/log.hpp"

namespace millrace::log {
namespace {

std::string name_of(const Start& start) {
  switch (start.at) {
    case Start::At::trim_horizon:
      return "trim_horizon";
    case Start::At::latest:
      return "latest";
    case Start::At::time:
      return concat("time:", start.timestamp.time_since_epoch().count());
    case Start::At::sequence:
      return std::to_string(start.number);
  }
  return {};
}

template <class T>
bool parse(std::string_view digits, T& n) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return error == std::errc{} && end == digits.data() + digits.size();
}

Result<Start> parse_position(const Position& position) {
  const std::string_view token = position.token;
  if (token == "latest") return Start::latest();
  if (token == "trim_horizon") return Start::trim_horizon();
  std::int64_t time = 0;
  if (token.starts_with("time:") && parse(token.substr(5), time))
    return Start::at_time(Timestamp(Duration(time)));
  std::uint64_t sequence = 0;
  if (parse(token, sequence)) return Start::at_sequence(sequence);
  return Error(Errc::invalid_input,
               concat("log position '", token.substr(0, 60),
                      "' is neither a sequence number nor latest, trim_horizon or time:<us>"));
}

}  // namespace

ShardSource::ShardSource(std::string directory, std::uint32_t shard, Start start, Stop stop,
                         Position position)
    : directory_(std::move(directory)),
      shard_(shard),
      start_(start),
      stop_(stop),
      position_(std::move(position)) {}

Position ShardSource::position() const { return position_; }

Task<ReadStatus> ShardSource::read(Batch<Message>& out, Context& cx) {
  if (!reader_)
    reader_ = std::make_unique<ShardReader>(cx.env(), directory_, shard_, start_, stop_);
  if (!reader_->loaded()) {
    ShardReader& reader = *reader_;
    ArenaPool& arenas = cx.arenas();
    const ReadStatus status = co_await cx.blocking(
        [&reader, &arenas]() -> ReadStatus { return reader.load(arenas).value(); });
    position_.token = std::to_string(reader.next());
    if (status != ReadStatus::more) co_return status;
  }
  reader_->take(out).value();
  position_.token = std::to_string(reader_->next());
  co_return ReadStatus::more;
}

Source::Source(std::string directory, SourceOptions options)
    : directory_(std::move(directory)), options_(options) {}

Result<void> Source::resolve(Env& env) {
  auto log = Log::open(env, directory_, {.shards = options_.shards});
  if (!log) return log.take_error();
  for (auto shard = static_cast<std::uint32_t>(starts_.size()); shard < log->shards(); ++shard) {
    ShardReader reader(env, directory_, shard, options_.start);
    if (auto done = reader.resolve(); !done) return done;
    starts_.push_back({std::to_string(reader.next())});
  }
  return {};
}

Task<std::vector<Partition>> Source::discover(Context& cx) {
  if (starts_.empty()) {
    Env& env = cx.env();
    co_await cx.blocking([this, &env] { resolve(env).value(); });
  }
  std::vector<Partition> partitions;
  for (std::uint32_t i = 0; i < starts_.size(); ++i) partitions.push_back({.id = shard_name(i)});
  co_return partitions;
}

ShardSource Source::open(const Partition& partition, const Position& position) {
  const std::uint32_t shard = parse_shard_name(partition.id).value();
  Position from = position;
  if (from.empty() && shard < starts_.size()) from = starts_[shard];
  if (from.empty()) from.token = name_of(options_.start);
  const Start start = parse_position(from).value();
  return ShardSource(directory_, shard, start, options_.stop, std::move(from));
}

}  // namespace millrace::log
