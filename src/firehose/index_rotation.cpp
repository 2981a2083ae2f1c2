// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/index_rotation.hpp"

#include <array>
#include <cstdio>
#include <utility>

#include "firehose/civil.hpp"
#include "millrace/store/key_path.hpp"

namespace millrace::firehose {
namespace {

using Named = std::pair<std::string_view, IndexRotation>;
constexpr std::array rotations = {
    Named{"NoRotation", IndexRotation::no_rotation}, Named{"OneHour", IndexRotation::one_hour},
    Named{"OneDay", IndexRotation::one_day}, Named{"OneWeek", IndexRotation::one_week},
    Named{"OneMonth", IndexRotation::one_month}};

Week week_by(const Civil& civil, WeekRule rule) {
  constexpr int sunday = 0;
  constexpr int monday = 1;
  if (rule == WeekRule::iso) return week_of(civil, monday, 4);
  if (rule == WeekRule::first_sunday)
    return {civil.year, (civil.day_of_year + 6 - civil.weekday) / 7};
  const Week week = week_of(civil, sunday, 1);
  if (rule == WeekRule::us || week.year == civil.year) return week;
  // The last days of December lie in a week that the calendar's year does not number.
  const Civil week_before =
      to_civil(Timestamp(std::chrono::days(civil.days - 7)), std::chrono::seconds(0));
  return {civil.year, week_of(week_before, sunday, 1).number + 1};
}

template <class... T>
std::string formatted(const char* format, T... values) {
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), format, values...);
  return out.data();
}

}  // namespace

Result<IndexRotation> parse_rotation(std::string_view name) {
  for (const auto& [known, rotation] : rotations)
    if (known == name) return rotation;
  return Error(Errc::invalid_input,
               "index rotation " + store::quoted(name) +
                   " is not one of NoRotation, OneHour, OneDay, OneWeek and OneMonth");
}

std::string_view to_string(IndexRotation rotation) {
  return rotations[static_cast<std::size_t>(rotation)].first;
}

std::string index_name(std::string_view index, IndexRotation rotation, Timestamp arrival,
                       WeekRule weeks) {
  std::string name(index);
  if (rotation == IndexRotation::no_rotation) return name;
  const Civil civil = to_civil(arrival, std::chrono::seconds(0));
  if (rotation == IndexRotation::one_week) {
    const Week week = week_by(civil, weeks);
    return name + formatted("-%04lld-w%02d", week.year, week.number);
  }
  name += formatted("-%04lld-%02d", civil.year, civil.month);
  if (rotation != IndexRotation::one_month) name += formatted("-%02d", civil.day);
  if (rotation == IndexRotation::one_hour) name += formatted("-%02d", civil.hour());
  return name;
}

Result<void> check_index_name(std::string_view index) {
  const auto bad = [&](std::string_view why) {
    return Error(Errc::invalid_input,
                 "index name " + store::quoted(index) + ": " + std::string(why));
  };
  if (index.empty() || index.size() > 80) return bad("it has none, or more than 80 characters");
  if (index == "." || index == "..") return bad("it stands for a directory");
  if (std::string_view("_-+").find(index.front()) != std::string_view::npos)
    return bad("it begins with one of _ - +");
  for (const char c : index) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 'A' && byte <= 'Z') return bad("it has an upper-case letter");
    if (byte <= ' ' || byte == 0x7F ||
        std::string_view("\\/*?\"<>|,#:").find(c) != std::string_view::npos)
      return bad("it has a blank, a control or one of \\ / * ? \" < > | , # :");
  }
  return {};
}

}  // namespace millrace::firehose
