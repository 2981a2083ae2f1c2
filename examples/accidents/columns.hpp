// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>

namespace accidents {

/// The two shapes in which the set was published. Readers find columns by name, so both work.
enum class Release : unsigned char {
  columns_47,  ///< with Number and Side; times mostly 2/8/2016 0:37
  columns_46,  ///< the later one: Source added, Number and Side gone, ISO times
};

inline constexpr std::string_view header_47 =
    "ID,Severity,Start_Time,End_Time,Start_Lat,Start_Lng,End_Lat,End_Lng,Distance(mi),Description,"
    "Number,Street,Side,City,County,State,Zipcode,Country,Timezone,Airport_Code,Weather_Timestamp,"
    "Temperature(F),Wind_Chill(F),Humidity(%),Pressure(in),Visibility(mi),Wind_Direction,"
    "Wind_Speed(mph),Precipitation(in),Weather_Condition,Amenity,Bump,Crossing,Give_Way,Junction,"
    "No_Exit,Railway,Roundabout,Station,Stop,Traffic_Calming,Traffic_Signal,Turning_Loop,"
    "Sunrise_Sunset,Civil_Twilight,Nautical_Twilight,Astronomical_Twilight\n";

inline constexpr std::string_view header_46 =
    "ID,Source,Severity,Start_Time,End_Time,Start_Lat,Start_Lng,End_Lat,End_Lng,Distance(mi),"
    "Description,Street,City,County,State,Zipcode,Country,Timezone,Airport_Code,Weather_Timestamp,"
    "Temperature(F),Wind_Chill(F),Humidity(%),Pressure(in),Visibility(mi),Wind_Direction,"
    "Wind_Speed(mph),Precipitation(in),Weather_Condition,Amenity,Bump,Crossing,Give_Way,Junction,"
    "No_Exit,Railway,Roundabout,Station,Stop,Traffic_Calming,Traffic_Signal,Turning_Loop,"
    "Sunrise_Sunset,Civil_Twilight,Nautical_Twilight,Astronomical_Twilight\n";

}  // namespace accidents
