// SPDX-License-Identifier: BSL-1.0
// The real file system, several processes: writers and readers that know each other only by files.
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>

#include <array>
#include <map>
#include <thread>

#include "catch.hpp"
#include "log_fixture.hpp"
#include "millrace/log/inspect.hpp"
#include "millrace/runtime/real_env.hpp"

using namespace log_test;

namespace {

struct Directory {
  Directory() {
    std::string pattern = std::string(MILLRACE_BINARY_DIR) + "/log-test-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Directory() { remove_all(path); }
  static void remove_all(const std::string& path) {
    RealEnv real;
    Fs& fs = real.env().fs;
    if (auto names = fs.list(path))
      for (const std::string& name : *names) {
        const auto info = fs.info(path + '/' + name);
        if (info && *info && (*info)->is_directory)
          remove_all(path + '/' + name);
        else
          static_cast<void>(fs.remove(path + '/' + name).has_value());
      }
    static_cast<void>(fs.remove(path).has_value());
  }
  std::string path;
};

constexpr int writers = 3;
constexpr int records_each = 400;

// What a child does: appends its records in small groups; 0 when all were acknowledged.
int append_records(const std::string& path, int writer) {
  RealEnv real;
  auto log = Log::open(real.env(), path, {.shards = 2, .segment_size = 8_KiB, .reserve = 4_KiB});
  if (!log) return 1;
  for (int i = 0; i < records_each; i += 4) {
    std::vector<std::string> data;
    for (int k = 0; k < 4; ++k)
      data.push_back(std::to_string(writer) + ':' + std::to_string(i + k));
    std::vector<Record> records;
    for (const auto& d : data)
      records.push_back({.data = d, .key = d.substr(0, 1) == "1" ? "a" : "b"});
    std::vector<Ack> acks(records.size());
    if (!log->append(records, acks)) return 2;
  }
  return 0;
}

// Reads until the end of the sealed stream; 0 when it saw every record of the shard in order.
int follow(const std::string& path, std::uint32_t shard, std::uint64_t expected) {
  RealEnv real;
  ArenaPool arenas;
  ShardReader reader(real.env(), path, shard);
  std::map<std::string, int> last;
  std::uint64_t seen = 0;
  Batch<Message> batch;
  for (;;) {
    batch.clear();
    const auto status = reader.read(batch, arenas);
    if (!status) return 1;
    for (std::uint32_t i = 0; i < batch.size(); ++i, ++seen) {
      const std::string data = batch[i].data.str();
      const std::string writer = data.substr(0, data.find(':'));
      const int number = std::stoi(data.substr(data.find(':') + 1));
      const auto [at, fresh] = last.try_emplace(writer, -1);
      if (number <= at->second) return 2;  // the order of a key was lost
      at->second = number;
    }
    if (*status == ReadStatus::end) return seen == expected || expected == 0 ? 0 : 3;
    if (*status == ReadStatus::idle) ::usleep(500);
  }
}

template <class F>
pid_t in_child(F f) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(f());
  return child;
}

int exit_code(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("several processes append to one stream while others read it") {
  Directory directory;
  {
    RealEnv first;  // gone before the forks: they want a process without other threads
    Log::open(first.env(), directory.path, {.shards = 2}).value();
  }
  std::vector<pid_t> appending, reading;
  for (int i = 0; i < writers; ++i)
    appending.push_back(in_child([&] { return append_records(directory.path, i); }));
  for (std::uint32_t shard = 0; shard < 2; ++shard)
    for (int k = 0; k < 2; ++k)
      reading.push_back(in_child([&] { return follow(directory.path, shard, 0); }));
  RealEnv real;
  for (const pid_t child : appending) CHECK(exit_code(child) == 0);
  Log::open(real.env(), directory.path).value().seal().value();
  for (const pid_t child : reading) CHECK(exit_code(child) == 0);
  const Inspection seen = verify(real.env().fs, directory.path).value();
  CHECK(seen.records == writers * records_each);
  CHECK(seen.ended_shards == 2);
  CHECK(seen.warnings.empty());
}

TEST_CASE("a writer that is killed leaves a log that others go on with") {
  Directory directory;
  // All are forked before this process has other threads; each waits for a byte to begin.
  struct Victim {
    pid_t pid;
    int start;
  };
  std::vector<Victim> victims;
  for (int round = 0; round < 8; ++round) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t pid = in_child([&] {
      char go = 0;
      if (::read(ends[0], &go, 1) != 1) return 4;
      RealEnv own;
      auto mine = Log::open(own.env(), directory.path, {.segment_size = 8_KiB});
      if (!mine) return 1;
      for (int i = 0; i < 100'000; ++i)
        if (!mine->append(Record{.data = "victim", .key = "k"})) return 2;
      return 3;
    });
    ::close(ends[0]);
    victims.push_back({pid, ends[1]});
  }
  RealEnv real;
  Log log = Log::open(real.env(), directory.path, {.shards = 1, .segment_size = 8_KiB}).value();
  for (const Victim& victim : victims) {
    REQUIRE(::write(victim.start, "!", 1) == 1);
    ::usleep(static_cast<useconds_t>(2000 + 3000 * (&victim - victims.data())));
    ::kill(victim.pid, SIGKILL);
    CHECK(exit_code(victim.pid) == 100 + SIGKILL);
    ::close(victim.start);
    CHECK(log.append(Record{.data = "ours", .key = "k"}).has_value());
  }
  std::uint64_t ours = 0;
  const auto seen = dump(real.env().fs, directory.path, {}, [&](const StoredRecord& r) {
    REQUIRE((r.data == "ours" || r.data == "victim"));
    ours += r.data == "ours" ? 1 : 0;
    return true;
  });
  CHECK(seen.has_value());
  CHECK(ours == 8);
}

TEST_CASE("threads that append to one Log share their syncs, and each gets its own numbers") {
  Directory directory;
  RealEnv real;
  Log log = Log::open(real.env(), directory.path, {.shards = 1}).value();
  constexpr int threads = 4;
  constexpr int each = 100;
  std::vector<std::vector<std::uint64_t>> numbers(threads);
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const std::string data = std::to_string(t) + ':' + std::to_string(i);
        numbers[static_cast<std::size_t>(t)].push_back(
            log.append(Record{.data = data, .key = "k"}).value().sequence);
      }
    });
  for (std::thread& thread : running) thread.join();
  std::vector<std::string> all(threads * each);
  dump(real.env().fs, directory.path, 0, [&](const StoredRecord& r) {
    all.at(r.sequence) = r.data;
    return true;
  }).value();
  for (int t = 0; t < threads; ++t)
    for (int i = 0; i < each; ++i)
      REQUIRE(all[numbers[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)]] ==
              std::to_string(t) + ':' + std::to_string(i));
}
