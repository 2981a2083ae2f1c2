// SPDX-License-Identifier: BSL-1.0
// What two diverted runs of a pipeline have written, record by record.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "command.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

using Lines = std::vector<std::string>;

/// "step.0.lines" is of "step"; nothing for another file.
std::string sink_of(const std::string& file) {
  constexpr std::string_view ending = ".lines";
  if (!file.ends_with(ending)) return {};
  const std::string stem = file.substr(0, file.size() - ending.size());
  return stem.substr(0, std::min(stem.rfind('.'), stem.size()));
}

/// Each sink's lines, those of its subtasks together, sorted.
std::map<std::string, Lines> read_sinks(Env& env, const std::string& directory) {
  std::map<std::string, Lines> sinks;
  const std::vector<std::string> files = env.fs.list(directory).value();
  for (const std::string& file : files) {
    const std::string sink = sink_of(file);
    if (sink.empty()) continue;
    Lines& lines = sinks[sink];
    const std::string bytes = read_input(env, directory + "/" + file);
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
      lines.push_back(bytes.substr(at, end - at));
      at = end + 1;
    }
  }
  if (sinks.empty())
    throw Failure({Errc::not_found, directory + ": there is no file named *.lines; run a pipeline "
                                                "with PipelineOptions::divert_directory"});
  for (auto& [sink, lines] : sinks) std::ranges::sort(lines);
  return sinks;
}

void show_some(std::string_view mark, const Lines& lines, std::size_t most) {
  for (std::size_t i = 0; i < std::min(most, lines.size()); ++i)
    print_line(std::string(mark) + " " + visible(lines[i]));
  if (lines.size() > most && most > 0)
    print_line(std::string(mark) + " ... and " + std::to_string(lines.size() - most) + " more");
}

/// True when both have the same records.
bool compare(const std::string& sink, const Lines& before, const Lines& after, std::size_t most) {
  Lines gone, come;
  std::ranges::set_difference(before, after, std::back_inserter(gone));
  std::ranges::set_difference(after, before, std::back_inserter(come));
  print_line(visible(sink) + ": " + std::to_string(before.size() - gone.size()) + " equal, " +
             std::to_string(gone.size()) + " only before, " + std::to_string(come.size()) +
             " only after");
  show_some("  -", gone, most);
  show_some("  +", come, most);
  return gone.empty() && come.empty();
}

void diff(const Arguments& arguments, Env& env) {
  const auto before = read_sinks(env, arguments.rest()[0]);
  const auto after = read_sinks(env, arguments.rest()[1]);
  const std::size_t most = arguments.number("--show").value_or(5);
  std::map<std::string, std::pair<Lines, Lines>> sinks;
  for (const auto& [sink, lines] : before) sinks[sink].first = lines;
  for (const auto& [sink, lines] : after) sinks[sink].second = lines;
  std::size_t different = 0;
  for (const auto& [sink, lines] : sinks)
    different += compare(sink, lines.first, lines.second, most) ? 0u : 1u;
  if (different == 0) return;
  flush();
  throw Failure({Errc::conflict, std::to_string(different) + " of " + std::to_string(sinks.size()) +
                                     " sinks got other records"});
}

constexpr std::array diff_options{Option{"--show", Takes::value}};

constexpr std::array commands{
    Command{"outputs", "diff", "compares what two diverted runs wrote", "[--show N] BEFORE AFTER",
            "Compares the records of each sink in the directories of two runs of a pipeline whose "
            "sinks were\n"
            "diverted (PipelineOptions::divert_directory), whatever their order: those that only "
            "BEFORE has\n"
            "are marked -, those that only AFTER has +. Exit 1 when any sink differs.\n\n"
            "  --show N   at most N records a sink and side; 5 unless given\n\n"
            "  millrace outputs diff tried/v1 tried/v2",
            diff_options, 2, 2, diff}};

}  // namespace

std::span<const Command> outputs_commands() { return commands; }

}  // namespace millrace::tool
