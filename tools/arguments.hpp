// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::tool {

/// The command line can't be understood; the message says which word and why.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whether an option is followed by a value.
enum class Takes : unsigned char { nothing, value };

struct Option {
  std::string_view name;  ///< with its dashes
  Takes takes = Takes::nothing;
};

/// A command's words, sorted into options and the rest. `--name value` and `--name=value` mean the
/// same; `--` ends the options, so that a key may begin with a dash.
class Arguments {
 public:
  /// Errors: UsageError for an option that is not in `options`, or a value that is missing.
  Arguments(std::span<const std::string> words, std::span<const Option> options);

  const std::vector<std::string>& rest() const { return rest_; }
  bool has(std::string_view option) const;
  /// The last value given.
  std::optional<std::string> value(std::string_view option) const;
  std::string value_or(std::string_view option, std::string_view otherwise) const;
  /// Errors: UsageError when the value is no number of 64 bits.
  std::optional<std::uint64_t> number(std::string_view option) const;

 private:
  std::vector<std::pair<std::string, std::string>> given_;
  std::vector<std::string> rest_;
};

/// Errors: UsageError with `what` when `text` is not a decimal number of 64 bits.
std::uint64_t to_number(std::string_view text, std::string_view what);

}  // namespace millrace::tool
