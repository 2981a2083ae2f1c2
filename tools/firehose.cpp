// SPDX-License-Identifier: BSL-1.0
#include <array>

#include "command.hpp"
#include "millrace/firehose/prefix.hpp"
#include "millrace/formats/time.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

using firehose::KeyOrigin;

// What NAME=VALUE,NAME=VALUE says.
void read_keys(const std::string& option, std::string_view text, KeyOrigin origin,
               firehose::PartitionKeys& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view pair = text.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos)
      throw UsageError(option + " needs NAME=VALUE,..., not \"" + std::string(pair) + "\"");
    out.set(origin, pair.substr(0, equals), pair.substr(equals + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Timestamp time_of(const Arguments& arguments, Env& env) {
  const auto text = arguments.value("--at");
  if (!text) return env.clock.wall();
  const auto time = parse_time(*text);
  if (!time) throw UsageError("--at: " + time.error().message());
  return *time;
}

void prefix(const Arguments& arguments, Env& env) {
  const std::string& expression = arguments.rest()[0];
  firehose::PartitionKeys keys;
  read_keys("--query-keys", arguments.value_or("--query-keys", ""), KeyOrigin::query, keys);
  read_keys("--lambda-keys", arguments.value_or("--lambda-keys", ""), KeyOrigin::lambda, keys);
  firehose::PrefixOptions options;
  if (arguments.has("--error")) options.kind = firehose::PrefixKind::error;
  if (keys.size() > 0 || arguments.has("--dynamic"))
    options.dynamic_partitioning = firehose::DynamicPartitioning::on;

  const auto zone = firehose::TimeZone::find(arguments.value_or("--zone", "UTC"), env.fs).value();
  const Timestamp arrival = time_of(arguments, env);
  const std::string error_type = arguments.value_or("--error", "");
  const auto parsed = firehose::Prefix::parse(expression, options).value();
  if (const auto error = arguments.value("--error-prefix"))
    (void)firehose::parse_prefixes(expression, *error, options).value();
  if (arguments.has("--validate")) return print_line("valid");
  print_line(visible(parsed
                         .expand({.arrival = arrival,
                                  .zone = zone,
                                  .rng = env.rng,
                                  .keys = &keys,
                                  .error_output_type = error_type})
                         .value()));
}

constexpr std::array prefix_options = {Option{"--at", Takes::value},
                                       Option{"--zone", Takes::value},
                                       Option{"--validate"},
                                       Option{"--error", Takes::value},
                                       Option{"--error-prefix", Takes::value},
                                       Option{"--dynamic"},
                                       Option{"--query-keys", Takes::value},
                                       Option{"--lambda-keys", Takes::value}};

constexpr std::array commands = {Command{
    "firehose", "prefix", "evaluates or checks the prefix of delivered objects",
    "[--at TIME] [--zone ZONE] [--validate] [OPTION]... EXPR",
    "Prints the beginning of the keys of objects that a delivery with the prefix EXPR stores.\n"
    "A prefix that can't be one is refused, with the column of the fault.\n\n"
    "  --at TIME             when the object's oldest record came (UTC), now by default\n"
    "  --zone ZONE           IANA name or offset: Asia/Tokyo, +09:00; UTC by default\n"
    "  --validate            only check, and print \"valid\"\n"
    "  --error TYPE          EXPR is an error prefix; TYPE is what went wrong, for example\n"
    "                        processing-failed\n"
    "  --error-prefix EXPR   check this error prefix beside it, too\n"
    "  --dynamic             with dynamic partitioning, even without keys\n"
    "  --query-keys NAME=VALUE,...\n"
    "  --lambda-keys NAME=VALUE,...   the record's partition keys\n\n"
    "  millrace firehose prefix --at 2026-07-13T14:05:09 'raw/!{timestamp:yyyy/MM}/'\n"
    "  millrace firehose prefix --zone Asia/Tokyo legacy\n"
    "  millrace firehose prefix --validate 'raw/!{timestamp:YYYY/MM}/'\n"
    "  millrace firehose prefix --error processing-failed es/",
    prefix_options, 1, 1, prefix}};

}  // namespace

std::span<const Command> firehose_commands() { return commands; }

}  // namespace millrace::tool
