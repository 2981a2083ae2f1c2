// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "command.hpp"
#include "millrace/runtime/real_env.hpp"
#include "millrace/version.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

struct Group {
  std::string_view name;
  std::span<const Command> commands;
};

std::vector<Group> groups() {
  return {{"log", log_commands()},
          {"store", store_commands()},
          {"parse", parse_commands()},
          {"firehose", firehose_commands()},
          {"catalog", catalog_commands()},
          {"index", index_commands()},
          {"checkpoint", checkpoint_commands()},
          {"outputs", outputs_commands()}};
}

// "log, store and parse"
std::string group_names() {
  std::string out;
  const auto all = groups();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out += i + 1 == all.size() ? " and " : ", ";
    out += all[i].name;
  }
  return out;
}

/// What the library reports on its way, such as a torn tail that was cut.
class StderrLogger final : public Logger {
 public:
  void log(LogLevel level, std::string_view message) override {
    if (level >= LogLevel::warning) complain(message);
  }
};

void print_overview(std::string_view only_group) {
  print("millrace " MILLRACE_VERSION_STRING
        ": looks into, checks and feeds what pipelines keep on disk\n\n");
  for (const Group& group : groups()) {
    if (!only_group.empty() && group.name != only_group) continue;
    for (const Command& command : group.commands) {
      std::string words = std::string(command.group) + " " + std::string(command.name);
      words.resize(std::max<std::size_t>(words.size(), 18), ' ');
      print_line("  millrace " + words + std::string(command.summary));
    }
  }
  print(
      "\nmillrace COMMAND --help shows options and examples. Exit: 0 done, 1 refused (the reason "
      "is on\nstderr), 2 the command line is wrong.\n");
}

void print_help(const Command& command) {
  print_line("usage: millrace " + std::string(command.group) + " " + std::string(command.name) +
             " " + std::string(command.usage));
  print_line("");
  print_line(command.help);
}

// The command that two words name, or nullptr when help was asked for and printed.
const Command* choose(const std::vector<std::string>& words) {
  const auto wants_help = [](const std::string& word) {
    return word == "--help" || word == "-h" || word == "help";
  };
  if (words.empty()) throw UsageError("a command is missing; see millrace --help");
  if (wants_help(words[0])) return print_overview(""), nullptr;
  if (words[0] == "--version") return print_line(MILLRACE_VERSION_STRING), nullptr;
  const auto all = groups();
  const auto group =
      std::find_if(all.begin(), all.end(), [&](const Group& g) { return g.name == words[0]; });
  if (group == all.end())
    throw UsageError("unknown command " + words[0] + "; there are " + group_names());
  if (words.size() == 1)
    throw UsageError(words[0] + " needs one more word; see millrace " + words[0] + " --help");
  if (wants_help(words[1])) return print_overview(group->name), nullptr;
  const auto command = std::find_if(group->commands.begin(), group->commands.end(),
                                    [&](const Command& c) { return c.name == words[1]; });
  if (command == group->commands.end())
    throw UsageError("unknown command " + words[0] + " " + words[1] + "; see millrace " + words[0] +
                     " --help");
  const auto end = std::find(words.begin(), words.end(), "--");
  const bool help = std::any_of(words.begin() + 2, end, [](const std::string& word) {
    return word == "--help" || word == "-h";
  });
  if (help) return print_help(*command), nullptr;
  return &*command;
}

Task<> guarded(Task<> task, std::exception_ptr& error) {
  try {
    co_await task;
  } catch (...) {
    error = std::current_exception();
  }
}

void go_on(const Command& command, const Arguments& arguments, RealEnv& real) {
  Env& env = real.env();
  const auto strand = env.scheduler.make_strand();
  std::exception_ptr error;
  env.scheduler.spawn(strand, guarded(command.go_on(arguments, env, *strand), error));
  real.run();
  if (error) std::rethrow_exception(error);
}

void run(const std::vector<std::string>& words) {
  const Command* const command = choose(words);
  if (command) {
    const std::span<const std::string> all(words);
    const Arguments arguments(all.subspan(2), command->options);
    const std::size_t count = arguments.rest().size();
    if (count < command->least || count > command->most)
      throw UsageError("usage: millrace " + std::string(command->group) + " " +
                       std::string(command->name) + " " + std::string(command->usage));
    StderrLogger logger;
    RealEnv env({.logger = &logger});
    command->run(arguments, env.env());
    if (command->go_on) go_on(*command, arguments, env);
  }
  flush();
}

}  // namespace
}  // namespace millrace::tool

int main(int argc, char** argv) {
  using namespace millrace::tool;
  Exit exit = Exit::good;
  try {
    run({argv + std::min(argc, 1), argv + argc});
  } catch (const UsageError& error) {
    complain(error.what());
    exit = Exit::usage;
  } catch (const std::exception& error) {
    complain(error.what());
    exit = Exit::refused;
  }
  return static_cast<int>(exit);
}
