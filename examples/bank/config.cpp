// SPDX-License-Identifier: BSL-1.0
#include "config.hpp"

#include <array>

#include "common/flags.hpp"

namespace bank {
namespace {

using examples::Flags;
using millrace::Result;

constexpr std::array<std::string_view, 5> commands{"demo", "run", "produce", "consume", "report"};

constexpr std::string_view intro =
    R"(Bank marketing: rows of a CSV become a stream; two delivery streams take it, one to an index
with panels, one to a lake with a catalog and a query.

  bank <command> [flags]

  demo       what runs without a command: the 1,000 rows that come with it, in a fresh directory
  run        producer and both deliveries in one process, until the input is used up; stopped by
             Ctrl-C it goes on where it was at the next start
  produce    only the producer: rows to the data stream
  consume    only the deliveries: in another process, at the same time or later
  report     panels, catalog, query and report.html anew from what is in the directory

  bank run --input bank.csv --dir /tmp/bank
  bank produce --rate 100 &  bank consume --interval 5s

)";

Flags flags_of(Config& c) {
  Flags flags;
  flags.add("dir", c.dir, "DIR", "everything the job keeps and gives");
  flags.add("input", c.input, "FILE", "the CSV to read");
  flags.add("rate", c.rate, "N", "rows a second; 0 as fast as it goes");
  flags.add("shards", examples::positive_into(c.shards), "N",
            "of the data stream, when it is made");
  flags.add("size", c.buffering.size, "SIZE", "of a delivery's buffer, 5MiB when not given");
  flags.add("interval", c.buffering.interval, "TIME", "after which it is delivered anyway, 300s");
  examples::add_flags(flags, c.running);
  return flags;
}

}  // namespace

Result<Config> parse_config(std::span<char* const> args) {
  return examples::parse_command_line<Config>(args, commands, flags_of);
}

std::string help_text() {
  Config c;
  return std::string(intro) + flags_of(c).help();
}

}  // namespace bank
