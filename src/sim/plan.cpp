// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/plan.hpp"

#include <array>
#include <charconv>

namespace millrace::sim {
namespace {

using Kind = PlannedFault::Kind;
constexpr std::array<std::string_view, 10> kinds = {"kill",   "power", "io",   "full", "torn",
                                                    "delays", "wait",  "slow", "wall", "fail"};

std::string text_of(Duration d) { return std::to_string(d.count()) + "us"; }

std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

template <class Int>
bool parse_int(std::string_view digits, Int& n) {
  const auto [end, e] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return e == std::errc{} && end == digits.data() + digits.size();
}

bool parse_time(std::string_view word, Duration& d) {
  Duration::rep n = 0;
  if (!word.ends_with("us") || !parse_int(word.substr(0, word.size() - 2), n)) return false;
  d = Duration(n);
  return true;
}

bool parse_kind(std::string_view word, Kind& kind) {
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (kinds[i] == word) return kind = static_cast<Kind>(i), true;
  return false;
}

bool parse_site(std::string_view word, PlannedFault& fault) {
  const std::size_t hash = word.rfind('#');
  fault.site = word.substr(0, hash);
  return hash == std::string_view::npos ||
         (parse_int(word.substr(hash + 1), fault.visit) && fault.visit > 0);
}

bool parse_fault(std::string_view rest, PlannedFault& fault) {
  if (!parse_time(next_word(rest), fault.after) || !parse_kind(next_word(rest), fault.kind))
    return false;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (word == "by") {
      if (!parse_time(next_word(rest), fault.by)) return false;
    } else if (word == "lasting") {
      if (!parse_time(next_word(rest), fault.lasting)) return false;
    } else if (!fault.site.empty() || !parse_site(word, fault)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string to_text(const Plan& plan) {
  std::string text;
  for (const PlannedFault& fault : plan) {
    if (!text.empty()) text += "; ";
    text += text_of(fault.after) + ' ';
    text += kinds[static_cast<std::size_t>(fault.kind)];
    if (!fault.site.empty()) text += ' ' + fault.site;
    if (fault.visit != 1) text += '#' + std::to_string(fault.visit);
    if (fault.by != Duration::zero()) text += " by " + text_of(fault.by);
    if (fault.lasting != Duration::zero()) text += " lasting " + text_of(fault.lasting);
  }
  return text;
}

Result<Plan> parse_plan(std::string_view text) {
  Plan plan;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    PlannedFault fault;
    if (!parse_fault(part, fault))
      return Error(Errc::invalid_input,
                   "fault plan: \"" + std::string(part) +
                       "\" is no fault; write one as a failed check prints it: "
                       "\"120000us power checkpoint.decided\"");
    plan.push_back(std::move(fault));
  }
  return plan;
}

}  // namespace millrace::sim
