// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>

#include "millrace/core/message.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/core/units.hpp"
#include "millrace/store/directory.hpp"

namespace accidents {

struct LakeOptions {
  std::string bucket = "company-raw-us-east-1-000000000000-dev";
  std::string source = "us_accidents";
  std::string source_region = "us";
  std::string table = "accidents";
  std::uint32_t stream_version = 1;
  millrace::ByteSize size{5 << 20};
  millrace::Duration interval = std::chrono::seconds(300);
};

/// The raw layer: records as they came, a line each, in objects of about `size` or `interval`:
///
///     <bucket>/<source>/<source_region>/<table>/year=yyyy/month=mm/day=dd/
///         <table>_<yyyymmdd>-<stream version>-<uuid>.json
///
/// The day is that of the first record's arrival, UTC. Errors: those of Directory::put().
class Lake {
 public:
  Lake(millrace::store::Directory store, LakeOptions options)
      : store_(std::move(store)), options_(std::move(options)) {}

  millrace::Task<> write(const millrace::Batch<millrace::Message>& batch, millrace::Context& cx);
  millrace::Task<> flush(millrace::Context& cx);

 private:
  bool due(millrace::Timestamp arrival, millrace::MonotonicTime now) const;
  std::string key(millrace::Rng& rng) const;

  millrace::store::Directory store_;
  LakeOptions options_;
  std::string lines_;
  millrace::Timestamp first_{};
  millrace::MonotonicTime opened_{};
};

}  // namespace accidents
