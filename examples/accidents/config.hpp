// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "common/run_settings.hpp"
#include "generate.hpp"
#include "millrace/core/result.hpp"
#include "millrace/log/reader.hpp"
#include "millrace/store/lake_sink.hpp"
#include "pipeline.hpp"

namespace accidents {

enum class Command : unsigned char { demo, run, produce, consume, generate, report, help };

/// Everything that the command line says.
struct Config {
  Command command = Command::demo;
  std::string dir = "out/accidents";
  std::string input = {};   ///< a CSV file; generated in `dir` when empty
  std::string output = {};  ///< of generate
  GenerateOptions generate = {};
  StampOptions stamp = {};
  std::uint64_t rate = 0;  ///< rows a second; 0: as fast as it goes
  std::uint32_t shards = 4;
  millrace::log::Start start = {};
  examples::RunSettings running = {};
  AnalysisOptions analysis = {};
  millrace::store::LakeOptions lake = {
      .table = {.source = "us_accidents", .source_region = "us", .table = "accidents"}};

  std::string path(std::string_view name) const { return dir + "/" + std::string(name); }
};

/// Errors: invalid_input with what is wrong and what is there instead.
millrace::Result<Config> parse_config(std::span<char* const> args);

/// What --help prints.
std::string help_text();

}  // namespace accidents
