// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <span>
#include <string_view>

#include "arguments.hpp"
#include "millrace/core/env.hpp"
#include "millrace/core/task.hpp"

namespace millrace::tool {

/// What a command ends with; 1 is a refusal, with its reason on stderr.
enum class Exit : int { good = 0, refused = 1, usage = 2 };

/// One command of two words, such as `store put`.
struct Command {
  std::string_view group;
  std::string_view name;
  std::string_view summary;  ///< one line, for the list of commands
  std::string_view usage;    ///< what follows the two words
  std::string_view help;     ///< what it does, its options, examples
  std::span<const Option> options;
  std::size_t least = 0;  ///< words that are no options
  std::size_t most = 0;
  /// Errors: Failure for a refusal, UsageError.
  void (*run)(const Arguments& arguments, Env& env) = nullptr;
  /// What goes on after it for as long as it likes, if any. Errors: the same.
  Task<> (*go_on)(const Arguments& arguments, Env& env, Strand& strand) = nullptr;
};

inline constexpr std::size_t any_number = static_cast<std::size_t>(-1);

std::span<const Command> log_commands();
std::span<const Command> store_commands();
std::span<const Command> parse_commands();
std::span<const Command> firehose_commands();
std::span<const Command> catalog_commands();
std::span<const Command> index_commands();
std::span<const Command> checkpoint_commands();
std::span<const Command> outputs_commands();

}  // namespace millrace::tool
