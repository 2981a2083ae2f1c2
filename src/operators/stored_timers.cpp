// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/stored_timers.hpp"

#include <algorithm>
#include <utility>

#include "millrace/operators/keyed_store.hpp"

namespace millrace::detail {
namespace {

constexpr std::size_t time_at = 1;
constexpr std::size_t key_at = time_at + sizeof(std::uint64_t);
constexpr std::uint64_t sign = std::uint64_t{1} << 63;

char first_byte(TimeDomain domain) {
  return static_cast<char>(first_timer_byte + static_cast<unsigned>(domain));
}
/// In the order of times.
void append_place(std::string& out, TimeDomain domain, Timestamp t) {
  out.push_back(first_byte(domain));
  const auto bits = static_cast<std::uint64_t>(t.time_since_epoch().count()) ^ sign;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bits >> shift));
}
Timestamp time_of(std::string_view place) {
  std::uint64_t bits = 0;
  for (std::size_t i = time_at; i < key_at; ++i)
    bits = bits << 8 | static_cast<unsigned char>(place[i]);
  return Timestamp(Duration(static_cast<std::int64_t>(bits ^ sign)));
}

/// Gathers what is due at the first time.
class First final : public RowVisitor {
 public:
  First(Timestamp until, ByteStore& bytes) : until_(until), bytes_(bytes) {}
  bool row(std::string_view place, std::string_view) override {
    const Timestamp t = time_of(place);
    if (t > until_ || (time && t != *time)) {
      next = t;
      return false;
    }
    time = t;
    places.push_back(bytes_.copy(place));
    return true;
  }
  std::optional<Timestamp> time;
  Timestamp next = end_of_time;  ///< none of those that are left is before
  std::vector<std::string_view> places;

 private:
  const Timestamp until_;
  ByteStore& bytes_;
};

}  // namespace

void StoredTimers::add(TimeDomain domain, Timestamp t, std::string_view key) {
  key_.clear();
  append_place(key_, domain, t);
  store_.put(key_.append(key), {});
  Domain& mine = domains_[static_cast<unsigned>(domain)];
  mine.first = std::min(mine.first, t);
}

void StoredTimers::remove(TimeDomain domain, Timestamp t, std::string_view key) {
  key_.clear();
  append_place(key_, domain, t);
  store_.erase(key_.append(key));
}

std::optional<Timestamp> StoredTimers::take(TimeDomain domain, Timestamp until, ByteStore& bytes,
                                            std::vector<std::string_view>& keys) {
  Domain& mine = domains_[static_cast<unsigned>(domain)];
  if (!mine.in_round) {
    if (mine.first > until) return std::nullopt;
    mine.from = std::exchange(mine.first, end_of_time);
    mine.in_round = true;
  }
  store_.write();
  key_.clear();
  append_place(key_, domain, mine.from);
  const char end = static_cast<char>(first_byte(domain) + 1);
  First first(until, bytes);
  store_.scan(key_, {&end, 1}, first);
  if (!first.time) {
    mine.first = std::min(mine.first, first.next);
    mine.in_round = false;
    return std::nullopt;
  }
  for (const std::string_view place : first.places) {
    store_.erase(place);
    keys.push_back(place.substr(key_at));
  }
  // At the end of time nothing is set any more.
  mine.from = *first.time == end_of_time ? end_of_time : *first.time + Duration(1);
  return first.time;
}

}  // namespace millrace::detail
