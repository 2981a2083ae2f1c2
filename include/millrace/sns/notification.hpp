// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/formats/describe.hpp"

namespace millrace::sns {

/// A message attribute, as subscribers filter by it.
struct Attribute {
  std::string name;
  std::string type = "String";  ///< String, String.Array, Number or Binary (value in base64)
  std::string value;
  bool operator==(const Attribute&) const = default;
};

constexpr auto describe(type<Attribute>) {
  return fields("Name", &Attribute::name, "Type", &Attribute::type, "Value", &Attribute::value);
}

/// A message to a topic, as Publish takes it.
struct Notification {
  /// Not SNS's: two notifications with the same id, when it is not empty, are the same one.
  std::string id = {};
  std::string topic;    ///< a name, or an ARN that ends in it
  std::string subject;  ///< of an e-mail; may be empty
  std::string message;
  std::vector<Attribute> attributes = {};
  Timestamp timestamp{};
  bool operator==(const Notification&) const = default;
};

constexpr auto describe(type<Notification>) {
  return fields("Id", &Notification::id, "Topic", &Notification::topic, "Subject",
                &Notification::subject, "Message", &Notification::message, "Attributes",
                &Notification::attributes, "Timestamp", &Notification::timestamp);
}

/// A subject as SNS takes it: at most 99 characters, every control character and line break a
/// space, every byte that is no UTF-8 a '?', no space at the front or the end.
MILLRACE_EXPORT std::string sanitise_subject(std::string_view subject);

/// Checks a notification against SNS's limits: a topic of 1 to 256 of [A-Za-z0-9_-], with `.fifo`
/// or not, or an ARN `arn:<partition>:sns:<region>:<account>:<topic>`; a message of UTF-8 that is
/// not empty; message and attributes 262144 bytes at most; attribute names of 1 to 256 of
/// [A-Za-z0-9_.-], not begun with `AWS.` or `Amazon.`, no dot at an end or after another, none
/// twice, with a value and one of the four types.
/// Errors: invalid_input, limit_exceeded, with topic, value seen and limit. Source: Publish.
MILLRACE_EXPORT Result<void> validate(const Notification& notification);

}  // namespace millrace::sns
