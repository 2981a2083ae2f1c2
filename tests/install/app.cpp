// SPDX-License-Identifier: BSL-1.0
// What a user's first program needs of an installation: a pipeline with parts of his own, a format,
// a connector, and an exception that crosses a library's border.
#include <millrace/formats/json.hpp>
#include <millrace/log/hash_key.hpp>
#include <millrace/millrace.hpp>

#include <cstdio>

using namespace millrace;

struct Trade {
  std::string symbol;
  std::int64_t price = 0;
};
constexpr auto describe(type<Trade>) {
  return fields("symbol", &Trade::symbol, "price", &Trade::price);
}

struct Feed {
  using value_type = Message;
  ReadStatus read(Batch<Message>& out, Context&) {
    for (const char* text : {R"({"symbol":"A","price":40})", R"({"price":2,"symbol":"B"})"})
      out.push_back({.data = text}, {});
    return ReadStatus::end;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};

struct Sum {
  std::int64_t* sum;
  void write(const Batch<Trade>& trades, Context&) {
    for (std::uint32_t i = 0; i < trades.size(); ++i) *sum += trades[i].price;
  }
};

std::string caught() {
  try {
    Topology twice{"twice"};
    twice.source("feed", Feed{});
    twice.source("feed", Feed{});
    return "nothing";
  } catch (const TopologyError&) {
    return "topology error";
  }
}

int main() {
  std::int64_t sum = 0;
  Topology t{"app"};
  t.source("feed", Feed{}).decode("parse", json::as<Trade>()).to("sum", Sum{&sum});
  Pipeline{std::move(t)}.run();
  const std::uint32_t shard = log::shard_of(log::hash_of("A").value(), 4);
  std::printf("millrace %s: sum %d, shard %u, %s\n", MILLRACE_VERSION_STRING, static_cast<int>(sum),
              shard, caught().c_str());
}
