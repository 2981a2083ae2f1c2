// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "common/run_settings.hpp"
#include "millrace/core/result.hpp"
#include "millrace/log/options.hpp"
#include "pipeline.hpp"

namespace bank {

enum class Command : unsigned char { demo, run, produce, consume, report, help };

/// Everything that the command line says.
struct Config {
  Command command = Command::demo;
  std::string dir = "out/bank";
  std::string input = "examples/bank/data/bank.csv";
  std::uint64_t rate = 0;  ///< rows a second; 0: as fast as it goes
  std::uint32_t shards = 4;
  Buffering buffering = {};
  examples::RunSettings running = {};

  std::string path(std::string_view name) const { return dir + "/" + std::string(name); }
  millrace::log::Options stream() const {
    return {.shards = shards,
            .durability = millrace::log::Durability::interval,
            .retention_time = std::chrono::hours(24)};
  }
};

/// Errors: invalid_input with what is wrong and what is there instead.
millrace::Result<Config> parse_config(std::span<char* const> args);

/// What --help prints.
std::string help_text();

}  // namespace bank
