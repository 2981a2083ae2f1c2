// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/rng.hpp"
#include "w2.hpp"

namespace bench::w2 {
namespace {

/// Spreads 0, 1, 2, ... over all 32-bit numbers, each once.
std::uint32_t spread(std::uint32_t x) {
  x = (x ^ x >> 16) * 0x85EBCA6B;
  x = (x ^ x >> 13) * 0xC2B2AE35;
  return x ^ x >> 16;
}

}  // namespace

Input generate(std::uint32_t keys, std::size_t events) {
  Input input{millrace::detail::PageArray<Event>(events), keys};
  millrace::SeededRng rng(7 + keys);
  const std::int64_t start_ms = 1'700'000'000'000;
  for (std::size_t i = 0; i < events; ++i) {
    const std::int64_t ms =
        start_ms + static_cast<std::int64_t>(i / 200) - static_cast<std::int64_t>(rng.below(5000));
    input.events[i] = {millrace::Timestamp(std::chrono::milliseconds(ms)),
                       spread(static_cast<std::uint32_t>(rng.below(keys))),
                       static_cast<std::uint32_t>(rng.below(1000))};
  }
  return input;
}

}  // namespace bench::w2
