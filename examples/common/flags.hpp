// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/units.hpp"

namespace examples {

/// The flags of an example's command line and the --help that explains them.
///
///     Flags flags;
///     flags.add("rows", options.rows, "N", "rows to generate");
///     if (auto parsed = flags.parse(args); !parsed) …
///
/// `--name value` and `--name=value` both work. Lifetime: the targets outlive the Flags.
class Flags {
 public:
  using Take = std::function<millrace::Result<void>(std::string_view)>;

  void add(std::string name, std::string& target, std::string value, std::string help);
  void add(std::string name, std::uint64_t& target, std::string value, std::string help);
  void add(std::string name, std::uint32_t& target, std::string value, std::string help);
  void add(std::string name, std::int32_t& target, std::string value, std::string help);
  /// 20ms, 5s, 1min, 250us.
  void add(std::string name, millrace::Duration& target, std::string value, std::string help);
  /// 500MB, 5MiB, 64KiB, 1000.
  void add(std::string name, millrace::ByteSize& target, std::string value, std::string help);
  /// 2022-12-24T00:00:00.
  void add(std::string name, millrace::Timestamp& target, std::string value, std::string help);
  /// Whatever `take` makes of it.
  void add(std::string name, Take take, std::string value, std::string help);

  /// Sets the targets. Errors: invalid_input with the flag, the value seen and what it wants.
  millrace::Result<void> parse(std::span<char* const> args);
  /// The lines of --help, in the order of add().
  std::string help() const;

 private:
  struct Flag {
    std::string name;
    std::string value;
    std::string help;
    Take take;
  };
  const Flag* find(std::string_view name) const;
  std::vector<Flag> flags_;
};

/// Takes the command off the front of `args`: its place in `commands`, 0 when there is none, and
/// their number when anything asks for help. Errors: invalid_input with the nearest command.
millrace::Result<std::size_t> take_command(std::span<char* const>& args,
                                           std::span<const std::string_view> commands);

/// A job's configuration from its command line: the command into `command`, what `prepare` makes of
/// it, and the flags; no flags are read for the command help, which is the one after `commands`.
/// Errors: invalid_input with what is wrong and what is there instead.
template <class Config>
millrace::Result<Config> parse_command_line(
    std::span<char* const> args, std::span<const std::string_view> commands,
    Flags (*flags_of)(Config&), void (*prepare)(Config&) = [](Config&) {}) {
  Config config;
  auto command = take_command(args, commands);
  if (!command) return command.take_error();
  config.command = static_cast<decltype(config.command)>(*command);
  if (*command == commands.size()) return config;
  prepare(config);
  if (auto parsed = flags_of(config).parse(args); !parsed) return parsed.take_error();
  return config;
}

/// What takes a flag's value that must not be zero. Lifetime: the target outlives it.
Flags::Take positive_into(std::uint32_t& target);
Flags::Take positive_into(millrace::Duration& target);

/// Errors of both: invalid_input.
millrace::Result<millrace::Duration> parse_duration(std::string_view text);
millrace::Result<millrace::ByteSize> parse_size(std::string_view text);

}  // namespace examples
