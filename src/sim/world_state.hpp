// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "millrace/sim/world.hpp"

namespace millrace::sim {

struct World::State {
  /// An output that is looked at.
  struct Look {
    std::function<std::vector<std::string>(millrace::Env&)> look;
    OutputOptions<std::string> options;
  };

  std::uint64_t seed = 0;
  millrace::Env* env = nullptr;
  const World* faultless = nullptr;  ///< what this run is compared with
  detail::Facts facts{};
  MonotonicTime began{};
  /// Turns the faults off while something else than the process uses the disk.
  std::function<void(bool)> watch{};
  std::size_t fills_asked = 0;  ///< by this build
  std::size_t fills_done = 0;
  std::map<std::string, std::shared_ptr<void>> scripts{};
  std::map<std::string, std::shared_ptr<detail::Ledger>, std::less<>> ledgers{};
  std::map<std::string, Look> looks{};
  std::map<std::string, std::function<std::string(const World&)>> requirements{};
};

}  // namespace millrace::sim
