// SPDX-License-Identifier: BSL-1.0
#include "millrace/sns/notification.hpp"

#include <algorithm>

#include "millrace/formats/utf8.hpp"

namespace millrace::sns {
namespace {

constexpr std::size_t subject_max = 99;  // characters
constexpr std::size_t message_max = 262'144;
constexpr std::size_t name_max = 256;

bool is_name(std::string_view text, std::string_view others) {
  return !text.empty() && text.size() <= name_max &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  others.find(c) != std::string_view::npos;
         });
}

bool is_topic(std::string_view topic) {
  if (topic.starts_with("arn:")) {
    // arn:<partition>:sns:<region>:<account>:<topic>
    std::string_view parts[6];
    for (std::string_view& part : parts) {
      const std::size_t colon = &part == &parts[5] ? std::string_view::npos : topic.find(':');
      part = topic.substr(0, colon);
      topic.remove_prefix(colon == std::string_view::npos ? topic.size() : colon + 1);
    }
    if (parts[2] != "sns" || !is_name(parts[1], "-") || !is_name(parts[3], "-") ||
        !is_name(parts[4], ""))
      return false;
    topic = parts[5];
  }
  if (topic.size() > name_max) return false;
  if (topic.ends_with(".fifo")) topic.remove_suffix(5);
  return is_name(topic, "_-");
}

bool is_attribute_name(std::string_view name) {
  return is_name(name, "_.-") && !name.starts_with("AWS.") && !name.starts_with("Amazon.") &&
         !name.starts_with('.') && !name.ends_with('.') && name.find("..") == name.npos;
}

bool is_attribute_type(std::string_view type) {
  return type == "String" || type == "String.Array" || type == "Number" || type == "Binary";
}

Error error(Errc code, const Notification& notification, const std::string& what) {
  return Error(code, "topic \"" + notification.topic.substr(0, name_max) + "\": " + what);
}

Result<void> check_attributes(const Notification& n) {
  for (auto each = n.attributes.begin(); each != n.attributes.end(); ++each) {
    const std::string name = "attribute \"" + each->name.substr(0, name_max) + "\" ";
    if (!is_attribute_name(each->name))
      return error(Errc::invalid_input, n,
                   name +
                       "has a name that is not 1 to 256 of [A-Za-z0-9_.-], without AWS. or "
                       "Amazon. in front and dots at an end or side by side");
    if (!is_attribute_type(each->type))
      return error(Errc::invalid_input, n,
                   name + "has the type \"" + each->type +
                       "\"; SNS has String, String.Array, Number, Binary");
    if (each->value.empty() || utf8_prefix(each->value) != each->value.size())
      return error(Errc::invalid_input, n, name + "has a value that is empty or not UTF-8");
    if (std::any_of(n.attributes.begin(), each,
                    [&](const Attribute& a) { return a.name == each->name; }))
      return error(Errc::invalid_input, n, name + "comes twice");
  }
  return {};
}

}  // namespace

std::string sanitise_subject(std::string_view subject) {
  std::string clean;
  std::size_t characters = 0;
  const char* p = subject.data();
  const char* const end = p + subject.size();
  while (p != end && characters < subject_max) {
    const std::size_t length = utf8_length(p, end);
    const auto byte = static_cast<unsigned char>(*p);
    const bool control = byte < 0x20 || byte == 0x7F;
    if (length == 0)
      clean += '?';
    else if (!control)
      clean.append(p, length);
    else if (!clean.empty())
      clean += ' ';
    p += std::max<std::size_t>(length, 1);
    if (clean == " ") clean.clear();  // none at the front
    if (!clean.empty()) ++characters;
  }
  while (clean.ends_with(' ')) clean.pop_back();
  return clean;
}

Result<void> validate(const Notification& n) {
  if (!is_topic(n.topic))
    return error(Errc::invalid_input, n,
                 "it is neither a name of 1 to 256 of [A-Za-z0-9_-], with .fifo or not, nor an ARN "
                 "arn:<partition>:sns:<region>:<account>:<name>");
  if (n.message.empty()) return error(Errc::invalid_input, n, "the message is empty");
  if (const std::size_t good = utf8_prefix(n.message); good != n.message.size())
    return error(Errc::invalid_input, n,
                 "the message is not UTF-8 at byte " + std::to_string(good));
  std::size_t size = n.message.size();
  for (const Attribute& a : n.attributes) size += a.name.size() + a.type.size() + a.value.size();
  if (size > message_max)
    return error(Errc::limit_exceeded, n,
                 "message and attributes have " + std::to_string(size) +
                     " bytes; the limit is 262144: send where the whole can be found");
  return check_attributes(n);
}

}  // namespace millrace::sns
