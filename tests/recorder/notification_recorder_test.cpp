// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "driver.hpp"
#include "millrace/sns/recorder.hpp"

using namespace millrace;
using namespace millrace::sns;

namespace {

Notification alert(std::string id) {
  Notification n;
  n.id = std::move(id);
  n.topic = "accidents";
  n.subject = "Severity 4";
  n.message = "in Dublin";
  n.attributes = {{"severity", "Number", "4"}};
  return n;
}

void write(Driver& driver, Recorder& recorder, std::vector<Notification> all) {
  Batch<Notification> batch(16);
  for (Notification& n : all) batch.push_back(std::move(n), Timestamp());
  driver.run(recorder.write(batch, driver.cx));
}

}  // namespace

TEST_CASE("a notification is a line with SNS's names, and is read back") {
  Driver driver;
  Recorder recorder("/alerts");
  write(driver, recorder, {alert("a")});
  driver.run(recorder.flush(driver.cx));
  CHECK(driver.sim.disk().contents("/alerts/notifications.jsonl") ==
        "{\"Id\":\"a\",\"Topic\":\"accidents\",\"Subject\":\"Severity 4\",\"Message\":\"in "
        "Dublin\",\"Attributes\":[{\"Name\":\"severity\",\"Type\":\"Number\",\"Value\":\"4\"}],"
        "\"Timestamp\":\"1970-01-01T00:00:00\"}\n");
  CHECK(read_notifications(driver.sim.env().fs, "/alerts").value() ==
        std::vector<Notification>{alert("a")});
}

TEST_CASE("a subject is sanitised, a bad notification counted, an id recorded once") {
  Driver driver;
  Recorder recorder("/alerts");
  Notification bad_subject = alert("b");
  bad_subject.subject = "Severity\n4 " + std::string(120, 's');
  Notification no_message = alert("c");
  no_message.message = "";
  write(driver, recorder, {alert("a"), bad_subject, no_message, alert("a")});
  CHECK(recorder.rejected() == 1);
  CHECK(recorder.duplicates() == 1);
  const auto all = read_notifications(driver.sim.env().fs, "/alerts").value();
  REQUIRE(all.size() == 2);
  CHECK(all[1].subject == "Severity 4 " + std::string(88, 's'));
}
