// SPDX-License-Identifier: BSL-1.0
#include <string>
#include <vector>

#include "bank/config.hpp"
#include "bank/lake.hpp"
#include "bank/panels.hpp"
#include "bank/pipeline.hpp"
#include "bank/results.hpp"
#include "millrace/millrace.hpp"
#include "seeds/jobs.hpp"

namespace sim_jobs {

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Rows {
  std::vector<std::string> bytes;
  std::vector<Message> messages;
};

/// Rows of the data stream, told apart by their balance. Each fiftieth has a field too few.
Rows make_rows(int n) {
  Rows all;
  for (int i = 0; i < n; ++i)
    all.bytes.push_back(std::to_string(18 + i % 60) + "|admin.|married|secondary|no|" +
                        std::to_string(i) + "|yes|no|unknown|5|may|" +
                        (i % 50 == 7 ? "" : "1042|") + "1|-1|0|unknown|yes");
  for (const std::string& row : all.bytes) all.messages.push_back({.data = row});
  return all;
}
const Rows& rows() {
  static const Rows all = make_rows(2000);
  return all;
}

bank::Config config() {
  bank::Config config;
  config.dir = "bank";
  config.buffering = {.size = ByteSize{8u << 10}, .interval = 150ms, .spool = "bank/spool"};
  return config;
}

std::vector<std::string> documents(Env& env) {
  std::vector<std::string> found;
  auto store = index::Store::open_existing(env, config().path("index"));
  if (!store && store.error().code() == Errc::not_found) return found;
  if (store.value().indices().value().empty()) return found;
  std::string after;
  for (;;) {
    const auto page = store->documents(bank::index_name, after).value();
    if (page.empty()) return found;
    for (const auto& document : page) found.push_back(document.source);
    after = page.back().id;
  }
}

std::vector<std::string> lines(Env& env) {
  std::vector<std::string> found;
  const auto lake = store::Directory::open(env, config().path("lake")).value();
  for (store::ListOptions page;;) {
    const store::ListPage listed = lake.list(page).value();
    for (const auto& object : listed.objects) {
      if (object.key.starts_with("processing-failed/")) continue;
      const std::string body = lake.get(object.key).value();
      for (std::size_t at = 0; at < body.size(); at = body.find('\n', at) + 1)
        found.push_back(body.substr(at, body.find('\n', at) - at));
    }
    page.token = listed.next_token;
    if (page.token.empty()) return found;
  }
}

/// What failed on the way to `place`, as it came.
auto failed(std::string place, std::string prefix) {
  return [place = std::move(place), prefix = std::move(prefix)](Env& env) {
    std::vector<std::string> found;
    const auto store = store::Directory::open(env, config().path(place)).value();
    std::vector<bank::Failed> all = bank::failed_records(store, prefix).value();
    for (bank::Failed& each : all) found.push_back(std::move(each.raw));
    return found;
  };
}

}  // namespace

void bank_deliveries(Topology& t, sim::World& w) {
  const bank::Destinations d = bank::open_destinations(w.env(), config());
  // A destination that fails is tried again after a second.
  bank::deliver(w.source<Message>(t, "data-stream", rows().messages, {.span = 2500ms}),
                bank::documents_of(d), d.backup, d.lake, config().buffering);
  w.output("index", documents);
  w.output("lake", lines);
  w.output("not indexed", failed("backup", "es/"));
  w.output("not stored", failed("lake", "processing-failed/"));
  w.require("40 rows fail on either way", [](const sim::World& world) {
    const std::size_t a = world.visible("not indexed").size();
    const std::size_t b = world.visible("not stored").size();
    return a == 40 && b == 40 ? "" : std::to_string(a) + " and " + std::to_string(b) + " do";
  });
}

}  // namespace sim_jobs
