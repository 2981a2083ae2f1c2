// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include "harness.hpp"
#include "millrace/core/time.hpp"
#include "millrace/state/pages.hpp"

namespace bench::w2 {

/// Count and sum by key over tumbling windows: 200,000 events a second of event time, up to 5 s out
/// of order.
struct Event {
  millrace::Timestamp at;
  std::uint32_t key;
  std::uint32_t value;
};
inline constexpr std::int64_t window_us = 10'000'000;
inline constexpr std::int64_t delay_us = 5'000'000;

struct Input {
  millrace::detail::PageArray<Event> events;
  std::uint32_t keys;
};
Input generate(std::uint32_t keys, std::size_t events);

/// Where results go: summed up in a way that needs every part of each of them.
struct Sink {
  Check check;
  [[gnu::always_inline]] void take(std::uint32_t key, std::int64_t end_us, std::uint64_t count,
                                   std::uint64_t sum) {
    ++check.count;
    check.sum += (key * 0x9E3779B97F4A7C15ull ^ static_cast<std::uint64_t>(end_us)) +
                 count * 0xD1B54A32D192ED03ull + sum * 31;
  }
};

// Hand-written loops. They know what the library does not: how many keys there are, that all
// disorder is within the bound, that sums fit and that counts fit 32 bits.
Check loop_two_panes_a_slot(const Input& input);
Check loop_staged(const Input& input);
Check loop_batch_kernel(const Input& input);
Check loop_batch_kernel_far(const Input& input);
Check loop_batch_kernel_small(const Input& input);

/// The library: source, event_time, window, sink.
enum class Order { table, hash, key };
Check library(const Input& input, Order order);

}  // namespace bench::w2
