// SPDX-License-Identifier: BSL-1.0
// Keyed state that another version of the program has saved.
#include "keyed_rig.hpp"

using namespace keyed;

namespace {

namespace before {
struct Visit {
  std::string page;
  int seconds = 0;
};
constexpr auto describe(type<Visit>) {
  return fields("page", &Visit::page, "seconds", &Visit::seconds);
}
struct User {
  int id = 0;
  std::string name;
  auto operator<=>(const User&) const = default;
};
constexpr auto describe(type<User>) { return fields("id", &User::id, "name", &User::name); }
}  // namespace before

namespace now {
struct Visit {
  std::int64_t seconds = 0;
  std::string page;
  std::string browser = "unknown";
};
constexpr auto describe(type<Visit>) {
  return fields("seconds", &Visit::seconds, "browser", &Visit::browser, "page", &Visit::page);
}
struct User {
  int id = 0;
  auto operator<=>(const User&) const = default;
};
constexpr auto describe(type<User>) { return fields("id", &User::id); }
}  // namespace now

template <class K, class Visit, class User>
struct Version : Told {
  using key_type = K;
  ValueState<Visit> last{"last"};
  ListState<Visit> all{"all", {.ttl = 1h}};
  MapState<User, Visit> by_user{"by_user"};
  auto states() { return std::tie(last, all, by_user, timers); }
  void on_record(const Act<Version>& act, Timestamp, Emitter<std::string>& out) {
    act.f(*this, out);
  }
  void on_timer(const K& key, Timestamp t, Emitter<std::string>& out) { out.emit(text(key, t), t); }
};
using Before = Version<std::int32_t, before::Visit, before::User>;
using Now = Version<std::int64_t, now::Visit, now::User>;

}  // namespace

TEST_CASE("fields may come and go, numbers grow, and keys move to their new groups") {
  KeyedRig<Before> old(3);
  for (int key = -200; key < 200; ++key)
    old.push(key, at(0s), [=](Before& op) {
      op.last.set({"page", key});
      for (int i = 0; i < 3; ++i) op.all.add({"page " + std::to_string(i), i});
      op.by_user.put({key, "name"}, {"mine", 5});
      op.timers.at_event_time(at(10s));
    });
  const auto items = old.save();
  for (const unsigned parallelism : {1u, 3u, 4u}) {
    INFO("parallelism " << parallelism);
    KeyedRig<Now> rig(parallelism);
    rig.load(items).value();
    for (int key = -200; key < 200; ++key)
      rig.push(key, at(1s), [=](Now& op) {
        REQUIRE(op.last.get());
        CHECK(op.last.get()->seconds == key);
        CHECK(op.last.get()->browser == "unknown");
        CHECK(op.all.size() == 3);
        CHECK(op.all[2].page == "page 2");
        REQUIRE(op.by_user.get({key}));
        CHECK(op.by_user.get({key})->page == "mine");
      });
    CHECK(rig.letters().empty());
    rig.watermark(at(10s));
    CHECK(rig.take().size() == 400);
  }
}

TEST_CASE("a change that loses something is refused with both forms") {
  KeyedRig<Now> rig;
  rig.push(1, at(0s), [](Now& op) { op.last.set({}); });
  KeyedRig<Before> old;
  const auto done = old.load(rig.save());
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == Errc::unsupported);
  CHECK(done.error().message().find("the key") != std::string::npos);
  CHECK(done.error().message().find("i64") != std::string::npos);
  CHECK(done.error().message().find("i32") != std::string::npos);
  using Other = Version<std::int64_t, std::string, now::User>;
  KeyedRig<Other> other;
  const auto refused = other.load(rig.save());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().find("state \"last\"") != std::string::npos);
}

TEST_CASE("keys that were told apart by a field that is gone are refused") {
  using Wide = Version<before::User, int, int>;
  using Narrow = Version<now::User, int, int>;
  KeyedRig<Wide> rig;
  for (const char* name : {"a", "b"}) rig.push({1, name}, at(0s), [](Wide& op) { op.last.set(1); });
  KeyedRig<Narrow> narrow;
  const auto done = narrow.load(rig.save());
  REQUIRE_FALSE(done);
  CHECK(done.error().message() ==
        "two keys of struct{id:i32,name:string} in the checkpoint are the same struct{id:i32} now; "
        "give the changed step a new name");
}

TEST_CASE("a step says in which form it keeps its state") {
  KeyedRig<Before> rig;
  CHECK(rig.step().state_schema() ==
        "keyed{key:i32,last:value<struct{page:string,seconds:i32}>,"
        "all:list<struct{page:string,seconds:i32}>,by_user:map<tuple{struct{id:i32,name:string},"
        "struct{page:string,seconds:i32}}>,timers:timers}");
}
