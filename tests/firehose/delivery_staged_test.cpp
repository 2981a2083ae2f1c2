// SPDX-License-Identifier: BSL-1.0
#include <chrono>

#include "catch.hpp"
#include "delivery_job.hpp"
#include "millrace/firehose/index_destination.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("exactly once: an object of another's under the name is a conflict, none is replaced") {
  Job job;
  DeliveryOptions options = lines();
  options.size = ByteSize{4};
  const auto store = store::Directory::open(job.works.sim.env(), "/lake").value();
  job.start(store, options);
  job.write({"good"});
  job.checkpoint();
  const std::string name = store.list().value().objects.at(0).key;
  job.start(store, options);
  CHECK(store.list().value().objects.size() == 1);
  store::Directory(store).put(name, "foreign").value();
  job.delivery.reset();
  job.delivery.emplace(store, options);
  REQUIRE(job.delivery->load(job.state));
  CHECK_THAT(job.works.driver.failure(job.delivery->commit(job.prepared, job.works.cx())),
             Contains("another object than the checkpoint's has the name " + name));
  CHECK(store.get(name).value() == "foreign");
}

TEST_CASE("exactly once: documents are sent with the commit; a refused one is one error line") {
  Job job;
  index::Store store = index::Store::open(job.works.sim.env(), "/index").value();
  store.create_if_absent("i", R"({"mappings":{"properties":{"n":{"type":"long"}}}})").value();
  const IndexDestination documents(store, {.index = "i"});
  DeliveryOptions options{.size = ByteSize{20},
                          .backup = {.destination = job.works.backup, .prefix = "es/"},
                          .guarantee = Guarantee::exactly_once,
                          .spool = "/spool"};
  job.start(documents, options);
  job.write({R"({"n":1})", R"({"n":"x"})", R"({"n":3})"});
  job.decide();
  CHECK(store.count("i").value() == 0);
  job.commit();
  CHECK(store.count("i").value() == 2);
  job.start(documents, options);
  job.finish();
  CHECK(store.count("i").value() == 2);
  const auto refused = error_lines(job.works.backups().bodies("es/"));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].raw == R"({"n":"x"})");
}

TEST_CASE("exactly once: compressed objects are the same bytes when they are made again") {
  for (const Compression compression :
       {Compression::gzip, Compression::zip, Compression::snappy, Compression::hadoop_snappy}) {
    Job job;
    DeliveryOptions options = lines();
    options.size = ByteSize{4};
    options.naming.compression = compression;
    job.start(options);
    job.write({"good"});
    job.checkpoint();
    const auto first = job.works.objects().by_name;
    job.works.sim.run_for(100s);
    options.naming.compression = Compression::uncompressed;  // for the objects to come
    job.start(options);
    CHECK(job.works.objects().by_name == first);
    CHECK(job.works.objects().calls.size() == 2);
  }
}

TEST_CASE("exactly once: memory holds a mebibyte, the spools the rest") {
  Job job;
  DeliveryOptions options = lines();
  options.size = 64_MiB;
  options.prefix = "to/!{partitionKeyFromQuery:k}/";
  options.partitioning = {.dynamic = DynamicPartitioning::on, .query = "{k: .k}"};
  job.start(options);
  for (int i = 0; i < 1'000; ++i) {
    const std::string key = std::to_string(i % 250);
    job.write({R"({"k":")" + key + R"(","t":")" + std::string(10'000, 'x') + "\"}"});
    CHECK(job.delivery->metrics()->buffered_bytes.get() < (1u << 20) + 11'000);
  }
  CHECK(job.delivery->metrics()->early_flushes.get() == 0);
  job.checkpoint();
  job.start(options);
  job.finish();
  CHECK(job.works.objects().by_name.size() == 250);
  CHECK(job.delivery->metrics()->delivered_records.get() == 1'000);
}

TEST_CASE("exactly once: a full disk under the spools is an error, and nothing is lost") {
  Job job;
  DeliveryOptions options = lines();
  job.start(options);
  job.write({"kept"});
  job.checkpoint();
  job.write({"more"});
  job.works.sim.disk().set_capacity(job.works.sim.disk().used());
  const std::string error = job.works.driver.failure(job.delivery->prepare(7, job.works.cx()));
  CHECK_THAT(error, Contains("/spool/step."));
  job.works.sim.disk().set_capacity({1u << 30});
  job.start(options);
  job.write({"more"});
  job.finish();
  CHECK(job.bodies() == Strings{"kept\nmore\n"});
}

TEST_CASE("exactly once: a spool that is damaged or gone is an error with its path") {
  Job job;
  DeliveryOptions options = lines();
  job.start(options);
  job.write({"good"});
  (void)job.works.driver.run(job.delivery->finish(job.works.cx()));
  job.decide();
  const std::string path = "/spool/" + job.spools().at(0);
  job.works.sim.disk().flip_bit(path, 13, 2).value();
  const auto commit = [&] {
    return job.works.driver.failure(job.delivery->commit(job.prepared, job.works.cx()));
  };
  CHECK_THAT(commit(), Contains("spool " + path + ": its CRC-32C"));
  job.works.sim.env().fs.remove(path).value();
  CHECK_THAT(commit(), Contains("spool " + path + " is gone"));
  CHECK(job.works.objects().calls.empty());
}

TEST_CASE("exactly once: options and states that do not fit are refused") {
  Job job;
  DeliveryOptions options = lines();
  options.spool.clear();
  CHECK_THROWS_WITH(Delivery(job.works.store, options),
                    Contains("spool: Guarantee::exactly_once needs a directory"));
  job.start(lines());
  CHECK(job.delivery->two_phase());
  CHECK(job.delivery->guarantee() == Guarantee::exactly_once);
  job.write({"open"});
  job.checkpoint();
  Delivery plain(job.works.store, {});
  CHECK_FALSE(plain.two_phase());
  CHECK(plain.guarantee() == Guarantee::at_least_once);
  std::string none;
  plain.save(none);
  CHECK(none.empty());
  CHECK(plain.load(none));
  CHECK_THAT(plain.load(job.state).error().message(), Contains("give it Guarantee::exactly_once"));
  Delivery fresh(job.works.store, lines());
  CHECK_THAT(fresh.load("junk").error().message(), Contains("is no delivery's"));
  for (std::size_t size = 20; size < job.state.size(); ++size)
    CHECK_FALSE(Delivery(job.works.store, lines()).load(job.state.substr(0, size)));
  CHECK_THAT(job.works.driver.failure(job.delivery->commit({"junk"}, job.works.cx())),
             Contains("the committable is not one of this sink's"));
  const auto second = [&] {
    Delivery other(job.works.store, lines());
    return job.works.driver.failure(other.prepare(1, job.works.cx()));
  };
  CHECK_THAT(second(), Contains("another sink keeps its spools under this name"));
}

TEST_CASE("exactly once: a state with a backup's buffers needs the backup") {
  Job job;
  DeliveryOptions options = lines();
  options.size = ByteSize{4};
  options.backup = {.destination = job.works.backup, .mode = BackupMode::all_records};
  options.transform = Transform(upper, {.size = ByteSize{100}});
  job.start(options);
  job.write({"good"});
  job.decide();
  DeliveryOptions without = lines();
  CHECK_THAT(Delivery(job.works.store, without).load(job.state).error().message(),
             Contains("DeliveryOptions::backup has no destination"));
  without.backup.destination = job.works.backup;
  CHECK_THAT(Delivery(job.works.store, without).load(job.state).error().message(),
             Contains("a transform, and there is none now"));
  options.backup.size = ByteSize{1};
  job.start(options);
  job.write({"good"});
  job.decide();
  job.delivery.reset();
  job.delivery.emplace(job.works.store, lines());
  CHECK_THAT(job.works.driver.failure(job.delivery->commit(job.prepared, job.works.cx())),
             Contains("an object for the backup"));
}
