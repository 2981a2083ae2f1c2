// SPDX-License-Identifier: BSL-1.0
// Whatever happens to a file of a checkpoint: it is noticed and named, or it changes nothing.
#include "catch.hpp"
#include "millrace/state/codec.hpp"
#include "millrace/state/hash.hpp"
#include "rig.hpp"

using namespace rig;

namespace {

constexpr std::size_t item_size = 600;  // just too large for the manifest

// Checkpoint 2 refers to a part of 1's file: group 0 did not change since.
Snapshot one() {
  return snapshot(
      1, 3, [](std::uint32_t) { return 1; }, item_size);
}
Snapshot two() {
  return snapshot(
      2, 3, [](std::uint32_t g) { return g == 0 ? 1 : 2; }, item_size);
}

struct Two {
  sim::Disk disk{1};
  sim::Env env{{}, disk};
  Two() {
    Process process(env);
    process.checkpoints.begin().value();
    process.checkpoints.write(one()).value();
    REQUIRE(process.checkpoints.write(two()).value().bytes_referenced == item_size);
    for (const char* path : {"state/chk-1/state-0", "state/chk-2/state-0", "state/chk-2/MANIFEST"})
      REQUIRE(disk.contents(path));
  }
  void put(const std::string& path, const std::string& bytes) {
    auto file = env.env().fs.open(path, OpenMode::create).value();
    file->truncate(0).value();
    file->write_at(0, bytes).value();
  }
  /// Which checkpoint is found: "2", "1", or the error. Anything that was not written fails.
  std::string found(std::vector<std::string>& warnings) {
    Process process(env);
    auto newest = process.checkpoints.newest(warnings);
    if (!newest) return newest.error().message();
    REQUIRE(*newest);
    const bool good = same(**newest, (*newest)->id == 2 ? two() : one());
    if (!good) FAIL("checkpoint " << (*newest)->id << " has other contents than were written");
    return std::to_string((*newest)->id);
  }
};

bool names(const std::string& text, const std::string& path) {
  return text.find(path + ", offset ") != std::string::npos;
}

}  // namespace

TEST_CASE("with any byte of the newest manifest turned over the checkpoint before is used") {
  Two s;
  const std::string path = "state/chk-2/MANIFEST";
  const std::size_t size = s.disk.contents(path)->size();
  int newer = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned bit = static_cast<unsigned>(i % 8);
    s.disk.flip_bit(path, i, bit).value();
    std::vector<std::string> warnings;
    INFO("offset " << i);
    CHECK(s.found(warnings) == "1");
    REQUIRE(warnings.size() == 1);
    CHECK(names(warnings[0], path));
    newer += warnings[0].find("format") != std::string::npos;
    s.disk.flip_bit(path, i, bit).value();
  }
  CHECK(newer == 0);  // the header's checksum tells damage from a newer format
}

TEST_CASE("with the newest manifest cut anywhere, or zeros from there on, the one before is used") {
  Two s;
  const std::string path = "state/chk-2/MANIFEST";
  const std::string good = *s.disk.contents(path);
  for (std::size_t n = 0; n < good.size(); ++n)
    for (const bool zeros : {false, true}) {
      const std::string bad = good.substr(0, n) + std::string(zeros ? good.size() - n : 0, '\0');
      if (bad == good) continue;
      s.put(path, bad);
      std::vector<std::string> warnings;
      INFO("cut at " << n << (zeros ? ", then zeros" : ""));
      CHECK(s.found(warnings) == "1");
      REQUIRE(warnings.size() == 1);
      CHECK(names(warnings[0], path));
    }
  s.put(path, good + '\0');
  std::vector<std::string> warnings;
  CHECK(s.found(warnings) == "1");
}

TEST_CASE("with any byte of the newest state file turned over the checkpoint before is used") {
  Two s;
  const std::string path = "state/chk-2/state-0";
  const std::size_t size = s.disk.contents(path)->size();
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned bit = static_cast<unsigned>(i % 8);
    s.disk.flip_bit(path, i, bit).value();
    std::vector<std::string> warnings;
    INFO("offset " << i);
    const std::string found = s.found(warnings);
    REQUIRE(warnings.size() == 1);
    CHECK(names(warnings[0], path));
    if (i < runtime::state_header_size) {  // it says what the manifest says as well
      CHECK(found == "2");
      CHECK(warnings[0].ends_with("; checkpoint 2 needs nothing of it"));
    } else {
      CHECK(found == "1");
      CHECK(warnings[0].find("state of step \"sums\", subtask ") != std::string::npos);
    }
    s.disk.flip_bit(path, i, bit).value();
  }
}

TEST_CASE("damage to a file that two checkpoints share hits those that need the very bytes") {
  Two s;
  const std::string path = "state/chk-1/state-0";
  const std::size_t size = s.disk.contents(path)->size();
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned bit = static_cast<unsigned>(i % 8);
    s.disk.flip_bit(path, i, bit).value();
    std::vector<std::string> warnings;
    INFO("offset " << i);
    const std::string found = s.found(warnings);
    REQUIRE_FALSE(warnings.empty());
    CHECK(names(warnings[0], path));
    const bool shared =
        i >= runtime::state_header_size && i < runtime::state_header_size + item_size;
    if (shared)
      CHECK(
          found.starts_with("state directory state: no checkpoint in it can be used; checkpoint 2 "
                            "is damaged and passed over: state/chk-1/state-0, offset " +
                            std::to_string(runtime::state_header_size) + ": "));
    else
      CHECK(found == "2");
    s.disk.flip_bit(path, i, bit).value();
  }
}

TEST_CASE("with a state file cut anywhere the checkpoint before is used") {
  Two s;
  const std::string path = "state/chk-2/state-0";
  const std::string good = *s.disk.contents(path);
  for (std::size_t n = 0; n < good.size(); ++n) {
    s.put(path, good.substr(0, n));
    std::vector<std::string> warnings;
    INFO("cut at " << n);
    CHECK(s.found(warnings) == "1");
    REQUIRE_FALSE(warnings.empty());
    CHECK(names(warnings[0], path));
  }
  s.put(path, good + "x");
  std::vector<std::string> warnings;
  CHECK(s.found(warnings) == "1");
  REQUIRE(warnings.size() == 1);
  CHECK(names(warnings[0], path));
}

TEST_CASE("a state file that is not there, and one of another checkpoint in its place, are named") {
  Two s;
  s.env.env().fs.remove("state/chk-2/state-0").value();
  std::vector<std::string> warnings;
  CHECK(s.found(warnings) == "1");
  CHECK(warnings.at(0) ==
        "checkpoint 2 is damaged and passed over: state/chk-2/state-0, offset 0: the file is not "
        "there");
  s.put("state/chk-2/state-0", *s.disk.contents("state/chk-1/state-0"));
  warnings.clear();
  CHECK(s.found(warnings) == "1");
  CHECK(names(warnings.at(0), "state/chk-2/state-0"));
}

TEST_CASE("a manifest in the place of another's is refused") {
  Two s;
  s.put("state/chk-2/MANIFEST", *s.disk.contents("state/chk-1/MANIFEST"));
  std::vector<std::string> warnings;
  CHECK(s.found(warnings) == "1");
  CHECK(warnings.at(0) ==
        "checkpoint 2 is damaged and passed over: state/chk-2/MANIFEST, offset 0: it is that of "
        "checkpoint 1");
}

TEST_CASE("when all checkpoints are damaged the error names the newest one's damage") {
  Two s;
  s.put("state/chk-1/MANIFEST", "");
  s.put("state/chk-2/MANIFEST", std::string(200, '\0'));
  std::vector<std::string> warnings;
  CHECK(
      s.found(warnings) ==
      "state directory state: no checkpoint in it can be used; checkpoint 2 is damaged and passed "
      "over: state/chk-2/MANIFEST, offset 0: it is not a manifest; bring the files back from a "
      "copy, or start with another directory");
  CHECK(warnings.size() == 2);
}

TEST_CASE("a checkpoint that a newer program wrote is refused, not passed over") {
  Two s;
  std::string newer = *s.disk.contents("state/chk-2/MANIFEST");
  newer[8] = 2;
  std::string sum;
  millrace::detail::write_int(sum, xxh64(std::string_view(newer).substr(0, 28)));
  newer.replace(28, 8, sum);
  s.put("state/chk-2/MANIFEST", newer);
  std::vector<std::string> warnings;
  const std::string expected =
      "state/chk-2/MANIFEST: it has format 2, this program reads 1; use the newer program";
  CHECK(s.found(warnings) == expected);
  Process process(s.env);
  CHECK(error_text(process.checkpoints.begin()) == expected);
}

TEST_CASE("no bytes that claim to be a manifest make the reader crash or take much memory") {
  Two s;
  const std::string good = *s.disk.contents("state/chk-2/MANIFEST");
  SeededRng rng(7);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string body = good.substr(36);
    for (std::uint64_t n = 1 + rng.below(4); n != 0; --n)
      body[rng.below(body.size())] = static_cast<char>(rng.next());
    body.resize(rng.below(4) == 0 ? rng.below(body.size()) : body.size());
    std::string bytes = good.substr(0, 12);  // with checksums that are right
    millrace::detail::write_int(bytes, std::uint64_t{body.size()});
    millrace::detail::write_int(bytes, xxh64(body));
    millrace::detail::write_int(bytes, xxh64(bytes));
    const auto parsed = runtime::parse_manifest(bytes + body, "m");
    refused += !parsed;
    if (!parsed) CHECK(parsed.error().code() == Errc::corrupted);
  }
  CHECK(refused > 1000);
}
