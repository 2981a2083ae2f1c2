// SPDX-License-Identifier: BSL-1.0
// A keyed operator against a plain program on std::map: random records, late ones and failing ones
// among them, timers, times to live, and restarts at other parallelisms.
#include <optional>
#include <set>

#include "keyed_rig.hpp"

using namespace keyed;

namespace {

constexpr Duration value_ttl = 40s;
constexpr Duration entry_ttl = 25s;

/// One thing that a record does; the same for both programs.
struct Deed {
  enum Kind : unsigned char {
    set,
    clear,
    grow,
    add,
    list,
    drop,
    put,
    erase,
    look,
    look_at,
    timer,
    cancel,
    kinds
  } kind{};
  int n = 0;
  Timestamp when{};
};

/// The plain program.
class Plain {
 public:
  void record(int key, Timestamp t, const std::vector<Deed>& deeds, bool fails) {
    const Keyed before = keyed_[key];
    time_ = t;
    std::string said;
    for (const Deed& deed : deeds) said += run(keyed_[key], deed);
    if (fails)
      keyed_[key] = before;
    else
      out_.push_back(std::to_string(key) + ":" + said);
  }
  void watermark(Timestamp w) {
    ending_ = w == end_of_time;
    std::vector<std::pair<int, Timestamp>> postponed;
    for (;;) {
      std::optional<std::pair<Timestamp, int>> first;
      for (auto& [key, keyed] : keyed_) {
        if (keyed.timers.empty() || *keyed.timers.begin() > w) continue;
        const std::pair earliest{*keyed.timers.begin(), key};
        if (!first || earliest < *first) first = earliest;
      }
      if (!first) break;
      const auto [t, key] = *first;
      Keyed& keyed = keyed_[key];
      keyed.timers.erase(t);
      time_ = watermark_ = std::max(watermark_, t);
      out_.push_back(std::to_string(key) + "@" + Told::seconds(t) + " " + dump(keyed));
      if (!ending_)
        for (const Timestamp next : next_timers(key, t)) {
          if (next > t)
            keyed.timers.insert(next);
          else
            postponed.emplace_back(key, next);
        }
    }
    for (const auto& [key, t] : postponed) keyed_[key].timers.insert(t);
    if (!ending_) watermark_ = std::max(watermark_, w);
  }
  static std::vector<Timestamp> next_timers(int key, Timestamp t) {
    switch ((key + t.time_since_epoch() / 1s) % 5) {
      case 0:
        return {t + 7s};
      case 1:
        return {t + 1s, t + 30s};
      case 2:
        return {t};
      default:
        return {};
    }
  }
  std::vector<std::string> take() { return std::exchange(out_, {}); }

 private:
  template <class V>
  struct Aged {
    V value{};
    Timestamp written{};
  };
  struct Keyed {
    std::optional<Aged<std::string>> value;
    std::optional<int> sum;
    std::vector<Aged<int>> list;
    std::map<int, Aged<int>> map;
    std::set<Timestamp> timers;
  };
  Timestamp now() const { return std::max(time_, watermark_); }
  bool old(Timestamp written, Duration ttl) const { return now() >= written + ttl; }
  void look_at_value(Keyed& k) const {
    if (k.value && old(k.value->written, value_ttl)) k.value.reset();
  }
  std::string dump(Keyed& k) const {
    look_at_value(k);
    std::erase_if(k.list, [&](auto& item) { return old(item.written, entry_ttl); });
    std::erase_if(k.map, [&](auto& entry) { return old(entry.second.written, entry_ttl); });
    std::string all = k.value ? k.value->value : "-";
    if (k.sum) all += " " + std::to_string(*k.sum);
    for (const auto& item : k.list) all += "," + std::to_string(item.value);
    for (const auto& [n, v] : k.map) all += ";" + std::to_string(n) + "=" + std::to_string(v.value);
    return all;
  }
  std::string run(Keyed& k, const Deed& d) {
    if ((d.kind == Deed::put || d.kind == Deed::look_at) && k.map.contains(d.n) &&
        old(k.map[d.n].written, entry_ttl))
      k.map.erase(d.n);
    switch (d.kind) {
      case Deed::set:
        k.value = Aged<std::string>{std::to_string(d.n),
                                    k.value ? std::max(k.value->written, now()) : now()};
        break;
      case Deed::clear:
        k.value.reset();
        break;
      case Deed::grow:
        look_at_value(k);
        k.value = Aged<std::string>{(k.value ? k.value->value : "") + "+",
                                    k.value ? std::max(k.value->written, now()) : now()};
        break;
      case Deed::add:
        k.sum = k.sum.value_or(0) + d.n;
        break;
      case Deed::list:
        k.list.push_back({d.n, now()});
        break;
      case Deed::drop:
        std::erase_if(k.list, [&](auto& item) { return old(item.written, entry_ttl); });
        std::erase_if(k.list, [&](auto& item) { return item.value % 3 == d.n % 3; });
        break;
      case Deed::put:
        if (k.map.contains(d.n))
          k.map[d.n] = {d.n * 2, std::max(k.map[d.n].written, now())};
        else
          k.map[d.n] = {d.n * 2, now()};
        break;
      case Deed::erase:
        k.map.erase(d.n);
        break;
      case Deed::look:
        return dump(k);
      case Deed::look_at:
        return k.map.contains(d.n) ? "y" : "n";
      case Deed::timer:
        k.timers.insert(d.when);
        break;
      case Deed::cancel:
        k.timers.erase(d.when);
        break;
      case Deed::kinds:
        break;
    }
    return {};
  }

  std::map<int, Keyed> keyed_;
  Timestamp time_ = start_of_time;
  Timestamp watermark_ = start_of_time;
  bool ending_ = false;
  std::vector<std::string> out_;
};

/// The operator.
struct Keyed : Told {
  using key_type = int;
  ValueState<std::string> value{"value", {.ttl = value_ttl}};
  ReducingState<int, std::plus<>> sum{"sum"};
  ListState<int> list{"list", {.ttl = entry_ttl}};
  MapState<int, int> map{"map", {.ttl = entry_ttl}};
  auto states() { return std::tie(value, sum, list, map, timers); }
  void on_record(const Act<Keyed>& act, Timestamp, Emitter<std::string>& out) { act.f(*this, out); }
  void on_timer(int key, Timestamp t, Emitter<std::string>& out) {
    out.emit(text(key, t) + " " + dump(), t);
    for (const Timestamp next : Plain::next_timers(key, t)) timers.at_event_time(next);
  }

  std::string dump() {
    std::string all = value.value_or("-");
    if (const int* s = sum.get()) all += " " + std::to_string(*s);
    for (const int item : list) all += "," + std::to_string(item);
    for (const auto& [n, v] : map) all += ";" + std::to_string(n) + "=" + std::to_string(v);
    return all;
  }
  std::string run(const Deed& d) {
    switch (d.kind) {
      case Deed::set:
        value.set(std::to_string(d.n));
        break;
      case Deed::clear:
        value.clear();
        break;
      case Deed::grow:
        value.update([](std::string& s) { s += "+"; });
        break;
      case Deed::add:
        sum.add(d.n);
        break;
      case Deed::list:
        list.add(d.n);
        break;
      case Deed::drop:
        list.erase_if([&](int item) { return item % 3 == d.n % 3; });
        break;
      case Deed::put:
        map.put(d.n, d.n * 2);
        break;
      case Deed::erase:
        map.erase(d.n);
        break;
      case Deed::look:
        return dump();
      case Deed::look_at:
        return map.contains(d.n) ? "y" : "n";
      case Deed::timer:
        timers.at_event_time(d.when);
        break;
      case Deed::cancel:
        timers.cancel_event_time(d.when);
        break;
      case Deed::kinds:
        break;
    }
    return {};
  }
};

/// What came out, without the order between keys of different subtasks.
std::vector<std::string> in_any_order(std::vector<std::string> lines) {
  std::stable_sort(lines.begin(), lines.end(), [](const std::string& a, const std::string& b) {
    return std::stoi(a) < std::stoi(b);
  });
  return lines;
}

/// What a rig gives, or, of several subtasks, each key's part of it, is what the plain program
/// gives.
void compare(KeyedRig<Keyed>& rig, unsigned parallelism, Plain& plain) {
  auto got = rig.take();
  auto expected = plain.take();
  if (parallelism > 1)
    got = in_any_order(std::move(got)), expected = in_any_order(std::move(expected));
  REQUIRE(got.size() == expected.size());
  const auto [here, there] = std::mismatch(got.begin(), got.end(), expected.begin());
  if (here != got.end()) {
    INFO("line " << here - got.begin());
    REQUIRE(*here == *there);
  }
}

void run(std::uint64_t seed) {
  INFO("seed " << seed);
  SeededRng rng(seed);
  const auto below = [&](std::uint64_t n) { return static_cast<int>(rng.below(n)); };
  const int keys = 1 + below(30);
  unsigned parallelism = 1 + static_cast<unsigned>(below(4));
  auto rig = std::make_unique<KeyedRig<Keyed>>(parallelism);
  Plain plain;
  Timestamp watermark = at(0s);
  for (int step = 0; step < 400; ++step) {
    const int what = below(100);
    if (what < 85) {
      const int key = below(static_cast<std::uint64_t>(keys)) - 5;
      const Timestamp t = watermark + (below(40) - 10) * 1s;
      const bool fails = below(6) == 0;
      std::vector<Deed> deeds(1 + rng.below(5));
      for (Deed& deed : deeds)
        deed = {static_cast<Deed::Kind>(below(Deed::kinds)), below(8),
                watermark + (below(30) - 3) * 1s};
      plain.record(key, t, deeds, fails);
      rig->push(key, t, [&](Keyed& op, Emitter<std::string>& out) {
        std::string said;
        for (const Deed& deed : deeds) said += op.run(deed);
        if (fails) throw std::runtime_error("fails");
        out.emit(std::to_string(key) + ":" + said, t);
      });
    } else if (what < 97) {
      watermark += below(15) * 1s;
      plain.watermark(watermark);
      rig->watermark(watermark);
    } else {
      const auto items = rig->save();
      compare(*rig, parallelism, plain);
      parallelism = 1 + static_cast<unsigned>(below(4));
      rig = std::make_unique<KeyedRig<Keyed>>(parallelism);
      rig->load(items).value();
    }
    if (below(10) == 0) rig->pass(100ms);
  }
  plain.watermark(end_of_time);
  rig->end();
  compare(*rig, parallelism, plain);
}

}  // namespace

TEST_CASE("keyed state, timers and times to live do what a plain program does, restarts or not") {
  const std::uint64_t seeds = on_rocksdb() ? 20 : 150;  // each start opens a database
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) run(seed);
}
