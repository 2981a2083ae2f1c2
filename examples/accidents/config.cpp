// SPDX-License-Identifier: BSL-1.0
#include "config.hpp"

#include <array>

#include "common/flags.hpp"
#include "millrace/formats/explain.hpp"
#include "millrace/formats/time.hpp"

namespace accidents {
namespace {

using examples::Flags;
using millrace::Errc;
using millrace::Error;
using millrace::Result;
namespace log = millrace::log;

constexpr std::array<std::string_view, 6> commands{"demo",    "run",      "produce",
                                                   "consume", "generate", "report"};

constexpr std::string_view intro =
    R"(US accidents: a CSV of accidents becomes a stream; out of it come a raw layer, totals per
severity and minute, a second stream of the severe ones, and from that a metric and alerts.

  accidents <command> [flags]

  demo       what runs without a command: 200,000 generated rows with stamped times, in a fresh
             directory
  run        producer, analysis and real-time layer in one process, until the input is used up;
             stopped by Ctrl-C it goes on where it was at the next start
  produce    only the producer: rows to stream 1
  consume    only the other two: in another process, at the same time or later
  generate   writes such a CSV file
  report     writes report.html anew from what is in the directory

  accidents run --input US_Accidents.csv --dir /tmp/accidents
  accidents produce --rate 1000 &  accidents consume --start TRIM_HORIZON
  accidents generate --bytes 500MB --output big.csv

)";

Flags::Take start_into(log::Start& target) {
  return [&target](std::string_view text) -> Result<void> {
    if (text == "LATEST")
      target = log::Start::latest();
    else if (text == "TRIM_HORIZON")
      target = log::Start::trim_horizon();
    else
      return Error(Errc::invalid_input,
                   "wants LATEST or TRIM_HORIZON, got " + millrace::detail::seen(text));
    return {};
  };
}

Flags::Take release_into(Release& target) {
  return [&target](std::string_view text) -> Result<void> {
    if (text != "46" && text != "47")
      return Error(Errc::invalid_input, "wants 46 or 47, got " + millrace::detail::seen(text));
    target = text == "46" ? Release::columns_46 : Release::columns_47;
    return {};
  };
}

Flags::Take cut_into(GenerateOptions& target) {
  return [&target](std::string_view text) -> Result<void> {
    if (text != "yes" && text != "no")
      return Error(Errc::invalid_input, "wants yes or no, got " + millrace::detail::seen(text));
    target.cut_last_row = text == "yes";
    return {};
  };
}

Flags::Take stamp_start_into(StampOptions& target) {
  return [&target](std::string_view text) -> Result<void> {
    Result<Timestamp> time = millrace::parse_time(text);
    if (!time) return time.take_error();
    target.start = *time;
    return {};
  };
}

void add_input(Flags& flags, Config& c) {
  flags.add("input", c.input, "FILE", "the CSV to read; without it one is generated");
  flags.add("rows", c.generate.rows, "N", "rows to generate");
  flags.add("bytes", c.generate.bytes, "SIZE", "generate this much instead, such as 500MB");
  flags.add("bad-rows", c.generate.bad_rows, "N", "of them, that nobody can read");
  flags.add("empty-rows", c.generate.empty_rows, "N", "all-empty rows at the end");
  flags.add("cut-last-row", cut_into(c.generate), "yes|no", "end in the middle of a row");
  flags.add("columns", release_into(c.generate.release), "47|46", "which release to look like");
  flags.add("seed", c.generate.seed, "N", "of the rows and of the stamps' disorder");
}

void add_stamps(Flags& flags, Config& c) {
  flags.add("stamp-start", stamp_start_into(c.stamp), "TIME",
            "Txn_Timestamp of the first row; without it rows get the time of day");
  flags.add("stamp-step", c.stamp.step, "TIME", "from row to row, such as 20ms");
  flags.add("stamp-disorder", c.stamp.disorder, "TIME", "rows come up to this much out of order");
  flags.add("rate", c.rate, "N", "rows a second; 0 as fast as it goes");
}

void add_streams(Flags& flags, Config& c) {
  flags.add("dir", c.dir, "DIR", "everything the job keeps and gives");
  flags.add("shards", examples::positive_into(c.shards), "N", "of each stream, when it is made");
  flags.add("start", start_into(c.start), "WHERE",
            "where in stream 1 a new consumer begins: TRIM_HORIZON or LATEST");
}

void add_analysis(Flags& flags, Config& c) {
  flags.add("threshold", c.analysis.threshold, "N", "severities above it go to stream 2");
  flags.add("window", examples::positive_into(c.analysis.window), "TIME",
            "size of the totals' windows");
  flags.add("idle-after", c.analysis.idle_after, "TIME",
            "a silent shard holds the watermark back for this long");
  flags.add("lake-size", c.lake.roll_size, "SIZE", "of the raw layer's objects");
  flags.add("lake-interval", c.lake.roll_interval, "TIME", "after which one is written anyway");
}

Flags flags_of(Config& c) {
  Flags flags;
  add_streams(flags, c);
  add_input(flags, c);
  flags.add("output", c.output, "FILE", "where generate writes");
  add_stamps(flags, c);
  add_analysis(flags, c);
  examples::add_flags(flags, c.running);
  return flags;
}

void prepare(Config& c) {
  if (c.command == Command::consume) c.start = log::Start::latest();
  if (c.command != Command::demo) return;
  // What the demo and its tests know the totals of.
  c.stamp.start = Timestamp(std::chrono::sys_days{std::chrono::year{2022} / 12 / 24});
  c.stamp.disorder = std::chrono::seconds(2);
  c.generate.bad_rows = 8;
}

}  // namespace

Result<Config> parse_config(std::span<char* const> args) {
  auto config = examples::parse_command_line<Config>(args, commands, flags_of, prepare);
  if (config) config->stamp.seed = config->generate.seed;
  return config;
}

std::string help_text() {
  Config c;
  return std::string(intro) + flags_of(c).help();
}

}  // namespace accidents
