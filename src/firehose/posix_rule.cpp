// SPDX-License-Identifier: BSL-1.0
#include "firehose/posix_rule.hpp"

#include "firehose/civil.hpp"
#include "millrace/core/time.hpp"

namespace millrace::firehose {

/// Reads the text from front to back; each member is false when something else comes.
class PosixRule::Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool next_is(char c) const { return rest_.starts_with(c); }

  bool name() {
    const bool quoted = take('<');
    std::size_t size = 0;
    const auto fits = [&](char c) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      return letter || (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
    };
    while (size < rest_.size() && fits(rest_[size])) ++size;
    rest_.remove_prefix(size);
    return size >= 3 && (!quoted || take('>'));
  }

  bool number(int& out, int least, int most) {
    out = 0;
    std::size_t size = 0;
    for (; size < rest_.size() && size < 4 && rest_[size] >= '0' && rest_[size] <= '9'; ++size)
      out = out * 10 + (rest_[size] - '0');
    rest_.remove_prefix(size);
    return size > 0 && out >= least && out <= most;
  }

  /// `hh[:mm[:ss]]` with or without a sign, in seconds.
  bool time(int& out, int hours_max) {
    const int sign = take('-') ? -1 : (take('+'), 1);
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!number(hours, 0, hours_max)) return false;
    if (take(':') && !number(minutes, 0, 59)) return false;
    if (take(':') && !number(seconds, 0, 59)) return false;
    out = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
  }

  bool change(Change& out) {
    if (take('M')) {
      out.kind = DateKind::month;
      if (!number(out.month, 1, 12) || !take('.') || !number(out.week, 1, 5) || !take('.') ||
          !number(out.day, 0, 6))
        return false;
    } else {
      out.kind = take('J') ? DateKind::julian : DateKind::day;
      if (!number(out.day, out.kind == DateKind::julian ? 1 : 0, 365)) return false;
    }
    return !take('/') || time(out.time, 167);
  }

 private:
  std::string_view rest_;
};

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
  PosixRule rule;
  Reader in(text);
  int west = 0;
  if (!in.name() || !in.time(west, 24)) return std::nullopt;
  rule.standard_ = -west;
  if (in.at_end()) return rule;
  if (!in.name()) return std::nullopt;
  rule.summer_ = rule.standard_ + 3600;
  if (!in.next_is(',')) {
    if (!in.time(west, 24)) return std::nullopt;
    rule.summer_ = -west;
  }
  if (!in.take(',') || !in.change(rule.to_summer_) || !in.take(',') ||
      !in.change(rule.to_standard_) || !in.at_end())
    return std::nullopt;
  return rule;
}

// Local seconds since 1970 of a change in `year`.
std::int64_t PosixRule::seconds_of(const Change& change, long long year) {
  long long day = days_of(year, 1, 1);
  if (change.kind == DateKind::day) {
    day += change.day;
  } else if (change.kind == DateKind::julian) {
    day += change.day - 1 + (is_leap(year) && change.day >= 60 ? 1 : 0);
  } else {
    const long long first = days_of(year, change.month, 1);
    const long long next =
        change.month == 12 ? days_of(year + 1, 1, 1) : days_of(year, change.month + 1, 1);
    day = first + (change.day - weekday_of(first) + 7) % 7 + 7 * (change.week - 1);
    if (day >= next) day -= 7;
  }
  return day * 86'400 + change.time;
}

int PosixRule::offset(std::int64_t time) const {
  if (!summer_) return standard_;
  const Timestamp point{std::chrono::seconds(time)};
  const long long year = to_civil(point, std::chrono::seconds(standard_)).year;
  const std::int64_t start = seconds_of(to_summer_, year) - standard_;
  const std::int64_t end = seconds_of(to_standard_, year) - *summer_;
  // In the south summer goes over the year's end.
  const bool summer = start < end ? time >= start && time < end : time >= start || time < end;
  return summer ? *summer_ : standard_;
}

}  // namespace millrace::firehose
