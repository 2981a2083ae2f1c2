// SPDX-License-Identifier: BSL-1.0
#include "arguments.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::tool {
namespace {

const Option& find(std::span<const Option> options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const Option& option) { return option.name == name; });
  if (found != options.end()) return *found;
  std::string known;
  for (const Option& option : options) known += " " + std::string(option.name);
  throw UsageError("unknown option " + std::string(name) +
                   (known.empty() ? "; this command has none" : "; this command has" + known) +
                   " (write -- before a word that begins with a dash)");
}

}  // namespace

Arguments::Arguments(std::span<const std::string> words, std::span<const Option> options) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      rest_.insert(rest_.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      return;
    }
    if (word.size() < 2 || word[0] != '-') {
      rest_.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const Option& option = find(options, std::string_view(word).substr(0, equals));
    std::string value;
    if (option.takes == Takes::nothing) {
      if (equals != std::string::npos)
        throw UsageError(std::string(option.name) + " takes no value");
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (++i < words.size()) {
      value = words[i];
    } else {
      throw UsageError(std::string(option.name) + " needs a value");
    }
    given_.emplace_back(option.name, std::move(value));
  }
}

bool Arguments::has(std::string_view option) const { return value(option).has_value(); }

std::optional<std::string> Arguments::value(std::string_view option) const {
  std::optional<std::string> last;
  for (const auto& [name, value] : given_)
    if (name == option) last = value;
  return last;
}

std::string Arguments::value_or(std::string_view option, std::string_view otherwise) const {
  return value(option).value_or(std::string(otherwise));
}

std::optional<std::uint64_t> Arguments::number(std::string_view option) const {
  const std::optional<std::string> text = value(option);
  if (!text) return std::nullopt;
  return to_number(*text, option);
}

std::uint64_t to_number(std::string_view text, std::string_view what) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || stop != end)
    throw UsageError(std::string(what) + " needs a number, not \"" + std::string(text) + "\"");
  return number;
}

}  // namespace millrace::tool
