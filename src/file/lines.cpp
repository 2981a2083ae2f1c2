// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/lines.hpp"

#include "file/offset.hpp"

namespace millrace::file {

LinesSource::LinesSource(std::string path, ReadOptions options)
    : in_(std::move(path)), options_(options), splitter_({.max_record = options.max_record}) {}

Position LinesSource::position() const {
  return in_.is_open() ? to_position(in_.offset()) : resume_at_;
}

Task<ReadStatus> LinesSource::read(Batch<Message>& out, Context& cx) {
  if (!in_.is_open())
    co_await in_.open(cx, resume_at_.empty() ? 0 : to_offset(resume_at_, in_.path()));
  if (records_.size() < out.room()) records_.resize(out.room());
  for (;;) {
    const Input input = in_.ended() ? Input::ended : Input::open;
    const std::span<Text> found = std::span(records_).first(out.room());
    const Split split = splitter_.split(in_.window(), input, found);
    in_.consume(split.consumed);
    if (split.records != 0) {
      const Timestamp now = cx.env().clock.wall();
      for (const Text& line : found.first(split.records)) out.push_back({line}, now);
      out.hold(in_.arena());
      co_return ReadStatus::more;
    }
    if (split.stop == Split::Stop::ended) co_return ReadStatus::end;
    if (split.stop == Split::Stop::too_long) {
      const std::string reason = "a line longer than max_record, " +
                                 std::to_string(options_.max_record.bytes) +
                                 " bytes; is it a text file? Else raise ReadOptions";
      co_await in_.fail(cx, reason);
    }
    if (!in_.ended()) co_await in_.more(cx);
  }
}

}  // namespace millrace::file
