// SPDX-License-Identifier: BSL-1.0
// Queries of Nexmark as a user writes them, beside a plain program.
#include <map>
#include <set>

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/stream/window_join.hpp"
#include "millrace/testing/memory.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

struct Person {
  std::int64_t id = 0;
  std::string name;
  Timestamp registered{};
};
constexpr auto describe(type<Person>) {
  return fields("id", &Person::id, "name", &Person::name, "registered", &Person::registered);
}
struct Auction {
  std::int64_t id = 0;
  std::int64_t seller = 0;
  Timestamp opened{};
};
constexpr auto describe(type<Auction>) {
  return fields("id", &Auction::id, "seller", &Auction::seller, "opened", &Auction::opened);
}

/// One person to three auctions, as Nexmark has them; most sellers are new ones.
struct Site {
  std::vector<Person> people;
  std::vector<Auction> auctions;
  explicit Site(int n) {
    SeededRng rng(8);
    for (int i = 0; i < n; ++i) {
      const Timestamp now = at(i * 20ms);
      people.push_back({1000 + i, "person " + std::to_string(i), now});
      for (int k = 0; k < 3; ++k) {
        const auto back = static_cast<std::int64_t>(rng.below(1000));
        auctions.push_back({3 * i + k, 1000 + std::max<std::int64_t>(0, i - back), now + 5ms * k});
      }
    }
  }
};

/// A new user, and how many auctions he opened in the same ten seconds.
struct NewUser {
  std::string name;
  std::uint64_t auctions = 0;
  bool operator==(const NewUser&) const = default;
};

Stream<Windowed<std::int64_t, NewUser>> new_users(Stream<Person> people, Stream<Auction> auctions) {
  return people
      .event_time("registered", &Person::registered, watermark::bounded_out_of_orderness(1s))
      .key_by(&Person::id)
      .join(auctions.event_time("opened", &Auction::opened, watermark::bounded_out_of_orderness(1s))
                .key_by(&Auction::seller))
      .window(tumbling(10s))
      .cogroup<NewUser>("new-users", [](std::int64_t, const Group<Person>& same,
                                        const Group<Auction>& opened, auto& out) {
        if (!same.empty() && !opened.empty()) out.emit({same.front().name, opened.size()});
      });
}

}  // namespace

TEST_CASE("Nexmark Q8: who registered and opened auctions within the same ten seconds") {
  const Site site(5000);
  std::map<std::pair<Timestamp, std::int64_t>, NewUser> expected;
  for (const Person& p : site.people)
    for (const Auction& a : site.auctions)
      if (a.seller == p.id &&
          a.opened.time_since_epoch() / 10s == p.registered.time_since_epoch() / 10s) {
        const Timestamp start(p.registered.time_since_epoch() / 10s * 10s);
        NewUser& user = expected[{start, p.id}];
        user.name = p.name;
        ++user.auctions;
      }
  REQUIRE(expected.size() > 1000);

  for (const unsigned parallelism : {1u, 4u}) {
    Topology t("q8");
    testing::Into<Windowed<std::int64_t, NewUser>> into;
    new_users(t.source("people", testing::From<Person>(site.people)),
              t.source("auctions", testing::From<Auction>(site.auctions)))
        .parallelism(parallelism)
        .to("out", into);
    const std::string ended = run(std::move(t));
    CHECK(ended == "finished");
    std::map<std::pair<Timestamp, std::int64_t>, NewUser> found;
    for (const auto& w : into.values()) {
      CHECK(found.emplace(std::pair(w.window.start, w.key), w.value).second);
      CHECK(w.fire == 1);
    }
    CHECK(found == expected);
  }
}
