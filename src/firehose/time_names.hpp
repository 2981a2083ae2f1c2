// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <string_view>

namespace millrace::firehose {

/// What a month, day, quarter or era is called in US English. Source: Unicode CLDR.
struct TimeName {
  std::string_view brief;
  std::string_view full;
  std::string_view narrow;
};

inline constexpr std::array<TimeName, 12> month_names = {{{"Jan", "January", "J"},
                                                          {"Feb", "February", "F"},
                                                          {"Mar", "March", "M"},
                                                          {"Apr", "April", "A"},
                                                          {"May", "May", "M"},
                                                          {"Jun", "June", "J"},
                                                          {"Jul", "July", "J"},
                                                          {"Aug", "August", "A"},
                                                          {"Sep", "September", "S"},
                                                          {"Oct", "October", "O"},
                                                          {"Nov", "November", "N"},
                                                          {"Dec", "December", "D"}}};
inline constexpr std::array<TimeName, 7> weekday_names = {{{"Sun", "Sunday", "S"},
                                                           {"Mon", "Monday", "M"},
                                                           {"Tue", "Tuesday", "T"},
                                                           {"Wed", "Wednesday", "W"},
                                                           {"Thu", "Thursday", "T"},
                                                           {"Fri", "Friday", "F"},
                                                           {"Sat", "Saturday", "S"}}};
inline constexpr std::array<TimeName, 4> quarter_names = {{{"Q1", "1st quarter", "1"},
                                                           {"Q2", "2nd quarter", "2"},
                                                           {"Q3", "3rd quarter", "3"},
                                                           {"Q4", "4th quarter", "4"}}};
inline constexpr std::array<TimeName, 2> era_names = {
    {{"BC", "Before Christ", "B"}, {"AD", "Anno Domini", "A"}}};

}  // namespace millrace::firehose
