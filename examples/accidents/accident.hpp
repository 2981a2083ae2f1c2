// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>

#include "millrace/core/text.hpp"
#include "millrace/core/time.hpp"
#include "millrace/formats/describe.hpp"

namespace accidents {

using millrace::Text;
using millrace::Timestamp;

/// A row of the set, under the names of its columns: of the 47-column and of the later 46-column
/// release. What may be empty, or is missing in one of them, is optional and becomes null.
struct Accident {
  Text id;
  std::optional<Text> source;  // 46 columns only
  std::int32_t severity = 0;
  Timestamp start_time{};
  Timestamp end_time{};
  double start_lat = 0, start_lng = 0;
  std::optional<double> end_lat, end_lng;
  double distance_mi = 0;
  std::optional<Text> description;
  std::optional<double> number;  // 47 columns only
  std::optional<Text> street;
  std::optional<Text> side;  // 47 columns only
  std::optional<Text> city, county, state, zipcode, country, timezone, airport_code;
  std::optional<Timestamp> weather_timestamp;
  std::optional<double> temperature_f, wind_chill_f, humidity_percent, pressure_in, visibility_mi;
  std::optional<Text> wind_direction;
  std::optional<double> wind_speed_mph, precipitation_in;
  std::optional<Text> weather_condition;
  std::optional<bool> amenity, bump, crossing, give_way, junction, no_exit, railway, roundabout,
      station, stop, traffic_calming, traffic_signal, turning_loop;
  std::optional<Text> sunrise_sunset, civil_twilight, nautical_twilight, astronomical_twilight;
  std::optional<Timestamp> txn_timestamp;  // when it was sent: the producer's stamp
};

constexpr auto describe(millrace::type<Accident>) {
  using A = Accident;
  return millrace::fields(
      "ID", &A::id, "Source", &A::source, "Severity", &A::severity, "Start_Time", &A::start_time,
      "End_Time", &A::end_time, "Start_Lat", &A::start_lat, "Start_Lng", &A::start_lng, "End_Lat",
      &A::end_lat, "End_Lng", &A::end_lng, "Distance(mi)", &A::distance_mi, "Description",
      &A::description, "Number", &A::number, "Street", &A::street, "Side", &A::side, "City",
      &A::city, "County", &A::county, "State", &A::state, "Zipcode", &A::zipcode, "Country",
      &A::country, "Timezone", &A::timezone, "Airport_Code", &A::airport_code, "Weather_Timestamp",
      &A::weather_timestamp, "Temperature(F)", &A::temperature_f, "Wind_Chill(F)", &A::wind_chill_f,
      "Humidity(%)", &A::humidity_percent, "Pressure(in)", &A::pressure_in, "Visibility(mi)",
      &A::visibility_mi, "Wind_Direction", &A::wind_direction, "Wind_Speed(mph)",
      &A::wind_speed_mph, "Precipitation(in)", &A::precipitation_in, "Weather_Condition",
      &A::weather_condition, "Amenity", &A::amenity, "Bump", &A::bump, "Crossing", &A::crossing,
      "Give_Way", &A::give_way, "Junction", &A::junction, "No_Exit", &A::no_exit, "Railway",
      &A::railway, "Roundabout", &A::roundabout, "Station", &A::station, "Stop", &A::stop,
      "Traffic_Calming", &A::traffic_calming, "Traffic_Signal", &A::traffic_signal, "Turning_Loop",
      &A::turning_loop, "Sunrise_Sunset", &A::sunrise_sunset, "Civil_Twilight", &A::civil_twilight,
      "Nautical_Twilight", &A::nautical_twilight, "Astronomical_Twilight",
      &A::astronomical_twilight, "Txn_Timestamp", &A::txn_timestamp);
}

/// What the analytical layer reads of a record of stream 1; the other fields are not converted.
struct Incident {
  Text id;
  std::int32_t severity = 0;
  std::optional<Text> city, county;
  double distance_mi = 0;
  Timestamp txn_timestamp{};
};
constexpr auto describe(millrace::type<Incident>) {
  return millrace::fields("ID", &Incident::id, "Severity", &Incident::severity, "City",
                          &Incident::city, "County", &Incident::county, "Distance(mi)",
                          &Incident::distance_mi, "Txn_Timestamp", &Incident::txn_timestamp);
}

/// A record of stream 2.
struct Severe {
  Text id;
  std::int32_t severity = 0;
  std::optional<Text> city, county;
  Timestamp txn_timestamp{};
};
constexpr auto describe(millrace::type<Severe>) {
  return millrace::fields("ID", &Severe::id, "Severity", &Severe::severity, "City", &Severe::city,
                          "County", &Severe::county, "Txn_Timestamp", &Severe::txn_timestamp);
}

/// The accidents of one severity in one window: a line of totals.jsonl.
struct Total {
  Timestamp window_start{}, window_end{};
  std::int32_t severity = 0;
  std::uint64_t accidents = 0;
  double distance_mi = 0;
  double mean_distance_mi = 0;
  std::uint32_t fire = 1;  // above 1: late accidents came, this is the corrected total
};
constexpr auto describe(millrace::type<Total>) {
  return millrace::fields("window_start", &Total::window_start, "window_end", &Total::window_end,
                          "severity", &Total::severity, "accidents", &Total::accidents,
                          "distance_mi", &Total::distance_mi, "mean_distance_mi",
                          &Total::mean_distance_mi, "fire", &Total::fire);
}

}  // namespace accidents
