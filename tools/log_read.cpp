// SPDX-License-Identifier: BSL-1.0
#include "log_commands.hpp"
#include "millrace/log/inspect.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

void warn(const log::Inspection& found) {
  for (const std::string& warning : found.warnings) complain(warning);
}

}  // namespace

std::optional<std::uint32_t> chosen_shard(const Arguments& arguments) {
  const auto shard = arguments.number("--shard");
  if (!shard) return std::nullopt;
  if (*shard > 0xFFFF'FFFF) throw UsageError("--shard " + std::to_string(*shard) + " is too large");
  return static_cast<std::uint32_t>(*shard);
}

log::OnRecord record_printer(const Arguments& arguments) {
  const bool only_data = arguments.has("--data");
  return [only_data](const log::StoredRecord& record) {
    print_line(only_data ? visible(record.data) : log::to_json(record));
    return true;
  };
}

Result<void> print_tail(const Arguments& arguments, Env& env, std::uint32_t shard,
                        const log::OnRecord& show) {
  const std::uint64_t count = arguments.number("--count").value_or(10);
  Result<log::Inspection> found = log::tail(env.fs, arguments.rest()[0], shard, count, show);
  if (!found) return found.take_error();
  warn(*found);
  return {};
}

void dump_log(const Arguments& arguments, Env& env) {
  warn(log::dump(env.fs, arguments.rest()[0], chosen_shard(arguments), record_printer(arguments))
           .value());
}

void tail_log(const Arguments& arguments, Env& env) {
  if (arguments.has("--follow")) return;  // follow_log() shows them, too
  const auto chosen = chosen_shard(arguments);
  const log::OnRecord show = record_printer(arguments);
  // Shards are numbered from 0 without a gap, so the first that is not there ends them.
  for (std::uint32_t shard = chosen.value_or(0);; ++shard) {
    Result<void> printed = print_tail(arguments, env, shard, show);
    const bool past_the_last = !printed && printed.error().code() == Errc::not_found && shard > 0;
    if (!chosen && past_the_last) return;
    printed.value();
    if (chosen) return;
  }
}

void verify_log(const Arguments& arguments, Env& env) {
  const log::Inspection found = log::verify(env.fs, arguments.rest()[0]).value();
  warn(found);
  print_line("ok: " + std::to_string(found.records) + " records, " +
             std::to_string(found.segments) + " segments, " + std::to_string(found.bytes) +
             " bytes");
}

}  // namespace millrace::tool
