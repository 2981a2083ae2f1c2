// SPDX-License-Identifier: BSL-1.0
#include <array>

#include "log_commands.hpp"

namespace millrace::tool {
namespace {

constexpr std::array append_options = {
    Option{"--count", Takes::value},  Option{"--first", Takes::value},
    Option{"--group", Takes::value},  Option{"--key", Takes::value},
    Option{"--shards", Takes::value}, Option{"--seal"}};
constexpr std::array dump_options = {Option{"--shard", Takes::value}, Option{"--data"}};
constexpr std::array tail_options = {Option{"--shard", Takes::value},
                                     Option{"--count", Takes::value}, Option{"--data"},
                                     Option{"--follow"}};

constexpr std::array commands = {
    Command{
        "log", "append", "appends records and acknowledges them",
        "[--count N] [--first N] [--group N] [--key KEY] [--seal] [--shards N] DIR",
        "Appends each line of stdin as a record to the log in DIR, which is made when it is not\n"
        "there, and prints `ack N` for line N once its record survives power loss.\n\n"
        "  --count N    append N records that hold their own numbers, not stdin\n"
        "  --first N    number from N, not from 0\n"
        "  --group N    write and sync N records together, not one by one\n"
        "  --key KEY    partition key of all records; else each has its number\n"
        "  --seal       nothing will follow: who reads the log ends there\n"
        "  --shards N   how many a new log gets; one by default\n\n"
        "  millrace log append --shards 4 --count 1000 log\n"
        "  millrace log append --group 500 log < rows.jsonl",
        append_options, 1, 1, append_to_log},
    Command{
        "log", "dump", "prints all records", "[--shard N] [--data] DIR",
        "Prints the records of the log in DIR as JSON, one a line, shard by shard, as recovery\n"
        "would keep them. Nothing is changed; a torn tail is reported on stderr.\n\n"
        "  --shard N   of one shard only\n"
        "  --data      the data alone, control bytes as \\xNN\n\n"
        "  millrace log dump log | head\n"
        "  millrace log dump --shard 2 --data log",
        dump_options, 1, 1, dump_log},
    Command{"log", "tail", "prints the last records",
            "[--count N] [--shard N] [--data] [--follow] DIR",
            "Prints the last records of each shard of the log in DIR as JSON, one a line.\n\n"
            "  --count N   how many of each shard, 10 by default\n"
            "  --shard N   of one shard only\n"
            "  --data      the data alone, control bytes as \\xNN\n"
            "  --follow    and then those that come, as they do, until the log is sealed\n\n"
            "  millrace log tail --count 3 log\n"
            "  millrace log tail --follow --data log",
            tail_options, 1, 1, tail_log, follow_log},
    Command{
        "log",
        "verify",
        "checks every byte that records depend on",
        "DIR",
        "Checks headers, frames, records and their order in the log in DIR, and prints how much\n"
        "there is. The first damage is the reason of a refusal, with file and offset.\n\n"
        "  millrace log verify log",
        {},
        1,
        1,
        verify_log},
};

}  // namespace

std::span<const Command> log_commands() { return commands; }

}  // namespace millrace::tool
