// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/csv.hpp"

#include <algorithm>
#include <cstring>

#include "file/offset.hpp"

namespace millrace::file {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// What is passed on of a record whose quote is never closed. The decoder refuses it for that quote,
// and the next line begins a record again: one bad line does not take the rest with it.
Text first_line(std::string_view record) {
  record = record.substr(0, record.find('\n'));
  if (record.ends_with('\r')) record.remove_suffix(1);
  return Text(record);
}

}  // namespace

CsvSource::CsvSource(std::string path, CsvOptions options)
    : in_(std::move(path)), options_(options), splitter_({.max_record = options.read.max_record}) {}

Position CsvSource::position() const {
  return in_.is_open() ? to_position(in_.offset()) : resume_at_;
}

Task<> CsvSource::open(Context& cx) {
  const std::uint64_t offset = resume_at_.empty() ? 0 : to_offset(resume_at_, in_.path());
  co_await in_.open(cx, offset);
  if (options_.header == Header::none) co_return;
  in_.seek(0);
  co_await read_header(cx);
  if (offset > in_.offset()) {
    in_.seek(offset);
    splitter_.start_over();
  }
}

Task<> CsvSource::read_header(Context& cx) {
  Split split;
  Text header;
  for (;;) {
    const Input input = in_.ended() ? Input::ended : Input::open;
    split = splitter_.split(in_.window(), input, std::span(&header, 1));
    if (split.records == 1) break;
    if (split.stop == Split::Stop::ended) co_return;  // an empty file
    if (split.stop == Split::Stop::too_long) {
      const std::string reason = "a header longer than max_record, " +
                                 std::to_string(options_.read.max_record.bytes) +
                                 " bytes; is it a CSV file?";
      co_await in_.fail(cx, reason);
    }
    if (!in_.ended()) co_await in_.more(cx);
  }
  std::string_view names = header;
  if (names.starts_with(byte_order_mark)) names.remove_prefix(byte_order_mark.size());
  header_arena_ = cx.arenas().take(header.size());
  std::memcpy(header_arena_->data(), names.data(), names.size());
  header_ = Text(header_arena_->data(), static_cast<std::uint32_t>(names.size()));
  in_.consume(split.consumed);
}

Task<ReadStatus> CsvSource::read(Batch<csv::Row>& out, Context& cx) {
  if (!in_.is_open()) co_await open(cx);
  for (;;) {
    const Input input = in_.ended() ? Input::ended : Input::open;
    const std::span<csv::Row> free(out.writable() + out.size(), out.room());
    const Split split = splitter_.split(in_.window(), input, header_, free);
    if (split.records != 0) {
      std::size_t consumed = split.consumed;
      Text& last = free[split.records - 1].text;
      const std::size_t line_end = last.view().find('\n');
      if (split.cut == Split::Cut::open_quote && line_end != std::string_view::npos) {
        consumed = static_cast<std::size_t>(last.data() - in_.window().data()) + line_end + 1;
        last = first_line(last);
      }
      std::fill_n(out.writable_times() + out.size(), split.records, cx.env().clock.wall());
      out.resize(out.size() + static_cast<std::uint32_t>(split.records));
      out.hold(in_.arena());
      out.hold(header_arena_);
      in_.consume(consumed);
      co_return ReadStatus::more;
    }
    in_.consume(split.consumed);
    if (split.stop == Split::Stop::ended) co_return ReadStatus::end;
    if (split.stop == Split::Stop::too_long) {
      co_await pass_long_record(out, cx);
      co_return ReadStatus::more;
    }
    if (!in_.ended()) co_await in_.more(cx);
  }
}

// Most likely a quote that is never closed: see first_line().
Task<> CsvSource::pass_long_record(Batch<csv::Row>& out, Context& cx) {
  const std::string_view window = in_.window();
  const std::size_t end = window.find('\n');
  if (end == std::string_view::npos || end >= options_.read.max_record.bytes) {
    const std::string reason = "a line longer than max_record, " +
                               std::to_string(options_.read.max_record.bytes) +
                               " bytes; is it a CSV file? Else raise ReadOptions";
    co_await in_.fail(cx, reason);
  }
  out.push_back({header_, first_line(window)}, cx.env().clock.wall());
  out.hold(in_.arena());
  out.hold(header_arena_);
  in_.consume(end + 1);
  splitter_.start_over();
}

}  // namespace millrace::file
