// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <chrono>
#include <optional>

#include "catch.hpp"
#include "delivery_fixture.hpp"

namespace millrace::firehose {

inline DeliveryOptions lines() {
  return {.prefix = "to/",
          .error_prefix = "bad/!{firehose:error-output-type}/",
          .delimiter = "\n",
          .delimiter_place = DelimiterPlace::after_each,
          .guarantee = Guarantee::exactly_once,
          .spool = "/spool"};
}

// A delivery's checkpoints, one after the other, and its restarts from the last one.
struct Job {
  Works works;
  std::optional<Delivery> delivery;
  CheckpointId id = 0;
  Committable prepared;
  std::string state;

  template <class To>
  void start(const To& to, const DeliveryOptions& options) {
    delivery.reset();
    delivery.emplace(to, options);
    if (id == 0) return works.driver.run(delivery->abort(works.cx()));
    REQUIRE(delivery->load(state));
    works.driver.run(delivery->commit(prepared, works.cx()));
    works.driver.run(delivery->abort(works.cx()));
  }
  void start(const DeliveryOptions& options) { start(works.store, options); }

  void write(const Strings& records) { works.write(*delivery, records); }
  /// Prepared and decided, not committed.
  void decide() {
    prepared = works.driver.run(delivery->prepare(++id, works.cx()));
    state.clear();
    delivery->save(state);
  }
  void commit() { works.driver.run(delivery->commit(prepared, works.cx())); }
  void checkpoint() {
    decide();
    commit();
  }
  void finish() {
    for (bool more = true; more;) {
      more = works.driver.run(delivery->finish(works.cx()));
      checkpoint();
    }
  }
  Strings spools() { return works.sim.env().fs.list("/spool").value(); }
  /// Sorted.
  Strings bodies(std::string_view prefix = "to/") {
    Strings all = works.objects().bodies(prefix);
    std::sort(all.begin(), all.end());
    return all;
  }
};

inline void upper(std::span<const TransformRecord> records, TransformOutput& out) {
  for (const TransformRecord& each : records) {
    std::string data(each.data);
    for (char& c : data) c = static_cast<char>(c - 'a' + 'A');
    out.ok(each.id, data);
  }
}

}  // namespace millrace::firehose
