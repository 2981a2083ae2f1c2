// SPDX-License-Identifier: BSL-1.0
// An exactly-once delivery whose process dies, at any call and between any two steps.
#include <algorithm>
#include <chrono>
#include <sstream>

#include "catch.hpp"
#include "delivery_fixture.hpp"
#include "millrace/firehose/index_destination.hpp"
#include "two_phase.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;
using two_phase::Mutant;

namespace {

// A directory whose calls fail by chance: before anything was done, or with the answer lost; then
// the next call is told.
struct Unreliable {
  store::Directory store;
  std::shared_ptr<SeededRng> rng;
  std::uint64_t percent = 0;
  bool refuses = false;  ///< some for good
  std::string told = {};
  bool redraws = false;  ///< a planted bug: the name is made up when the object is put

  Result<std::string> put(std::string_view name, std::string_view bytes) {
    const store::PutOptions refuse{.if_exists = store::IfExists::refuse};
    if (refuses && name.back() < '8') return Error(Errc::limit_exceeded, "the object is too large");
    if (name != told && rng->below(100) < percent)
      return Error(Errc::unavailable, "by chance, before");
    std::string key(name);
    if (redraws) key += "-" + std::to_string(rng->next());
    Result<std::string> put = store.put(key, bytes, refuse);
    if (!put && put.error().code() == Errc::already_exists && store.get(key).value() == bytes)
      put = std::string();
    if (!put || name == told || rng->below(100) >= percent / 4) return put;
    told = name;
    return Error(Errc::unavailable, "by chance, after");
  }
};

// "7-1042" and the like: a key for the partition, and the number.
std::string record(int number) {
  return std::to_string(number % 7) + "-" + std::to_string(1000 + number);
}

struct Batches {
  std::shared_ptr<Strings> texts = std::make_shared<Strings>();
  Batch<Message> operator()(int from, int to) const {
    const Timestamp day{std::chrono::sys_days(std::chrono::year(2026) / 7 / 13)};
    texts->clear();
    for (int i = from; i < to; ++i) texts->push_back(record(i));
    Batch<Message> batch(16);
    for (const std::string& text : *texts) batch.push_back({Text(text)}, day);
    return batch;
  }
};

// By a record's bytes alone, so that it does the same to a record that comes again.
void transform(std::span<const TransformRecord> records, TransformOutput& out) {
  for (const TransformRecord& each : records) {
    if (each.data.back() == '3') {
      out.failed(each.id);
      continue;
    }
    out.ok(each.id, each.data);
    out.key("shard", each.data.substr(0, 1));
  }
}

// What is delivered and what failed, a text a record.
Strings seen_in(sim::Env& sim, const std::string& root) {
  Strings all;
  auto store = store::Directory::open(sim.env(), root).value();
  for (store::ListOptions page;;) {
    const store::ListPage listed = store.list(page).value();
    for (const auto& object : listed.objects) {
      const std::string body = store.get(object.key).value();
      if (object.key.find("original/") != std::string::npos) continue;
      if (object.key.find("failed/") != std::string::npos) {
        for (const ErrorLine& line : error_lines({body})) all.push_back(line.raw);
      } else {
        std::istringstream lines(body);
        for (std::string line; std::getline(lines, line);) all.push_back(line);
      }
    }
    page.token = listed.next_token;
    if (page.token.empty()) return all;
  }
}

DeliveryOptions options_by(SeededRng& rng, Destination backup) {
  DeliveryOptions options{.size = ByteSize{20 + rng.below(150)},
                          .interval = std::chrono::milliseconds(rng.below(3'000)),
                          .prefix = "to/",
                          .error_prefix = "failed/!{firehose:error-output-type}/",
                          .delimiter = "\n",
                          .delimiter_place = DelimiterPlace::after_each,
                          .retry = {.duration = 20s},
                          .backup = {.destination = std::move(backup),
                                     .size = ByteSize{1 + rng.below(800)},
                                     .interval = std::chrono::milliseconds(rng.below(3'000)),
                                     .prefix = "original/",
                                     .error_prefix = "failed/!{firehose:error-output-type}/"},
                          .guarantee = Guarantee::exactly_once,
                          .spool = "/spool"};
  if (rng.below(2) == 0)
    options.transform =
        Transform(transform, {.size = ByteSize{1 + rng.below(60)},
                              .interval = std::chrono::milliseconds(rng.below(2'000))});
  if (options.transform && rng.below(2) == 0) {
    options.prefix = "to/!{partitionKeyFromLambda:shard}/";
    options.partitioning.dynamic = DynamicPartitioning::on;
    options.partitioning.active_max = 3 + static_cast<std::uint32_t>(rng.below(6));
  }
  if (rng.below(2) == 0) options.backup.mode = BackupMode::all_records;
  return options;
}

enum class Bug : unsigned char { none, name_is_redrawn };

auto run(std::uint64_t seed, Mutant mutant = Mutant::none, Bug bug = Bug::none) {
  const auto make = [seed, bug](Env& env) {
    SeededRng rng(seed);
    Unreliable lake{store::Directory::open(env, "/lake").value(),
                    std::make_shared<SeededRng>(env.rng.next()), 20 * rng.below(2),
                    rng.below(2) == 0};
    lake.redraws = bug == Bug::name_is_redrawn;
    Unreliable backup{store::Directory::open(env, "/backup").value(), lake.rng, 0};
    return Delivery(lake, options_by(rng, backup));
  };
  const auto see = [](sim::Env& sim) {
    Strings all = seen_in(sim, "/lake");
    const Strings backup = seen_in(sim, "/backup");
    all.insert(all.end(), backup.begin(), backup.end());
    return all;
  };
  return two_phase::Run({.seed = seed, .changes = 250, .mutant = mutant}, make, Batches{}, see)();
}

// The same into an index that refuses some documents.
auto run_index(std::uint64_t seed, Mutant mutant = Mutant::none) {
  const auto make = [seed](Env& env) {
    SeededRng rng(seed);
    index::Store store = index::Store::open(env, "/index").value();
    DeliveryOptions options = options_by(rng, store::Directory::open(env, "/backup").value());
    options.prefix.reset();
    options.delimiter.clear();
    options.partitioning = {};
    options.transform = Transform(
        [](std::span<const TransformRecord> records, TransformOutput& out) {
          for (const TransformRecord& each : records) {
            const bool bad = each.data.back() == '3';
            out.ok(each.id,
                   bad ? std::string(each.data) : R"({"t":")" + std::string(each.data) + R"("})");
          }
        },
        {.size = ByteSize{1 + rng.below(60)}});
    return Delivery(IndexDestination(store, {.index = "i"}), options);
  };
  const auto see = [](sim::Env& sim) {
    Strings all = seen_in(sim, "/backup");
    auto store = index::Store::open_existing(sim.env(), "/index");
    if (!store || store->indices("*").value().empty()) return all;
    const auto documents = store->documents("i").value();
    for (const auto& each : documents) all.push_back(each.source.substr(6, each.source.size() - 8));
    return all;
  };
  return two_phase::Run({.seed = seed, .changes = 300, .mutant = mutant}, make, Batches{}, see)();
}

}  // namespace

TEST_CASE("exactly once: wherever a process dies, each record is in one object or error line") {
  const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{61}));
  const two_phase::Verdict verdict = run(seed);
  INFO("seed " << seed << ": " << verdict.wrong);
  REQUIRE(verdict.wrong.empty());
  CHECK(verdict.deaths >= 15);
}

TEST_CASE("exactly once: wherever a process dies, each record is one document or error line") {
  const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{31}));
  const two_phase::Verdict verdict = run_index(seed);
  INFO("seed " << seed << ": " << verdict.wrong);
  REQUIRE(verdict.wrong.empty());
}

TEST_CASE("exactly once: planted bugs of a delivery are found") {
  const auto found = [](Mutant mutant) {
    return two_phase::found(30, [&](std::uint64_t seed) { return run(seed, mutant); });
  };
  CHECK(found(Mutant::commits_before_decision) > 5);
  CHECK(found(Mutant::spools_not_synced) > 5);
  CHECK(found(Mutant::state_forgotten) > 5);
  CHECK(found(Mutant::undecided_not_listed_again) > 5);
  CHECK(two_phase::found(30, [](std::uint64_t seed) {
          return run(seed, Mutant::none, Bug::name_is_redrawn);
        }) > 5);
}
