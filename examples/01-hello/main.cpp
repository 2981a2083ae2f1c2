// SPDX-License-Identifier: BSL-1.0
// What each item fetched in every ten minutes, by the time of the bid and not by that of its
// coming.
#include <millrace/file/csv.hpp>
#include <millrace/formats/csv.hpp>
#include <millrace/millrace.hpp>

#include <cstdio>

using namespace millrace;
using namespace std::chrono_literals;

struct Bid {
  Timestamp time;
  std::string item;
  double price = 0;
};
constexpr auto describe(type<Bid>) {
  return fields("time", &Bid::time, "item", &Bid::item, "price", &Bid::price);
}

struct Print {
  void write(const Batch<Windowed<std::string, double>>& totals, Context&) {
    for (std::uint32_t i = 0; i < totals.size(); ++i)
      std::printf("%s  %-5s %5.2f\n", format_time(totals[i].window.start).value().c_str(),
                  totals[i].key.c_str(), totals[i].value);
  }
};

int main(int argc, char** argv) try {
  Topology t{"hello"};
  t.source("bids", file::csv(argc > 1 ? argv[1] : "bids.csv"))
      .decode("parse", csv::as<Bid>())
      .event_time("when", &Bid::time, watermark::bounded_out_of_orderness(5min))
      .key_by(&Bid::item)
      .window(tumbling(10min))
      .aggregate("total", agg::sum(&Bid::price))
      .to("print", Print{});
  Pipeline{std::move(t)}.run();
} catch (const std::exception& e) {
  std::fprintf(stderr, "hello: %s\n", e.what());
  return 1;
}
