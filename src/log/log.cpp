// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/log.hpp"

#include <algorithm>
#include <new>

#include "bytes.hpp"
#include "log_state.hpp"

namespace millrace::log {
namespace {

constexpr std::size_t key_limit = 256;  // characters, as Kinesis has it

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// Appends those of `records` that go to one shard, group by group.
Result<void> append_to(Shard& shard, std::span<const Record* const> records,
                       std::span<Ack* const> acks) {
  while (!records.empty()) {
    std::size_t taken = 0;
    std::uint32_t first = 0;
    const auto group = shard.stage(records, taken, first);
    auto base = shard.commit(group);
    if (!base) return base.take_error();
    for (std::size_t i = 0; i < taken; ++i) acks[i]->sequence = *base + first + i;
    records = records.subspan(taken);
    acks = acks.subspan(taken);
  }
  return {};
}

}  // namespace

Result<std::uint32_t> parse_shard_name(std::string_view name) {
  std::uint32_t index = 0;
  if (name.size() == 12 && name.starts_with("shard-") &&
      std::all_of(name.begin() + 6, name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    for (const char c : name.substr(6)) index = index * 10 + static_cast<std::uint32_t>(c - '0');
    return index;
  }
  return Error(Errc::invalid_input, concat("'", name,
                                           "' is not the name of a shard; they are "
                                           "called \"shard-000000\" and so on"));
}

Result<void> check_record(const Record& record, std::size_t number, const Options& options,
                          const std::string& directory) {
  const std::uint64_t size = record.data.size() + record.key.size();
  if (size > options.record_limit.bytes)
    return Error(Errc::invalid_input,
                 concat("log ", directory, ": record ", number, " has ", size,
                        " bytes of data and key, and the limit is ", options.record_limit.bytes,
                        "; split it or raise Options::record_limit"));
  if (record.key.size() > key_limit && characters(record.key) > key_limit)
    return Error(Errc::invalid_input,
                 concat("log ", directory, ": record ", number, " has a partition key of ",
                        characters(record.key), " characters, and the limit is ", key_limit));
  return {};
}

Result<void> Log::State::route(std::span<const Record> records, std::span<Ack> acks) {
  const std::uint32_t keyless = next_shard.fetch_add(1, std::memory_order_relaxed) % info.shards;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    acks[i] = {};
    if (auto ok = check_record(record, i, options, directory); !ok) return ok;
    if (info.shards == 1) continue;
    if (record.hash_key) {
      acks[i].shard = shard_of(*record.hash_key, info.shards);
    } else if (record.key.empty()) {
      acks[i].shard = keyless;
    } else {
      auto hash = hash_of(record.key);
      if (!hash) return hash.take_error();
      acks[i].shard = shard_of(*hash, info.shards);
    }
  }
  return {};
}

Result<Log> Log::open(Env& env, std::string directory, Options options) {
  if (options.record_limit > 64_MiB || options.segment_size.bytes == 0)
    return Error(Errc::invalid_input, concat("log ", directory,
                                             ": record_limit may be 64 MiB at "
                                             "most, and segment_size not zero"));
  auto info = open_stream(env, directory, options.shards);
  if (!info) return info.take_error();
  auto state = std::unique_ptr<State>(new State{.env = env,
                                                .directory = std::move(directory),
                                                .options = options,
                                                .info = *info,
                                                .shards = {}});
  for (std::uint32_t i = 0; i < info->shards; ++i) {
    ShardPlace place{state->directory + '/' + shard_name(i), i, info->id};
    auto shard = std::make_unique<Shard>(env, std::move(place), options);
    if (auto done = shard->open(); !done) return done.take_error();
    state->shards.push_back(std::move(shard));
  }
  return Log(std::move(state));
}

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
Log::~Log() {
  if (!state_) return;
  try {
    static_cast<void>(close().has_value());
  } catch (const std::bad_alloc&) {  // as if killed here: the next open() does the rest
  }
}

Result<void> Log::append(std::span<const Record> records, std::span<Ack> acks) {
  if (acks.size() < records.size())
    return Error(Errc::invalid_input, concat("log ", state_->directory, ": ", records.size(),
                                             " records and room for ", acks.size(), " acks"));
  if (auto done = state_->route(records, acks); !done) return done;
  const std::uint32_t shards = state_->info.shards;
  // Counting sort by shard; it keeps the order within each.
  std::vector<std::size_t> begin(shards + 1, 0);
  for (std::size_t i = 0; i < records.size(); ++i) ++begin[acks[i].shard + 1];
  for (std::uint32_t s = 0; s < shards; ++s) begin[s + 1] += begin[s];
  std::vector<const Record*> sorted(records.size());
  std::vector<Ack*> places(records.size());
  std::vector<std::size_t> at(begin.begin(), begin.end() - 1);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::size_t to = at[acks[i].shard]++;
    sorted[to] = &records[i];
    places[to] = &acks[i];
  }
  Result<void> outcome;
  for (std::uint32_t s = 0; s < shards; ++s) {
    const std::size_t n = begin[s + 1] - begin[s];
    if (n == 0) continue;
    auto done = append_to(*state_->shards[s], std::span(sorted).subspan(begin[s], n),
                          std::span(places).subspan(begin[s], n));
    if (!done && outcome) outcome = std::move(done);
  }
  return outcome;
}

Result<Ack> Log::append(const Record& record) {
  Ack ack;
  if (auto done = append({&record, 1}, {&ack, 1}); !done) return done.take_error();
  return ack;
}

Result<void> Log::flush() {
  Result<void> outcome;
  for (auto& shard : state_->shards)
    if (auto done = shard->flush(); !done && outcome) outcome = std::move(done);
  return outcome;
}

Result<void> Log::seal() {
  for (auto& shard : state_->shards)
    if (auto done = shard->seal(); !done) return done;
  return {};
}

Result<std::size_t> Log::trim() {
  std::size_t removed = 0;
  for (auto& shard : state_->shards) {
    auto n = shard->trim();
    if (!n) return n.take_error();
    removed += *n;
  }
  return removed;
}

Result<void> Log::close() {
  Result<void> outcome;
  for (auto& shard : state_->shards)
    if (auto done = shard->close(); !done && outcome) outcome = std::move(done);
  return outcome;
}

std::uint32_t Log::shards() const { return state_->info.shards; }
const std::string& Log::directory() const { return state_->directory; }
std::string Log::trouble(std::uint32_t shard) const { return state_->shards.at(shard)->trouble(); }
std::uint64_t Log::tails_cut() const {
  std::uint64_t n = 0;
  for (const auto& shard : state_->shards) n += shard->tails_cut();
  return n;
}

}  // namespace millrace::log
