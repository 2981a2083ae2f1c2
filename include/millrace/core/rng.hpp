// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

namespace millrace {

/// The only source of randomness: ids, jitter, hash seeds. Threads: any.
/// Not for secrets: the simulated one repeats itself from its seed.
class Rng {
 public:
  virtual ~Rng() = default;
  /// 64 uniform bits.
  virtual std::uint64_t next() = 0;
  /// Uniform in [0, bound); 0 when bound is 0.
  std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide{next()} * bound) >> 64);
  }
};

/// Repeatable numbers from a seed (splitmix64), for generators and simulation.
/// Threads: one. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace millrace
