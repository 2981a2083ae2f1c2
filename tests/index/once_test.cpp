// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/once.hpp"

#include "driver.hpp"
#include "index_fixture.hpp"
#include "millrace/core/message.hpp"
#include "millrace/index/sink.hpp"
#include "two_phase.hpp"

using namespace millrace;
using namespace millrace::index;
using Catch::Matchers::Contains;
using two_phase::Mutant;
using two_phase::Strings;

namespace {

// Gives actions whose views live as long as the test.
NextAction actions(std::vector<Action> all) {
  return [all = std::move(all), at = std::size_t{0}](Action& action) mutable -> Result<bool> {
    if (at == all.size()) return false;
    action = all[at++];
    return true;
  };
}

Batch<Message> messages(const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  Batch<Message> batch(16);
  for (const auto& [key, data] : values)
    batch.push_back(Message{.data = Text(data), .key = Text(key)}, Timestamp{});
  return batch;
}

SinkOptions<Message> exactly_once(std::vector<DeadLetter>* letters = nullptr) {
  SinkOptions<Message> options{
      .index = "i", .guarantee = Guarantee::exactly_once, .spool = "/spool"};
  if (letters)
    options.dead_letters = [letters](const DeadLetter& letter) { letters->push_back(letter); };
  return options;
}

struct Started {
  Driver driver;
  Store store = Store::open(driver.sim.env(), "/data").value();
  std::uint64_t documents() { return store.count("*").value(); }
  Strings spools() { return driver.sim.env().fs.list("/spool").value(); }
};

// Random seeds: what is visible after each life, and at the end each document once.
auto run(std::uint64_t seed, Mutant mutant = Mutant::none) {
  auto texts = std::make_shared<std::vector<std::string>>();
  const auto records = [texts](int from, int to) {
    Batch<Message> batch(16);
    texts->clear();
    for (int i = from; i < to; ++i) texts->push_back("{\"n\":" + std::to_string(1000 + i) + "}");
    for (const std::string& text : *texts) batch.push_back({.data = Text(text)}, Timestamp{});
    return batch;
  };
  const auto make = [](Env& env) {
    return Sink<Message>(Store::open(env, "/data").value(), exactly_once());
  };
  const auto see = [](sim::Env& sim) {
    std::vector<std::string> all;
    auto store = Store::open_existing(sim.env(), "/data");
    if (!store) return all;
    if (store->indices("*").value().empty()) return all;
    const std::vector<Document> documents = store->documents("i").value();
    for (const Document& each : documents) all.push_back(each.source);
    return all;
  };
  return two_phase::Run({.seed = seed, .changes = 250, .mutant = mutant}, make, records, see)();
}

}  // namespace

TEST_CASE("A transaction is done once, and its answer is the same when it comes again") {
  IndexFixture fixture;
  const TransactionId id{"writer", 7, "spool"};
  const std::vector<Action> all{{.index = "i", .id = "1", .document = R"({"n":1})"},
                                {.index = "i", .id = "2", .document = "no json"},
                                {.index = "i", .document = R"({"n":3})"}};
  const OnceResult first = fixture.store.bulk_once(id, actions(all)).value();
  CHECK_FALSE(first.came_again);
  CHECK(first.written == 2);
  REQUIRE(first.refused.size() == 1);
  CHECK(first.refused[0].action == 1);
  CHECK_THAT(first.refused[0].reason, Contains("document 2 of i: 400 "));
  const OnceResult again =
      fixture.store.bulk_once(id, [](Action&) -> Result<bool> { throw 1; }).value();
  CHECK(again.came_again);
  CHECK(again.refused == first.refused);
  CHECK(again.written == 2);
  CHECK(fixture.store.count("i").value() == 2);
  for (const TransactionId& other :
       {TransactionId{"other", 7, "spool"}, TransactionId{"writer", 8, "spool"},
        TransactionId{"writer", 7, "other"}})
    CHECK_FALSE(fixture.store.bulk_once(other, actions(all)).value().came_again);
}

TEST_CASE("A transaction that is rolled back leaves nothing, and may come again") {
  IndexFixture fixture;
  const TransactionId id{"writer", 1, "spool"};
  const std::vector<Action> all{{.index = "new", .id = "1", .document = R"({"n":1})"},
                                {.index = "new", .id = "2", .document = R"({"n":"x"})"}};
  const auto failed =
      fixture.store.bulk_once(id, actions(all), {.if_refused = IfRefused::roll_back});
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message(), Contains("document 2 of new: 400 mapper_parsing_exception"));
  CHECK(fixture.store.indices("*").value().empty());
  const auto broken = fixture.store.bulk_once(id, [n = 0](Action& action) mutable -> Result<bool> {
    if (n++ == 1) return Error(Errc::corrupted, "a damaged spool");
    action = {.index = "new", .id = "1", .document = "{}"};
    return true;
  });
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message() == "a damaged spool");
  CHECK(fixture.store.indices("*").value().empty());
  CHECK(fixture.store.bulk_once(id, actions({all[0]})).value().written == 1);
}

TEST_CASE(
    "A transaction makes indices by the definition given, but none with a name that can't be") {
  IndexFixture fixture;
  const OnceOptions once{.definition = R"({"mappings":{"properties":{"n":{"type":"keyword"}}}})"};
  const std::vector<Action> all{{.index = "a", .id = "1", .document = R"({"n":"1"})"},
                                {.index = "BAD", .id = "2", .document = R"({"n":"1"})"}};
  const OnceResult done = fixture.store.bulk_once({"w", 1, "s"}, actions(all), once).value();
  CHECK_THAT(fixture.store.mapping("a").value(), Contains("keyword"));
  REQUIRE(done.refused.size() == 1);
  CHECK_THAT(done.refused[0].reason, Contains("invalid_index_name_exception"));
}

TEST_CASE("The last 1,000 checkpoints of a writer are remembered") {
  IndexFixture fixture;
  const auto done = [&](std::uint64_t checkpoint) {
    return fixture.store.bulk_once({"w", checkpoint, "s"}, actions({})).value().came_again;
  };
  CHECK_FALSE(done(1));
  CHECK_FALSE(done(1001));
  CHECK(done(1));
  CHECK_FALSE(done(1002));
  CHECK_FALSE(done(1));
}

TEST_CASE("Exactly once: documents are found when their checkpoint is committed, and once") {
  Started s;
  Sink<Message> sink(s.store, exactly_once());
  CHECK(sink.two_phase());
  s.driver.run(sink.write(messages({{"", R"({"n":1})"}, {"", R"({"n":1})"}}), s.driver.cx));
  const Committable first = s.driver.run(sink.prepare(1, s.driver.cx));
  s.driver.run(sink.write(messages({{"", R"({"n":2})"}}), s.driver.cx));
  s.driver.run(sink.flush(s.driver.cx));
  CHECK(s.documents() == 0);
  s.driver.run(sink.commit(first, s.driver.cx));
  CHECK(s.documents() == 2);
  CHECK(sink.counts()->written == 2);
  s.driver.run(sink.commit(first, s.driver.cx));
  CHECK(s.documents() == 2);
  const Committable second = s.driver.run(sink.prepare(2, s.driver.cx));
  s.driver.run(sink.commit(second, s.driver.cx));
  const Committable none = s.driver.run(sink.prepare(3, s.driver.cx));
  CHECK(none.bytes.empty());
  s.driver.run(sink.commit(none, s.driver.cx));
  CHECK(s.documents() == 3);
  CHECK(s.spools() == Strings{"step.lock"});
}

TEST_CASE("Exactly once: what no checkpoint lists is dropped at a start") {
  Started s;
  {
    Sink<Message> sink(s.store, exactly_once());
    s.driver.run(sink.write(messages({{"", R"({"n":1})"}}), s.driver.cx));
    (void)s.driver.run(sink.prepare(1, s.driver.cx));
    s.driver.run(sink.write(messages({{"", R"({"n":2})"}}), s.driver.cx));
    s.driver.run(sink.abort(s.driver.cx));
    s.driver.run(sink.write(messages({{"", R"({"n":3})"}}), s.driver.cx));
    const Committable kept = s.driver.run(sink.prepare(2, s.driver.cx));
    s.driver.run(sink.commit(kept, s.driver.cx));
  }
  CHECK(s.documents() == 1);
  CHECK(s.spools() == Strings{"step.lock"});
}

TEST_CASE("Exactly once: a refused document is a dead letter with its bytes when it is committed") {
  Started s;
  std::vector<DeadLetter> letters;
  Sink<Message> sink(s.store, exactly_once(&letters));
  s.driver.run(sink.write(
      messages({{"", R"({"n":1})"}, {"", "no json"}, {"", R"({"n":3})"}, {"", R"({"n":"x"})"}}),
      s.driver.cx));
  const Committable prepared = s.driver.run(sink.prepare(1, s.driver.cx));
  CHECK(letters.empty());
  s.driver.run(sink.commit(prepared, s.driver.cx));
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].bytes == "no json");
  CHECK(letters[1].bytes == R"({"n":"x"})");
  CHECK_THAT(letters[1].reason, Contains("mapper_parsing_exception"));
  CHECK(s.documents() == 2);
  CHECK(sink.counts()->refused == 2);
}

TEST_CASE("Exactly once: letters that died with the process come with the next commit") {
  Started s;
  std::vector<DeadLetter> letters;
  auto options = exactly_once(&letters);
  Committable prepared;
  {
    options.dead_letters = [](const DeadLetter&) {
      throw Failure(Error(Errc::io, "the letters' place is full"));
    };
    Sink<Message> sink(s.store, options);
    s.driver.run(sink.write(messages({{"", R"({"n":1})"}, {"", "no json"}}), s.driver.cx));
    prepared = s.driver.run(sink.prepare(1, s.driver.cx));
    CHECK(s.driver.failure(sink.commit(prepared, s.driver.cx)).empty() == false);
  }
  Sink<Message> sink(s.store, exactly_once(&letters));
  s.driver.run(sink.commit(prepared, s.driver.cx));
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].bytes == "no json");
  s.driver.run(sink.commit(prepared, s.driver.cx));
  CHECK(letters.size() == 1);
  CHECK(s.documents() == 1);
}

TEST_CASE("Exactly once: a refusal that fails the sink keeps the checkpoint's documents back") {
  Started s;
  Sink<Message> sink(s.store, exactly_once());
  s.driver.run(sink.write(messages({{"", R"({"n":1})"}, {"", R"({"n":"x"})"}}), s.driver.cx));
  const Committable prepared = s.driver.run(sink.prepare(1, s.driver.cx));
  CHECK_THAT(s.driver.failure(sink.commit(prepared, s.driver.cx)),
             Contains("mapper_parsing_exception"));
  CHECK(s.documents() == 0);
  // Once the index takes it, the restarted pipeline's commit goes through.
  s.store.create_if_absent("i", R"({"mappings":{"properties":{"n":{"type":"keyword"}}}})").value();
  s.driver.run(sink.commit(prepared, s.driver.cx));
  CHECK(s.documents() == 2);
}

TEST_CASE("Exactly once: what can't be is refused at the start, with the option's name") {
  Started s;
  auto options = exactly_once();
  options.spool.clear();
  CHECK_THROWS_WITH(Sink<Message>(s.store, options), Contains("SinkOptions::spool names no"));
  Sink<Message> sink(s.store, exactly_once());
  CHECK_THAT(s.driver.failure(sink.commit({"junk"}, s.driver.cx)),
             Contains("the committable is not one of this sink's"));
  s.driver.run(sink.write(messages({{"", R"({"n":1})"}}), s.driver.cx));
  const Committable prepared = s.driver.run(sink.prepare(1, s.driver.cx));
  const std::string path = "/spool/" + s.spools().at(0);
  s.driver.sim.disk().flip_bit(path, 9, 1).value();
  CHECK_THAT(s.driver.failure(sink.commit(prepared, s.driver.cx)), Contains("spool " + path));
  s.driver.sim.env().fs.remove(path).value();
  CHECK_THAT(s.driver.failure(sink.commit(prepared, s.driver.cx)), Contains("is gone"));
  CHECK(s.documents() == 0);
}

TEST_CASE("Exactly once: a full disk fails the checkpoint, and nothing is lost or there twice") {
  Started s;
  Sink<Message> sink(s.store, exactly_once());
  s.driver.run(sink.write(messages({{"", R"({"n":1})"}}), s.driver.cx));
  s.driver.sim.disk().set_capacity(s.driver.sim.disk().used());
  CHECK_THAT(s.driver.failure(sink.prepare(1, s.driver.cx)), Contains(".spool"));
  s.driver.sim.disk().set_capacity({1u << 30});
  const Committable prepared = s.driver.run(sink.prepare(2, s.driver.cx));
  s.driver.run(sink.commit(prepared, s.driver.cx));
  CHECK(s.documents() == 1);
}

TEST_CASE("Exactly once: wherever a process dies, each document is found once") {
  int deaths = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const two_phase::Verdict verdict = run(seed);
    INFO("seed " << seed << ": " << verdict.wrong);
    REQUIRE(verdict.wrong.empty());
    deaths += verdict.deaths;
  }
  CHECK(deaths == 40 * 15);
}

TEST_CASE("Exactly once: planted bugs are found") {
  CHECK(two_phase::found(40, [](auto s) { return run(s, Mutant::commits_before_decision); }) > 5);
  CHECK(two_phase::found(40, [](auto s) { return run(s, Mutant::spools_not_synced); }) > 5);
  CHECK(two_phase::found(40, [](auto s) { return run(s, Mutant::undecided_not_listed_again); }) >
        5);
}
