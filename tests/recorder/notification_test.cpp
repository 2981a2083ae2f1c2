// SPDX-License-Identifier: BSL-1.0
#include "millrace/sns/notification.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::sns;

namespace {

Notification alert() {
  Notification n;
  n.topic = "accidents";
  n.subject = "Severity 4 in Dublin";
  n.message = "A-2716600: severity 4 in Dublin, Franklin";
  n.attributes = {{"severity", "Number", "4"}};
  return n;
}

std::string refused(const Notification& n) {
  const Result<void> valid = validate(n);
  return valid ? "valid" : valid.error().message();
}

std::string with_attribute(Attribute attribute) {
  Notification n = alert();
  n.attributes.push_back(std::move(attribute));
  return refused(n);
}

}  // namespace

TEST_CASE("an alert is valid, to a topic by name or by ARN") {
  Notification n = alert();
  CHECK(refused(n) == "valid");
  for (const char* topic : {"arn:aws:sns:us-east-1:123456789012:accidents", "a.fifo", "A_b-1"}) {
    n.topic = topic;
    CHECK(refused(n) == "valid");
  }
  for (const char* topic : {"", "a b", "arn:aws:sqs:us-east-1:1:a", "arn:aws:sns:us-east-1", "a/b",
                            "arn:aws:sns:us-east-1:1:a:b", "arn:", ".fifo"}) {
    n.topic = topic;
    CHECK(refused(n).find("it is neither a name of 1 to 256 of [A-Za-z0-9_-]") !=
          std::string::npos);
  }
  n.topic = std::string(257, 't');
  CHECK(refused(n) != "valid");
}

TEST_CASE("a subject has no line breaks, no controls, and 99 characters at most") {
  CHECK(sanitise_subject("a\nb") == "a b");
  CHECK(sanitise_subject("\r\n a\tb \x7F") == "a b");
  CHECK(sanitise_subject(std::string(120, 's')) == std::string(99, 's'));
  std::string umlauts;
  for (int i = 0; i < 120; ++i) umlauts += "\xC3\xBC";
  CHECK(sanitise_subject(umlauts) == umlauts.substr(0, 198));
  CHECK(sanitise_subject("a\xFF\xC3") == "a??");
  CHECK(sanitise_subject("").empty());
  CHECK(sanitise_subject("\n\n").empty());
}

TEST_CASE("a message is UTF-8, not empty, and with its attributes 262144 bytes at most") {
  Notification n = alert();
  n.attributes.clear();
  n.message = "";
  CHECK(refused(n) == "topic \"accidents\": the message is empty");
  n.message = "ab\xFF";
  CHECK(refused(n) == "topic \"accidents\": the message is not UTF-8 at byte 2");
  n.message = std::string(262'144, 'm');
  CHECK(refused(n) == "valid");
  n.attributes = {{"k", "String", "v"}};
  CHECK(refused(n) ==
        "topic \"accidents\": message and attributes have 262152 bytes; the limit is 262144: send "
        "where the whole can be found");
}

TEST_CASE("attributes have SNS's names, types and values, none twice") {
  CHECK(with_attribute({"city.name-1_x", "String", "Dublin"}) == "valid");
  for (const char* name : {"", "AWS.x", "Amazon.x", ".x", "x.", "x..y", "x y"})
    CHECK(with_attribute({name, "String", "v"}).find("has a name that is not 1 to 256 of") !=
          std::string::npos);
  CHECK(with_attribute({"x", "Bool", "v"}) ==
        "topic \"accidents\": attribute \"x\" has the type \"Bool\"; SNS has String, "
        "String.Array, Number, Binary");
  CHECK(with_attribute({"x", "String", ""}) ==
        "topic \"accidents\": attribute \"x\" has a value that is empty or not UTF-8");
  CHECK(with_attribute({"severity", "String", "5"}) ==
        "topic \"accidents\": attribute \"severity\" comes twice");
}
