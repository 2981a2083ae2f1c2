// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/stream/keyed_stream.hpp"
#include "millrace/stream/stream.hpp"

struct Trade {
  std::string symbol;
  std::int64_t price = 0;
  millrace::Timestamp at{};
};

struct Position {
  std::string symbol;
};

struct TradeStore {
  millrace::Task<> write(const millrace::Batch<Trade>&, millrace::Context&) { co_return; }
};

using Trades = millrace::Stream<Trade>;

inline constexpr auto dollars = [](const Trade& trade) { return trade.price / 100; };
inline constexpr auto symbol = [](const Trade& trade) { return trade.symbol; };
