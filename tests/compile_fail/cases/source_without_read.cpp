// SPDX-License-Identifier: BSL-1.0
// error: millrace: source\(name, s\): s needs .using value_type = T;.
#include "millrace/stream/topology.hpp"
#include "trades.hpp"

struct Feed {
  using value_type = Trade;
#ifndef MISUSE
  millrace::Task<millrace::ReadStatus> read(millrace::Batch<Trade>&, millrace::Context&) {
    co_return millrace::ReadStatus::end;
  }
#endif
  millrace::Position position() const { return {}; }
  void resume(const millrace::Position&) {}
};

void build(millrace::Topology& topology) {
  topology.source("feed", Feed{}).map("dollars", dollars);
}
