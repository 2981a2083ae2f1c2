// SPDX-License-Identifier: BSL-1.0
#include "log_commands.hpp"
#include "millrace/log/inspect.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

std::optional<std::uint32_t> shard_of(const Arguments& arguments) {
  const auto shard = arguments.number("--shard");
  if (!shard) return std::nullopt;
  if (*shard > 0xFFFF'FFFF) throw UsageError("--shard " + std::to_string(*shard) + " is too large");
  return static_cast<std::uint32_t>(*shard);
}

log::OnRecord printer(const Arguments& arguments) {
  const bool only_data = arguments.has("--data");
  return [only_data](const log::StoredRecord& record) {
    print_line(only_data ? visible(record.data) : log::to_json(record));
    return true;
  };
}

void warn(const log::Inspection& found) {
  for (const std::string& warning : found.warnings) complain(warning);
}

}  // namespace

void dump_log(const Arguments& arguments, Env& env) {
  warn(log::dump(env.fs, arguments.rest()[0], shard_of(arguments), printer(arguments)).value());
}

void tail_log(const Arguments& arguments, Env& env) {
  const std::string& directory = arguments.rest()[0];
  const std::uint64_t count = arguments.number("--count").value_or(10);
  const auto chosen = shard_of(arguments);
  // Shards are numbered from 0 without a gap, so the first that is not there ends them.
  for (std::uint32_t shard = chosen.value_or(0);; ++shard) {
    Result<log::Inspection> found = log::tail(env.fs, directory, shard, count, printer(arguments));
    const bool past_the_last = !found && found.error().code() == Errc::not_found && shard > 0;
    if (!chosen && past_the_last) return;
    warn(found.value());
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
