// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

/// The words that generated rows are made of.
namespace accidents {

struct Place {
  std::string_view city, county, state, timezone, airport;
  std::uint32_t zipcode;
  double lat, lng;
};

inline constexpr std::array places{
    Place{"Dublin", "Franklin", "OH", "US/Eastern", "KOSU", 43017, 40.10, -83.11},
    Place{"Columbus", "Franklin", "OH", "US/Eastern", "KCMH", 43215, 39.96, -83.00},
    Place{"Dayton", "Montgomery", "OH", "US/Eastern", "KFFO", 45424, 39.76, -84.19},
    Place{"Cincinnati", "Hamilton", "OH", "US/Eastern", "KLUK", 45203, 39.10, -84.51},
    Place{"Akron", "Summit", "OH", "US/Eastern", "KAKR", 44311, 41.08, -81.52},
    Place{"Los Angeles", "Los Angeles", "CA", "US/Pacific", "KCQT", 90012, 34.05, -118.24},
    Place{"Sacramento", "Sacramento", "CA", "US/Pacific", "KSAC", 95814, 38.58, -121.49},
    Place{"San Diego", "San Diego", "CA", "US/Pacific", "KSAN", 92101, 32.72, -117.16},
    Place{"Bakersfield", "Kern", "CA", "US/Pacific", "KBFL", 93301, 35.37, -119.02},
    Place{"Miami", "Miami-Dade", "FL", "US/Eastern", "KMIA", 33130, 25.76, -80.19},
    Place{"Orlando", "Orange", "FL", "US/Eastern", "KORL", 32801, 28.54, -81.38},
    Place{"Jacksonville", "Duval", "FL", "US/Eastern", "KCRG", 32202, 30.33, -81.66},
    Place{"Charlotte", "Mecklenburg", "NC", "US/Eastern", "KCLT", 28202, 35.23, -80.84},
    Place{"Raleigh", "Wake", "NC", "US/Eastern", "KRDU", 27601, 35.78, -78.64},
    Place{"Dallas", "Dallas", "TX", "US/Central", "KDAL", 75201, 32.78, -96.80},
    Place{"Houston", "Harris", "TX", "US/Central", "KHOU", 77002, 29.76, -95.37},
    Place{"Austin", "Travis", "TX", "US/Central", "KATT", 78701, 30.27, -97.74},
    Place{"Nashville", "Davidson", "TN", "US/Central", "KBNA", 37203, 36.16, -86.78},
    Place{"Minneapolis", "Hennepin", "MN", "US/Central", "KMIC", 55401, 44.98, -93.27},
    Place{"Saint Paul", "Ramsey", "MN", "US/Central", "KSTP", 55101, 44.95, -93.09},
    Place{"Phoenix", "Maricopa", "AZ", "US/Mountain", "KPHX", 85003, 33.45, -112.07},
    Place{"Denver", "Denver", "CO", "US/Mountain", "KBKF", 80202, 39.74, -104.99},
    Place{"Portland", "Multnomah", "OR", "US/Pacific", "KPDX", 97204, 45.52, -122.68},
    Place{"O'Fallon", "Saint Charles", "MO", "US/Central", "KSUS", 63366, 38.81, -90.70}};

/// Leading blanks as in the real set; one name needs quotes.
inline constexpr std::array<std::string_view, 16> streets{"Outerbelt E",
                                                          " Forest Ridge Dr",
                                                          "I-70 E",
                                                          "I-71 S",
                                                          "OH-315 N",
                                                          "Main St",
                                                          " E Broad St",
                                                          "Brice Rd",
                                                          "\"State Rte 4, S\"",
                                                          "I-5 N",
                                                          "Sawmill Rd",
                                                          " W 5th Ave",
                                                          "US-101 N",
                                                          "I-95 S",
                                                          "Palmetto Expy",
                                                          "Martin Luther King Jr Blvd"};

/// Descriptions as they stand in the file: commas and doubled quotes inside quoted text.
inline constexpr std::array<std::string_view, 8> descriptions{
    "Between Sawmill Rd/Exit 20 and OH-315/Olentangy Riv Rd/Exit 22 - Accident",
    "\"Right lane blocked due to accident on I-70 Eastbound at Exit 41 OH-235, State Route 4\"",
    "Accident on Brice Rd at Tussing Rd. Expect delays.",
    "\"Accident at the \"\"Mixing Bowl\"\", two left lanes closed\"",
    "At I-271 - Accident",
    "\"Serious accident; \"\"seek alternate route\"\"\"",
    "Incident on MAIN ST near SUNNYVALE AVE Expect delays",
    "\"Lane closed, queueing traffic, accident on I-5 Northbound\""};

inline constexpr std::array<std::string_view, 12> weather{"Fair",
                                                          "Clear",
                                                          "Cloudy",
                                                          "Mostly Cloudy",
                                                          "Partly Cloudy",
                                                          "Overcast",
                                                          "Light Rain",
                                                          "Rain",
                                                          "Light Snow",
                                                          "Fog",
                                                          "Thunderstorms and Rain",
                                                          "Light Rain / Windy"};

inline constexpr std::array<std::string_view, 10> winds{"SW", "N",   "NNE",  "E",   "SSE",
                                                        "S",  "WNW", "CALM", "VAR", "West"};

}  // namespace accidents
