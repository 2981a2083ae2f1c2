// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "driver.hpp"
#include "millrace/firehose/base64.hpp"
#include "millrace/firehose/delivery.hpp"

namespace millrace::firehose {

/// Objects in memory, and what its puts are to answer.
struct Objects {
  std::map<std::string, std::string> by_name;
  std::deque<Errc> failures;       ///< of the next calls, one each
  bool down = false;               ///< every call fails
  std::vector<std::string> calls;  ///< names, in order
  std::vector<MonotonicTime> times;
  const Clock* clock = nullptr;

  Result<void> put(std::string_view name, std::string_view bytes) {
    calls.emplace_back(name);
    if (clock) times.push_back(clock->monotonic());
    if (down) return Error(Errc::unavailable, "the store is down");
    if (!failures.empty()) {
      const Errc code = failures.front();
      failures.pop_front();
      return Error(code, "a failure to order");
    }
    by_name[std::string(name)] = std::string(bytes);
    return {};
  }
  /// Bodies in the order of their names.
  std::vector<std::string> bodies(std::string_view prefix = {}) const {
    std::vector<std::string> all;
    for (const auto& [name, bytes] : by_name)
      if (name.compare(0, prefix.size(), prefix) == 0) all.push_back(bytes);
    return all;
  }
};

/// A destination that puts into Objects; blocking, as a directory is.
struct ObjectStore {
  std::shared_ptr<Objects> objects = std::make_shared<Objects>();
  Result<void> put(std::string_view name, std::string_view bytes) {
    return objects->put(name, bytes);
  }
};

/// What a line of an error object says; members that are texts or numbers.
struct ErrorLine {
  std::string code, message, raw, attempts;
};

inline std::string member(const std::string& line, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  const std::size_t at = line.find(key);
  if (at == std::string::npos) return "(none)";
  const std::size_t begin = at + key.size();
  if (line[begin] != '"') return line.substr(begin, line.find_first_of(",}", begin) - begin);
  return line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
}

inline std::vector<ErrorLine> error_lines(const std::vector<std::string>& bodies) {
  std::vector<ErrorLine> all;
  for (const std::string& body : bodies) {
    std::size_t begin = 0;
    for (std::size_t end; (end = body.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string line = body.substr(begin, end - begin);
      all.push_back({member(line, "errorCode"), member(line, "errorMessage"),
                     from_base64(member(line, "rawData")).value(), member(line, "attemptsMade")});
    }
  }
  return all;
}

/// Runs one delivery in virtual time.
struct Works {
  sim::Env sim;
  Driver driver{sim};
  ObjectStore store;
  ObjectStore backup;
  Timestamp arrival{std::chrono::sys_days(std::chrono::year(2026) / 7 / 13) +
                    std::chrono::hours(14)};

  Works() {
    store.objects->clock = &sim.env().clock;
    backup.objects->clock = &sim.env().clock;
  }
  Context& cx() { return driver.cx; }
  Objects& objects() { return *store.objects; }
  Objects& backups() { return *backup.objects; }

  void write(Delivery& delivery, const std::vector<std::string>& records) {
    Batch<Message> batch(static_cast<std::uint32_t>(records.size()) + 1);
    for (const std::string& each : records) batch.push_back({Text(each)}, arrival);
    driver.run(delivery.write(batch, cx()));
  }
  void flush(Delivery& delivery) { driver.run(delivery.flush(cx())); }
  /// Lets time pass, with the ticks that an idle pipeline gives.
  void pass(Delivery& delivery, Duration time, Duration step = std::chrono::milliseconds(500)) {
    for (Duration passed{}; passed < time; passed += step) {
      sim.run_for(step);
      driver.run(delivery.tick(cx()));
    }
  }
};

using Strings = std::vector<std::string>;

}  // namespace millrace::firehose
