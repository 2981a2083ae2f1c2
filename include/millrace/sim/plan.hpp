// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::sim {

/// What may go wrong in a checked run; they combine with |.
enum class FaultKinds : unsigned char {
  none = 0,
  kills = 1,        ///< the process dies, the disk keeps what was written
  power = 2,        ///< power loss: what was not synced is lost, torn or out of order
  disk_errors = 4,  ///< EIO, ENOSPC and short writes
  delays = 8,       ///< at every queue, read, prepare and commit; a slow disk
  clock = 16,       ///< the wall clock steps either way
  endpoints = 32,   ///< the World's sources and sinks fail
};
constexpr FaultKinds operator|(FaultKinds a, FaultKinds b) {
  return static_cast<FaultKinds>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(FaultKinds set, FaultKinds one) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}
inline constexpr FaultKinds all = static_cast<FaultKinds>(63);

/// One thing that goes wrong in a checked run.
struct PlannedFault {
  enum class Kind : unsigned char {
    kill,    ///< at the site, or at that time
    power,   ///< the same
    io,      ///< a call on the disk fails with io; the site is "disk.write", "disk.sync", …
    full,    ///< the same with out_of_space
    torn,    ///< a write is done in part and fails with io
    delays,  ///< from then on one visit in five of a site that can wait waits up to `by`
    wait,    ///< one visit of the site waits for `by`
    slow,    ///< each call on the disk takes up to `by`
    wall,    ///< the wall clock steps by `by`
    fail,    ///< the World's source or sink fails there; the site is "out.commit", "in.read", …
  };
  Duration after{};  ///< of virtual time, since the run began
  Kind kind = Kind::kill;
  std::string site = {};  ///< strikes at a visit of this site, from then on; empty: at once
  unsigned visit = 1;     ///< the how-manieth
  Duration by{};
  Duration lasting{};  ///< zero: once, or for good
  bool operator==(const PlannedFault&) const = default;
};
using Plan = std::vector<PlannedFault>;

/// "120000us power checkpoint.decided; 130000us io disk.write#3 lasting 50000us": what a failed
/// check prints.
MILLRACE_EXPORT std::string to_text(const Plan& plan);
/// Errors: invalid_input, with the part that is no fault.
MILLRACE_EXPORT Result<Plan> parse_plan(std::string_view text);

}  // namespace millrace::sim
