// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store {

/// A table of the raw layer, the single source of truth: one object holds the rows of one day.
struct LakeTable {
  std::string company = "company";
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::string environment = "dev";
  std::string source;         ///< where the rows come from, e.g. "us_accidents"
  std::string source_region;  ///< e.g. "us"
  std::string table;
  std::string format = "json";  ///< the objects' ending
  std::string stream_version = "1";
};

/// `<company>-raw-<region>-<account>-<environment>/<source>/<source_region>/<table>/`.
/// Errors: Failure (invalid_input) when a part is empty or holds a '/'.
MILLRACE_EXPORT std::string lake_prefix(const LakeTable& table);

/// The prefix, then `year=yyyy/month=mm/day=dd/<table>_<yyyymmdd>-<stream version>-<id>.<format>`.
/// A time before the year 0 or after 9999 gives the day 0000-00-00.
MILLRACE_EXPORT std::string lake_key(const LakeTable& table, Timestamp time, std::string_view id);

/// A random UUID (RFC 9562, version 4).
MILLRACE_EXPORT std::string make_uuid(Rng& rng);

}  // namespace millrace::store
