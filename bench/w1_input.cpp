// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <cstdarg>
#include <cstdio>

#include "millrace/core/rng.hpp"
#include "w1.hpp"

namespace bench::w1 {
namespace {

constexpr std::string_view header =
    "ID,Severity,Start_Time,End_Time,Start_Lat,Start_Lng,End_Lat,End_Lng,Distance(mi),Description,"
    "Number,Street,Side,City,County,State,Zipcode,Country,Timezone,Airport_Code,Weather_Timestamp,"
    "Temperature(F),Wind_Chill(F),Humidity(%),Pressure(in),Visibility(mi),Wind_Direction,"
    "Wind_Speed(mph),Precipitation(in),Weather_Condition,Amenity,Bump,Crossing,Give_Way,Junction,"
    "No_Exit,Railway,Roundabout,Station,Stop,Traffic_Calming,Traffic_Signal,Turning_Loop,"
    "Sunrise_Sunset,Civil_Twilight,Nautical_Twilight,Astronomical_Twilight\n";

constexpr std::array descriptions = {
    "Right lane blocked due to accident on I-70 Eastbound at Exit 41 OH-235 State Route 4.",
    "Accident on Brice Rd at Tussing Rd. Expect delays.",
    "One lane blocked due to accident on I-75 Southbound at Exits 52 52B US-35.",
    "Stationary traffic on CA-91 from Magnolia St (Exit 28) to Beach Blvd (Exit 26) due to "
    "accident."};
constexpr std::array quoted = {
    "\"At CR-82/Exit 1 - Accident, right lane blocked, expect delays.\"",
    "\"Between Mt Hope Rd and Exit 4, MM 12 - Accident. Lane blocked.\"",
    "\"Sign reads \"\"Road closed\"\", slow traffic, seek alternate route.\""};
constexpr std::array streets = {"I-70 E", "Brice Rd", "State Route 32", "Miamisburg Centerville Rd",
                                "US-101 N"};
constexpr std::array cities = {"Dayton",      "Reynoldsburg", "Los Angeles",    "Houston",
                               "Saint Louis", "O'Fallon",     "West Palm Beach"};
constexpr std::array counties = {"Montgomery", "Franklin",         "St. Louis",
                                 "Miami-Dade", "East Baton Rouge", "Prince George's"};
constexpr std::array weather = {"Light Rain", "Overcast", "Mostly Cloudy", "Fair", "Haze"};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  unsigned below(unsigned n) { return static_cast<unsigned>(rng_.below(n)); }
  template <std::size_t n>
  const char* pick(const std::array<const char*, n>& from) {
    return from[below(n)];
  }
  __attribute__((format(printf, 2, 3))) void print(const char* format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    const int n = std::vsnprintf(text, sizeof text, format, args);
    va_end(args);
    out_.append(text, static_cast<std::size_t>(n));
  }
  void row(std::size_t i);

 private:
  std::string& out_;
  millrace::SeededRng rng_{42};
};

void Writer::row(std::size_t i) {
  const unsigned s = below(1000);
  const int severity = s < 10 ? 1 : s < 800 ? 2 : s < 954 ? 3 : 4;  // 4.6 % as in the real set
  const unsigned year = 2016 + below(6), month = 1 + below(12), day = 1 + below(28);
  const unsigned hour = below(24), minute = below(60);
  const double latitude = 25 + below(2'400'000) / 1e5;
  const double longitude = -124 + below(5'500'000) / 1e5;
  print("A-%zu,%d,%u/%u/%u %u:%02u,%u/%u/%u %u:%02u,", i, severity, month, day, year, hour, minute,
        month, day, year, (hour + 6) % 24, minute);
  print("%.6f,%.6f,%.6f,%.6f,%.3f,", latitude, longitude, latitude + 0.01, longitude + 0.01,
        below(4000) / 1e3);
  out_ += below(100) < 15 ? pick(quoted) : pick(descriptions);
  if (below(100) < 40)
    print(",%u,", below(9999));
  else
    out_ += ",,";
  print("%s,%c,%s,%s,OH,%05u,US,US/Eastern,KDAY,%u/%u/%u %u:%02u,", pick(streets), "RL"[below(2)],
        pick(cities), pick(counties), below(99'999), month, day, year, hour, (minute + 7) % 60);
  print("%.1f,%s,%u,%.2f,%.1f,SW,%.1f,%s,%s", below(1000) / 10.0, below(2) ? "" : "32.1",
        20 + below(80), 28 + below(200) / 100.0, below(100) / 10.0, below(300) / 10.0,
        below(2) ? "0" : "", pick(weather));
  for (int k = 0; k < 13; ++k) out_ += below(100) < 8 ? ",True" : ",False";
  for (int k = 0; k < 4; ++k) out_ += below(2) ? ",Night" : ",Day";
  out_ += '\n';
}

}  // namespace

Input generate(std::size_t rows) {
  Input input;
  input.bytes.reserve(rows * 400 + 1024);
  input.bytes = header;
  Writer writer(input.bytes);
  for (std::size_t i = 1; i <= rows; ++i) writer.row(i);
  input.bytes.append(64, '\0');
  return input;
}

}  // namespace bench::w1
