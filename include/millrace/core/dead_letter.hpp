// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <string>

#include "millrace/core/describe.hpp"
#include "millrace/core/error.hpp"

namespace millrace {

/// A record that could not be processed, with enough to find it and to replay it.
struct DeadLetter {
  std::string step;       ///< the step that refused it
  std::string reason;     ///< the error's message
  std::string source;     ///< that the batch at hand came from; empty: not one alone
  std::string partition;  ///< of that source; empty: not one alone
  std::string position;   ///< the reader's after the batch; empty behind an exchange or a merge of
                          ///< subtasks, where a batch is of several reads
  std::string bytes;      ///< the original bytes, or the value as JSON when it was decoded already
  bool operator==(const DeadLetter&) const = default;
};

// A template whose every member depends on T, so that only those who ask pay for it.
template <std::same_as<DeadLetter> T>
constexpr auto describe(type<T>) {
  return fields("step", &T::step, "reason", &T::reason, "source", &T::source, "partition",
                &T::partition, "position", &T::position, "bytes", &T::bytes);
}

/// What a step does with a record that it can't process.
enum class OnError : unsigned char {
  dead_letter,  ///< to the stream of dead letters; the rest of the batch goes on
  skip,         ///< counted, dropped
  fail,         ///< fails the pipeline with the step's name
};

}  // namespace millrace
