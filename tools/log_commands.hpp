// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <optional>

#include "command.hpp"
#include "millrace/log/inspect.hpp"

namespace millrace::tool {

void append_to_log(const Arguments& arguments, Env& env);
void dump_log(const Arguments& arguments, Env& env);
void tail_log(const Arguments& arguments, Env& env);
/// With --follow: the last records, and then those that come, until the log is sealed.
Task<> follow_log(const Arguments& arguments, Env& env, Strand& strand);
void verify_log(const Arguments& arguments, Env& env);

/// What --shard and --data ask for. Errors: UsageError.
std::optional<std::uint32_t> chosen_shard(const Arguments& arguments);
log::OnRecord record_printer(const Arguments& arguments);
/// Hands over the last records of one shard, as many as --count says; not_found when there is none.
Result<void> print_tail(const Arguments& arguments, Env& env, std::uint32_t shard,
                        const log::OnRecord& show);

}  // namespace millrace::tool
