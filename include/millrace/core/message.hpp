// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/text.hpp"

namespace millrace {

/// One record of a byte stream: what logs, files, Kinesis and Kafka carry. Its time in the batch is
/// the arrival time.
/// Lifetime: the bytes belong to the batch; see Text.
struct Message {
  Text data;
  Text key = {};  ///< partition key; empty when the stream has none
};
template <>
inline constexpr bool borrows<Message> = true;

}  // namespace millrace
