// SPDX-License-Identifier: BSL-1.0
#include <string>
#include <vector>

#include "accidents/pipeline.hpp"
#include "millrace/millrace.hpp"
#include "seeds/jobs.hpp"

namespace sim_jobs {

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Incidents {
  std::vector<std::string> bytes, keys;
  std::vector<Message> messages;
};

/// Records of stream 1, twenty milliseconds apart. Distances are sums of powers of two, so that
/// totals do not depend on the order in which they are added up.
Incidents make_incidents(int n) {
  Incidents all;
  for (int i = 0; i < n; ++i) {
    const std::string severity = std::to_string(1 + i * 5 % 4);
    const std::string ms = std::to_string(1000 + i * 20 % 1000).substr(1);
    const std::string second = std::to_string(100 + i / 50 % 60).substr(1);
    all.bytes.push_back(
        "{\"ID\":\"A-" + std::to_string(i) + "\",\"Severity\":" + severity +
        ",\"City\":\"Dayton\",\"County\":\"Montgomery\",\"Distance(mi)\":" + std::to_string(i % 8) +
        ".25,\"Txn_Timestamp\":\"2021-03-04T05:06:" + second + "." + ms + "Z\"}");
    all.keys.push_back(severity);
  }
  for (std::size_t i = 0; i < all.bytes.size(); ++i)
    all.messages.push_back({.data = all.bytes[i], .key = all.keys[i]});
  return all;
}
const Incidents& incidents() {
  static const Incidents all = make_incidents(2000);
  return all;
}

/// A total without what a correction changes.
std::string window_of(const Message& total) {
  const std::string text = total.data.str();
  return text.substr(0, text.find(",\"accidents\""));
}
std::string value_of(const Message& total) {
  const std::string text = total.data.str();
  const std::size_t from = text.find("\"accidents\"");
  return text.substr(from, text.find(",\"fire\"") - from);
}

}  // namespace

void accidents_analysis(Topology& t, sim::World& w) {
  sim::ScriptOptions<Message> script;
  script.key = [](const Message& m) { return m.key.str(); };
  auto stream = w.source<Message>(t, "stream-1", incidents().messages, script);
  const accidents::Analysis results = accidents::analysis(stream, {.window = 2s});
  results.severe.to("stream-2", w.sink<Message>("severe", {.key = script.key}));
  results.totals.to("totals", w.sink<Message>("totals", {.slot = window_of, .value = value_of}));
  results.late.to("late", w.sink<Message>("late"));
  t.dead_letters().to("rejects", w.sink<DeadLetter>("rejects", {.id = [](const DeadLetter& l) {
                                                      return l.step + ": " + l.reason;
                                                    }}));
  w.require("nothing is rejected and nothing is late", [](const sim::World& world) {
    if (!world.visible("rejects").empty()) return world.visible("rejects").front();
    return world.visible("late").empty() ? std::string() : world.visible("late").front();
  });
}

}  // namespace sim_jobs
