// SPDX-License-Identifier: BSL-1.0
// The two-phase sinks that have no example of their own here: a file of lines, a lake, an index.
#include <algorithm>
#include <string>
#include <vector>

#include "millrace/file/lines_sink.hpp"
#include "millrace/index/sink.hpp"
#include "millrace/store/lake_sink.hpp"
#include "seeds/jobs.hpp"
#include "sim/jobs.hpp"

namespace sim_jobs {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    lines.push_back(text.substr(at, text.find('\n', at) - at));
  return lines;
}

/// Whole lines only, as a reader of a file that grows takes them: up to where power loss has torn
/// it.
std::vector<std::string> lines_in_file(Env& env) {
  auto file = env.fs.open("lines", OpenMode::read);
  if (!file && file.error().code() == Errc::not_found) return {};
  std::string text(file.value()->size().value(), '\0');
  text.resize(file.value()->read_at(0, text).value());
  std::vector<std::string> lines = lines_of(text.substr(0, text.rfind('\n') + 1));
  const auto torn = std::ranges::find_if(lines, [](const std::string& line) {
    return !line.starts_with('{') || !line.ends_with('}');
  });
  lines.erase(torn, lines.end());
  return lines;
}

std::vector<std::string> lines_in_lake(Env& env) {
  std::vector<std::string> found;
  const auto lake = store::Directory::open(env, "lake").value();
  for (store::ListOptions page;;) {
    const store::ListPage listed = lake.list(page).value();
    for (const auto& object : listed.objects)
      for (std::string& line : lines_of(lake.get(object.key).value()))
        found.push_back(std::move(line));
    page.token = listed.next_token;
    if (page.token.empty()) return found;
  }
}

std::vector<std::string> documents_in_index(Env& env) {
  std::vector<std::string> found;
  auto store = index::Store::open_existing(env, "index");
  if (!store && store.error().code() == Errc::not_found) return found;
  if (store.value().indices().value().empty()) return found;
  for (std::string after;;) {
    const auto page = store->documents("bids", after).value();
    if (page.empty()) return found;
    for (const auto& document : page) found.push_back(document.source);
    after = page.back().id;
  }
}

}  // namespace

void files(Topology& t, sim::World& w) {
  auto documents = index::Store::open(w.env(), "index").value();
  auto lake = store::Directory::open(w.env(), "lake").value();
  auto in = source(t, w).event_time("time", &Bid::time, watermark::bounded_out_of_orderness(300ms));
  const auto third = [&in](const char* name, int n) {
    return in.filter(name, [n](const Bid& bid) { return bid.id % 3 == n; });
  };
  third("first", 0)
      .encode("line", json::lines())
      .to("lines", file::LinesSink("lines", Guarantee::exactly_once));
  third("second", 1)
      .encode("row", json::lines())
      .to("lake", store::ExactlyOnceLakeSink(
                      lake, {.table = {.source = "bids", .source_region = "us", .table = "bids"},
                             .roll_size = ByteSize{2u << 10}}));
  third("third", 2)
      .to("index", index::DocumentSink<Bid, index::EmbeddedTarget>(
                       documents, {.index = "bids",
                                   .guarantee = Guarantee::exactly_once,
                                   .spool = "index-spool",
                                   .on_error = OnError::fail}));
  w.output("lines", lines_in_file);
  w.output("lake", lines_in_lake);
  w.output("index", documents_in_index);
}

}  // namespace sim_jobs
