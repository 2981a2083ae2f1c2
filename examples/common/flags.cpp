// SPDX-License-Identifier: BSL-1.0
#include "flags.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "millrace/formats/explain.hpp"
#include "millrace/formats/time.hpp"

namespace examples {
namespace {

using millrace::ByteSize;
using millrace::Duration;
using millrace::Errc;
using millrace::Error;
using millrace::Result;

Error wants(std::string_view what, std::string_view seen) {
  return {Errc::invalid_input,
          "wants " + std::string(what) + ", got " + millrace::detail::seen(seen)};
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// A whole number followed by one of the units.
template <std::size_t N>
bool parse_with_unit(std::string_view text, const std::array<Unit, N>& units, std::uint64_t& out) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units)
    if (unit.name == name) return !__builtin_mul_overflow(number, unit.factor, &out);
  return false;
}

template <class Number>
Flags::Take number_into(Number& target) {
  return [&target](std::string_view text) -> Result<void> {
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, target);
    if (error != std::errc() || rest != end) return wants("a whole number", text);
    return {};
  };
}

template <class T>
Flags::Take parsed_into(T& target, Result<T> (*parse)(std::string_view)) {
  return [&target, parse](std::string_view text) -> Result<void> {
    Result<T> value = parse(text);
    if (!value) return value.take_error();
    target = *value;
    return {};
  };
}

}  // namespace

Result<std::size_t> take_command(std::span<char* const>& args,
                                 std::span<const std::string_view> commands) {
  for (const std::string_view arg : args)
    if (arg == "--help" || arg == "-h" || arg == "help") return commands.size();
  if (args.empty() || std::string_view(args[0]).starts_with("--")) return std::size_t{0};
  const auto found = std::find(commands.begin(), commands.end(), args[0]);
  if (found == commands.end())
    return Error(Errc::invalid_input, "unknown command " + millrace::detail::seen(args[0]) +
                                          millrace::detail::did_you_mean(args[0], commands) +
                                          " (--help lists them)");
  args = args.subspan(1);
  return static_cast<std::size_t>(found - commands.begin());
}

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::array<Unit, 5> units{
      {{"us", 1}, {"ms", 1000}, {"s", 1'000'000}, {"min", 60'000'000}, {"h", 3'600'000'000}}};
  std::uint64_t us = 0;
  if (!parse_with_unit(text, units, us) || us > static_cast<std::uint64_t>(Duration::max().count()))
    return wants("a time such as 20ms, 5s or 1min", text);
  return Duration(static_cast<std::int64_t>(us));
}

Result<ByteSize> parse_size(std::string_view text) {
  constexpr std::array<Unit, 8> units{{{"", 1},
                                       {"B", 1},
                                       {"kB", 1000},
                                       {"MB", 1'000'000},
                                       {"GB", 1'000'000'000},
                                       {"KiB", 1ull << 10},
                                       {"MiB", 1ull << 20},
                                       {"GiB", 1ull << 30}}};
  std::uint64_t bytes = 0;
  if (!parse_with_unit(text, units, bytes)) return wants("a size such as 500MB or 5MiB", text);
  return ByteSize{bytes};
}

Flags::Take positive_into(std::uint32_t& target) {
  return [&target](std::string_view text) -> Result<void> {
    Result<void> taken = number_into(target)(text);
    if (taken && target == 0) return Error(Errc::invalid_input, "must be at least 1");
    return taken;
  };
}
Flags::Take positive_into(Duration& target) {
  return [&target](std::string_view text) -> Result<void> {
    Result<void> taken = parsed_into(target, parse_duration)(text);
    if (taken && target <= Duration::zero()) return Error(Errc::invalid_input, "must be positive");
    return taken;
  };
}

void Flags::add(std::string name, std::string& target, std::string value, std::string help) {
  const auto take = [&target](std::string_view text) -> Result<void> {
    target = text;
    return {};
  };
  add(std::move(name), Take(take), std::move(value), std::move(help));
}
void Flags::add(std::string name, std::uint64_t& target, std::string value, std::string help) {
  add(std::move(name), number_into(target), std::move(value), std::move(help));
}
void Flags::add(std::string name, std::uint32_t& target, std::string value, std::string help) {
  add(std::move(name), number_into(target), std::move(value), std::move(help));
}
void Flags::add(std::string name, std::int32_t& target, std::string value, std::string help) {
  add(std::move(name), number_into(target), std::move(value), std::move(help));
}
void Flags::add(std::string name, Duration& target, std::string value, std::string help) {
  add(std::move(name), parsed_into(target, parse_duration), std::move(value), std::move(help));
}
void Flags::add(std::string name, ByteSize& target, std::string value, std::string help) {
  add(std::move(name), parsed_into(target, parse_size), std::move(value), std::move(help));
}
void Flags::add(std::string name, millrace::Timestamp& target, std::string value,
                std::string help) {
  add(std::move(name), parsed_into(target, millrace::parse_time), std::move(value),
      std::move(help));
}
void Flags::add(std::string name, Take take, std::string value, std::string help) {
  flags_.push_back({std::move(name), std::move(value), std::move(help), std::move(take)});
}

const Flags::Flag* Flags::find(std::string_view name) const {
  for (const Flag& flag : flags_)
    if (flag.name == name) return &flag;
  return nullptr;
}

Result<void> Flags::parse(std::span<char* const> args) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view arg = args[i];
    const std::size_t equals = arg.find('=');
    const bool dashed = arg.substr(0, 2) == "--";
    const std::string_view name = dashed ? arg.substr(2, equals - 2) : arg;
    const Flag* flag = dashed ? find(name) : nullptr;
    if (!flag) {
      std::vector<std::string> dashed_names;
      for (const Flag& known : flags_) dashed_names.push_back("--" + known.name);
      const std::vector<std::string_view> names(dashed_names.begin(), dashed_names.end());
      return Error(Errc::invalid_input,
                   "unknown flag " + std::string(arg.substr(0, equals)) +
                       millrace::detail::did_you_mean(arg.substr(0, equals), names) +
                       " (--help lists them)");
    }
    if (equals == arg.npos && ++i == args.size())
      return Error(Errc::invalid_input, "--" + flag->name + " wants a value: " + flag->value);
    const std::string_view value = equals == arg.npos ? args[i] : arg.substr(equals + 1);
    if (auto taken = flag->take(value); !taken)
      return Error(Errc::invalid_input, "--" + flag->name + " " + taken.error().message());
  }
  return {};
}

std::string Flags::help() const {
  std::string text;
  for (const Flag& flag : flags_) {
    std::string line = "  --" + flag.name + " " + flag.value;
    line.resize(std::max<std::size_t>(line.size() + 2, 30), ' ');
    text += line + flag.help + "\n";
  }
  return text;
}

}  // namespace examples
