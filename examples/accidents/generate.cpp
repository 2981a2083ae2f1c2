// SPDX-License-Identifier: BSL-1.0
#include "generate.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>

#include "places.hpp"

namespace accidents {
namespace {

constexpr std::size_t chunk_bytes = 1 << 20;
constexpr std::size_t row_bytes_max = 1 << 10;
constexpr std::uint64_t row_bytes_usual = 370;

enum class Bad : unsigned char { no, severity, time, number, extra_field };

enum class TimeForm : unsigned char { month_first, iso, iso_fraction };

}  // namespace

/// Writes fields one after the other into room that is known to be enough.
struct Generator::Line {
  char* p;
  Bad bad = Bad::no;

  void put(char c) { *p++ = c; }
  void raw(std::string_view s) {
    std::memcpy(p, s.data(), s.size());
    p += s.size();
  }
  void field(std::string_view s) { raw(s), put(','); }
  void empty() { put(','); }
  void number(std::uint64_t n) { p = std::to_chars(p, p + 24, n).ptr; }
  void padded(std::uint32_t n) {
    put(static_cast<char>('0' + n / 10));
    put(static_cast<char>('0' + n % 10));
  }
  /// `scaled` / 10^decimals, all decimals written.
  void fixed(std::int64_t scaled, int decimals) {
    if (scaled < 0) put('-'), scaled = -scaled;
    std::int64_t unit = 1;
    for (int i = 0; i < decimals; ++i) unit *= 10;
    number(static_cast<std::uint64_t>(scaled / unit));
    put('.');
    for (std::int64_t rest = scaled % unit; unit > 1; rest %= unit) {
      unit /= 10;
      put(static_cast<char>('0' + rest / unit));
    }
    put(',');
  }
  void time(std::int64_t seconds, TimeForm form) {
    using namespace std::chrono;
    const sys_seconds when{std::chrono::seconds(seconds)};
    const auto day = floor<days>(when);
    const year_month_day date{day};
    const auto clock = static_cast<std::uint32_t>((when - day).count());
    const auto year = static_cast<std::uint32_t>(static_cast<int>(date.year()));
    const auto month = static_cast<unsigned>(date.month());
    const auto month_day = static_cast<unsigned>(date.day());
    if (form == TimeForm::month_first) {
      number(month), put('/'), number(month_day), put('/'), number(year), put(' ');
      number(clock / 3600), put(':'), padded(clock / 60 % 60), put(',');
      return;
    }
    number(year), put('-'), padded(month), put('-'), padded(month_day), put(' ');
    padded(clock / 3600), put(':'), padded(clock / 60 % 60), put(':'), padded(clock % 60);
    if (form == TimeForm::iso_fraction) raw(".000000000");
    put(',');
  }
};

Generator::Generator(const GenerateOptions& options) : options_(options), rng_(options.seed) {
  const std::uint64_t rows =
      options.bytes.bytes > 0 ? options.bytes.bytes / row_bytes_usual : options.rows;
  if (options.bad_rows > 0) bad_every_ = std::max<std::uint64_t>(1, rows / options.bad_rows);
}

std::uint32_t Generator::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>(rng_.below(bound));
}

bool Generator::whole_rows_left() const {
  return options_.bytes.bytes > 0 ? bytes_ < options_.bytes.bytes : rows_ < options_.rows;
}

bool Generator::next(std::string& out) {
  if (ended_) return false;
  const std::size_t begin = out.size();
  if (!started_) out += options_.release == Release::columns_47 ? header_47 : header_46;
  started_ = true;
  bytes_ += out.size() - begin;

  std::size_t used = out.size();
  out.resize(begin + chunk_bytes);
  while (whole_rows_left() && used + row_bytes_max < begin + chunk_bytes) {
    Line line{out.data() + used};
    if (bad_every_ > 0 && rows_ % bad_every_ == bad_every_ / 2)
      line.bad = static_cast<Bad>(1 + rows_ / bad_every_ % 4);
    row(line);
    const auto end = static_cast<std::size_t>(line.p - out.data());
    bytes_ += end - used;
    used = end;
  }
  out.resize(used);
  if (!whole_rows_left()) ending(out);
  return true;
}

void Generator::row(Line& line) {
  ++rows_;
  line.raw("A-");
  line.number(rows_);
  line.put(',');
  if (options_.release == Release::columns_46) line.field(one_in(3) ? "Source1" : "Source2");
  const std::uint32_t per_mille = below(1000);
  const char severity = per_mille < 790 ? '2' : per_mille < 944 ? '3' : per_mille < 990 ? '4' : '1';
  if (line.bad == Bad::severity) line.raw("very ");
  line.put(severity);
  line.put(',');
  times(line);
  place(line);
  conditions(line);
  const bool night = one_in(3);
  for (int twilight = 0; twilight < 4; ++twilight) {
    if (!one_in(200)) line.raw(night || (twilight < 2 && one_in(20)) ? "Night" : "Day");
    line.put(twilight < 3 ? ',' : '\n');
  }
  if (line.bad == Bad::extra_field) {
    --line.p;
    line.raw(",one,field,too,many\n");
  }
}

void Generator::times(Line& line) {
  constexpr std::int64_t first = 1454889600;  // 2016-02-08
  constexpr std::uint32_t span = 7 * 365 * 86400;
  std::int64_t start = first + below(span);
  const std::uint32_t form_die = below(100);
  TimeForm form = form_die < 30 ? TimeForm::iso_fraction : TimeForm::iso;
  if (options_.release == Release::columns_47 && form_die >= 45) form = TimeForm::month_first;
  if (line.bad == Bad::time) line.raw("about ");
  line.time(start, form);
  line.time(start + 900 + below(6 * 3600), form);
}

void Generator::place(Line& line) {
  const Place& place = places[below(places.size())];
  const std::int64_t lat = std::llround(place.lat * 1e6) + below(200'000) - 100'000;
  const std::int64_t lng = std::llround(place.lng * 1e6) + below(200'000) - 100'000;
  line.fixed(lat, 6);
  line.fixed(lng, 6);
  if (one_in(2)) {
    line.empty(), line.empty();
  } else {
    line.fixed(lat + below(2000), 6);
    line.fixed(lng + below(2000), 6);
  }
  if (line.bad == Bad::number) line.raw("1.2.");
  line.fixed(one_in(3) ? 0 : below(5000), 3);
  line.field(descriptions[below(descriptions.size())]);
  const bool old_release = options_.release == Release::columns_47;
  if (old_release) {
    if (one_in(3)) line.number(1 + below(9999));
    line.put(',');
  }
  line.field(streets[below(streets.size())]);
  if (old_release) line.field(one_in(4) ? "L" : "R");
  line.field(place.city);
  line.field(place.county);
  line.field(place.state);
  line.number(place.zipcode);
  if (one_in(4)) line.put('-'), line.number(1000 + below(9000));
  line.put(',');
  line.field("US");
  line.field(place.timezone);
  line.field(place.airport);
}

void Generator::conditions(Line& line) {
  if (one_in(50)) {
    line.raw(",,,,,,,,,");  // no weather report was found: nine empty fields
  } else {
    constexpr std::int64_t first = 1454889600;
    line.time(first + below(7 * 365 * 86400),
              options_.release == Release::columns_47 ? TimeForm::month_first : TimeForm::iso);
    const std::int64_t fahrenheit = static_cast<std::int64_t>(below(1100)) - 100;
    line.fixed(fahrenheit, 1);
    one_in(4) ? line.empty() : line.fixed(fahrenheit - below(100), 1);
    line.number(10 + below(91)), line.put(',');
    line.fixed(2800 + below(250), 2);
    line.fixed(below(101), 1);
    line.field(winds[below(winds.size())]);
    one_in(6) ? line.empty() : line.fixed(below(350), 1);
    one_in(3) ? line.empty() : line.fixed(below(50), 2);
  }
  line.field(one_in(60) ? "" : weather[below(weather.size())]);
  const bool old_release = options_.release == Release::columns_47;
  const std::string_view yes = old_release ? "TRUE" : "True";
  const std::string_view no = old_release ? "FALSE" : "False";
  for (int poi = 0; poi < 13; ++poi) line.field(one_in(12) ? yes : no);
}

void Generator::ending(std::string& out) {
  ended_ = true;
  const std::size_t commas = options_.release == Release::columns_47 ? 46 : 45;
  for (std::uint32_t i = 0; i < options_.empty_rows; ++i) out.append(commas, ',') += '\n';
  if (!options_.cut_last_row) return;
  char text[row_bytes_max];
  Line line{text};
  row(line);
  out.append(text, static_cast<std::size_t>(line.p - text) / 2);
  --rows_;
}

}  // namespace accidents
