// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "millrace/core/dead_letter.hpp"
#include "millrace/formats/describe.hpp"

namespace examples {

/// A dead letter as a line of the rejects: what was wrong, where it was, and its original bytes.
struct Letter {
  std::string step, reason, source, partition, position, bytes;
};
constexpr auto describe(millrace::type<Letter>) {
  return millrace::fields("step", &Letter::step, "reason", &Letter::reason, "source",
                          &Letter::source, "partition", &Letter::partition, "position",
                          &Letter::position, "bytes", &Letter::bytes);
}
inline Letter to_letter(const millrace::DeadLetter& d) {
  return {d.step, d.reason, d.source, d.partition, d.position, d.bytes};
}

}  // namespace examples
