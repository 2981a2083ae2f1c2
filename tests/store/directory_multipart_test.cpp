// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/store/directory.hpp"

using namespace millrace;
using namespace millrace::store;

namespace {

template <class T>
Error error_of(const Result<T>& result) {
  REQUIRE(!result);
  return result.error();
}

struct Store {
  sim::Env sim;
  Directory store = Directory::open(sim.env(), "/lake").value();

  std::vector<Part> upload(const Upload& to, const std::vector<std::string>& parts) {
    std::vector<Part> done;
    std::uint32_t number = 0;
    for (const std::string& part : parts)
      done.push_back(store.upload_part(to, ++number, part).value());
    return done;
  }
};

}  // namespace

TEST_CASE("an object uploaded in parts appears at complete, with S3's ETag") {
  Store s;
  const Upload upload = s.store.create_upload("k/big.bin").value();
  const auto parts = s.upload(upload, {"xxxxxxxxxx"});
  CHECK(parts.at(0).etag == "336311a016184326ddbdd61edd4eeb52");
  CHECK(s.store.list().value().objects.empty());
  CHECK(s.store.complete(upload, parts).value() == "cb8d7289925309a05b2db09b7709c264-1");
  CHECK(s.store.get("k/big.bin").value() == "xxxxxxxxxx");
  CHECK(s.store.head("k/big.bin").value().etag == "cb8d7289925309a05b2db09b7709c264-1");
  CHECK(s.store.uploads().value().empty());
}

TEST_CASE("parts may come in any order and again; complete takes those it is given") {
  Store s;
  const Upload upload = s.store.create_upload("k").value();
  const Part third = s.store.upload_part(upload, 3, "three").value();
  REQUIRE(s.store.upload_part(upload, 1, "wrong"));
  const Part first = s.store.upload_part(upload, 1, "one").value();
  REQUIRE(s.store.upload_part(upload, 2, "unused"));
  REQUIRE(s.store.complete(upload, {first, third}));
  CHECK(s.store.get("k").value() == "onethree");
}

TEST_CASE("a put over an object that came in parts has the ETag of a put") {
  Store s;
  const Upload upload = s.store.create_upload("k").value();
  REQUIRE(s.store.complete(upload, s.upload(upload, {"he", "llo"})));
  const std::string etag = s.store.put("k", "hello").value();
  CHECK(s.store.head("k").value().etag == etag);
}

TEST_CASE("complete takes the conditions of a put and keeps the upload when they fail") {
  Store s;
  REQUIRE(s.store.put("k", "first"));
  const Upload upload = s.store.create_upload("k").value();
  const auto parts = s.upload(upload, {"second"});
  CHECK(error_of(s.store.complete(upload, parts, {.if_exists = IfExists::refuse})).code() ==
        Errc::already_exists);
  CHECK(error_of(s.store.complete(upload, parts, {.if_match = "no"})).code() == Errc::conflict);
  CHECK(s.store.get("k").value() == "first");
  const std::string etag = s.store.head("k").value().etag;
  REQUIRE(s.store.complete(upload, parts, {.if_match = etag}));
  CHECK(s.store.get("k").value() == "second");
}

TEST_CASE("a part that is not there, another ETag, numbers that fall: each is refused") {
  Store s;
  const Upload upload = s.store.create_upload("k").value();
  const auto parts = s.upload(upload, {"one", "two"});
  const auto message = [&](const std::vector<Part>& given) {
    return error_of(s.store.complete(upload, given)).message();
  };
  CHECK(message({}) ==
        "store /lake: complete \"k\": the parts' numbers must ascend, and there must be one");
  CHECK(message({parts[1], parts[0]}).find("must ascend") != std::string::npos);
  CHECK(message({{7, "x"}}) == "store /lake: complete \"k\": part 7 was not uploaded");
  CHECK(message({{1, "beef"}}) ==
        "store /lake: complete \"k\": part 1 has ETag " + parts[0].etag + ", not beef");
  CHECK(error_of(s.store.upload_part(upload, 0, "x")).message() ==
        "store /lake: upload_part \"k\": part 0 is not one of 1 to 10000");
  CHECK(s.store.upload_part(upload, 10'000, "x"));
  CHECK(!s.store.upload_part(upload, 10'001, "x"));
  CHECK(s.store.complete(upload, parts));
}

TEST_CASE("an upload that is gone is not_found for its parts and none for abort") {
  Store s;
  const Upload upload = s.store.create_upload("k").value();
  REQUIRE(s.store.upload_part(upload, 1, "x"));
  REQUIRE(s.store.abort(upload));
  CHECK(s.store.abort(upload));
  const Error gone = error_of(s.store.upload_part(upload, 1, "x"));
  CHECK(gone.code() == Errc::not_found);
  CHECK(gone.message() == "store /lake: upload_part \"k\": no upload \"" + upload.id +
                              "\": it was completed, aborted or never begun");
  CHECK(error_of(s.store.complete(upload, {{1, "x"}})).code() == Errc::not_found);
  CHECK(error_of(s.store.upload_part({"../../x", "k"}, 1, "x")).code() == Errc::not_found);
  CHECK(s.store.abort({"../tmp", "k"}));
}

TEST_CASE("an upload is one key's") {
  Store s;
  const Upload upload = s.store.create_upload("k").value();
  CHECK(error_of(s.store.upload_part({upload.id, "other"}, 1, "x")).message() ==
        "store /lake: upload_part \"other\": upload " + upload.id + " was begun for \"k\"");
}

TEST_CASE("uploads outlive their process and are found by the prefix of their key") {
  sim::Disk disk(1);
  Upload one;
  {
    sim::Env sim({.seed = 5}, disk);
    Directory store = Directory::open(sim.env(), "/lake").value();
    one = store.create_upload("a/one").value();
    REQUIRE(store.upload_part(one, 1, "1"));
    disk.crash(3);
  }
  sim::Env sim({.seed = 5}, disk);  // draws the same numbers again
  Directory store = Directory::open(sim.env(), "/lake").value();
  const Upload two = store.create_upload("b/two").value();
  CHECK(two.id != one.id);
  CHECK(store.uploads("a/").value() == std::vector<Upload>{one});
  CHECK(store.uploads().value().size() == 2);
  REQUIRE(store.complete(one, {{1, "c4ca4238a0b923820dcc509a6f75849b"}}));
  CHECK(store.get("a/one").value() == "1");
}

TEST_CASE("an upload whose removal failed halfway, and was made good, never comes back") {
  const bool by_abort = GENERATE(true, false);  // or by the next process, in open()
  INFO("removed by abort(): " << by_abort);
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    sim::Disk disk(seed);
    {
      sim::Env sim({.seed = 5}, disk);
      Directory store = Directory::open(sim.env(), "/lake").value();
      const Upload upload = store.create_upload("k").value();
      REQUIRE(store.upload_part(upload, 1, "x"));
      disk.inject(
          {.call = sim::FileCall::sync_directory, .at_call = 1, .path_contains = upload.id});
      REQUIRE(!store.abort(upload));  // the key has gone, but not durably
      disk.heal();
      if (by_abort) REQUIRE(store.abort(upload));
    }
    if (!by_abort) {
      sim::Env next({.seed = 6}, disk);
      REQUIRE(Directory::open(next.env(), "/lake"));
    }
    disk.crash(seed);
    sim::Env sim({.seed = 7}, disk);
    Directory store = Directory::open(sim.env(), "/lake").value();
    REQUIRE(store.uploads().value().empty());
  }
}
