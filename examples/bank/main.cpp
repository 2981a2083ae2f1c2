// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <filesystem>

#include "common/files.hpp"
#include "common/letter.hpp"
#include "common/paced.hpp"
#include "common/stages.hpp"
#include "common/summary.hpp"
#include "config.hpp"
#include "millrace/file/csv.hpp"
#include "millrace/file/lines_sink.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/log/log.hpp"
#include "millrace/log/source.hpp"
#include "millrace/log/transactional_sink.hpp"
#include "millrace/runtime/real_env.hpp"
#include "results.hpp"

using namespace bank;
using namespace examples;
using millrace::Env;
using millrace::Topology;

namespace {

Stage producing(const Config& c) {
  Topology t{"bank-producer"};
  using Rows = Paced<millrace::file::CsvSource>;
  auto rows = t.source("csv", Rows(millrace::file::csv(c.input), c.rate),
                       {.batch_records = Rows::batch_records(c.rate)})
                  .parallelism(1);
  piped_rows(rows).to("data-stream",
                      millrace::log::TransactionalSink(c.path("data-stream"), {.log = c.stream()}));
  t.dead_letters()
      .map("letter", to_letter)
      .encode("letter-line",
              millrace::json::lines({.invalid_utf8 = millrace::json::InvalidUtf8::replace}))
      .to("rejects",
          millrace::file::LinesSink(c.path("rejects.jsonl"), millrace::Guarantee::exactly_once));
  return {"producer", std::move(t), c.path("state/producer"), c.path("data-stream")};
}

Stage consuming(const Config& c, const Destinations& d) {
  Buffering buffering = c.buffering;
  buffering.spool = c.path("state/spool");
  Topology t{"bank-consumer"};
  deliver(t.source("data-stream", millrace::log::Source(c.path("data-stream"))), documents_of(d),
          d.backup, d.lake, buffering);
  return {"consumer", std::move(t), c.path("state/consumer")};
}

void report(Env& env, const Config& c, Destinations& d) {
  const Results results = read_results(env, c, d).value();
  write_file(env, c.path("report.html"), results_html(results)).value();
  std::fputs(results_text(results).c_str(), stdout);
}

int run(Env& env, const Config& c) {
  std::optional<Destinations> destinations;
  std::vector<Stage> stages;
  millrace::log::Log::open(env, c.path("data-stream"), c.stream()).value().close().value();
  if (c.command != Command::consume) stages.push_back(producing(c));
  if (c.command != Command::produce)
    stages.push_back(consuming(c, destinations.emplace(open_destinations(env, c))));
  const std::vector<StageResult> results = run_stages(env, std::move(stages), c.running);
  std::fputs((stages_text(results) + "\n").c_str(), stdout);
  if (destinations) report(env, c, *destinations);
  return exit_code(results);
}

int main_of(Env& env, const Config& c) {
  if (c.command == Command::help) return std::fputs(help_text().c_str(), stdout) < 0;
  if (c.command == Command::demo)
    for (const char* name : {"data-stream", "index", "lake", "backup", "catalog", "state",
                             "rejects.jsonl", ".spool", "report.html"})
      std::filesystem::remove_all(c.path(name));
  env.fs.make_directories(c.dir).value();
  if (c.command != Command::report) return run(env, c);
  Destinations destinations = open_destinations(env, c);
  report(env, c, destinations);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto config = parse_config(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!config) {
    std::fprintf(stderr, "bank: %s\n", config.error().message().c_str());
    return 2;
  }
  millrace::RealEnv real;
  return main_of(real.env(), *config);
} catch (const std::exception& e) {
  std::fprintf(stderr, "bank: %s\n", e.what());
  return 1;
}
