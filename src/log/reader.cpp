// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/reader.hpp"

#include "bytes.hpp"
#include "reader_state.hpp"

namespace millrace::log {

ShardReader::ShardReader(Env& env, std::string directory, std::uint32_t shard, Start start,
                         Stop stop)
    : state_(std::make_unique<State>(env, std::move(directory), shard, start, stop)) {}
ShardReader::ShardReader(ShardReader&&) noexcept = default;
ShardReader& ShardReader::operator=(ShardReader&&) noexcept = default;
ShardReader::~ShardReader() = default;

Result<void> ShardReader::resolve() {
  State& s = *state_;
  return s.resolved ? Result<void>{} : s.resolve();
}

std::uint64_t ShardReader::next() const { return state_->next; }

bool ShardReader::loaded() const { return state_->next < state_->loaded_until(); }

Result<ReadStatus> ShardReader::load(ArenaPool& arenas) {
  State& s = *state_;
  if (auto done = resolve(); !done) return done.take_error();
  if (loaded()) return ReadStatus::more;
  if (s.next >= s.stop_at) return ReadStatus::end;
  if (s.next >= s.readable)
    if (auto done = s.refresh(); !done) return done.take_error();
  if (s.next >= s.readable) {
    if (s.next > s.readable) return s.past_the_end();
    return s.ended && s.stop.at != Stop::At::never ? ReadStatus::end : ReadStatus::idle;
  }
  while (!loaded())
    if (auto done = s.load_chunk(arenas); !done) return done.take_error();
  return ReadStatus::more;
}

Result<void> ShardReader::take(Batch<Message>& out) {
  State& s = *state_;
  const std::uint64_t until = s.loaded_until();
  if (s.next < until && !out.full()) out.hold(s.arena);
  while (!out.full() && s.next < until) {
    RecordView record;
    if (!s.records.next(record)) {
      auto more = s.next_frame();
      if (!more) return more.take_error();
      if (!*more) break;
      continue;
    }
    if (s.skip != 0) {
      --s.skip;
      continue;
    }
    Message& message = out.slot();
    message.data = Text(record.data);
    message.key = Text(record.key);
    out.commit(record.arrival);
    ++s.next;
  }
  return {};
}

Result<ReadStatus> ShardReader::read(Batch<Message>& out, ArenaPool& arenas) {
  const std::uint32_t before = out.size();
  while (!out.full()) {
    auto status = load(arenas);
    if (!status) return status.take_error();
    if (*status != ReadStatus::more) return out.size() == before ? *status : ReadStatus::more;
    if (auto done = take(out); !done) return done.take_error();
  }
  return ReadStatus::more;
}

}  // namespace millrace::log
