// SPDX-License-Identifier: BSL-1.0
// Memory that runs out at any allocation: std::bad_alloc and nothing else, and all that was there
// still is.
#include <memory>
#include <new>
#include <utility>

#include "catch.hpp"
#include "counted_new.hpp"
#include "millrace/operators/window_state.hpp"
#include "rig.hpp"

using namespace rig;

namespace {

/// The simulated disk stands for the kernel, which does not share the process's memory.
class Sheltered {
 public:
  Sheltered() : left_(until_failure.exchange(0)) {}
  ~Sheltered() { until_failure = left_; }
  Sheltered(const Sheltered&) = delete;
  Sheltered& operator=(const Sheltered&) = delete;

 private:
  long left_;
};

template <class F>
auto kernel(F f) {
  const Sheltered shelter;
  return f();
}

class ShelteredFile final : public File {
 public:
  explicit ShelteredFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
  ~ShelteredFile() override {
    const Sheltered shelter;
    file_.reset();
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    return kernel([&] { return file_->read_at(offset, out); });
  }
  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    return kernel([&] { return file_->write_at(offset, bytes); });
  }
  Result<void> sync() override {
    return kernel([&] { return file_->sync(); });
  }
  Result<std::uint64_t> size() override { return file_->size(); }
  Result<void> truncate(std::uint64_t size) override {
    return kernel([&] { return file_->truncate(size); });
  }
  Result<void> allocate(std::uint64_t size) override { return file_->allocate(size); }
  Result<void> lock() override { return file_->lock(); }
  Result<bool> try_lock() override {
    return kernel([&] { return file_->try_lock(); });
  }
  void unlock() override { file_->unlock(); }
  Result<void> close() override {
    return kernel([&] { return file_->close(); });
  }

 private:
  std::unique_ptr<File> file_;
};

class ShelteredFs final : public Fs {
 public:
  explicit ShelteredFs(Fs& fs) : fs_(fs) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto file = kernel([&] { return fs_.open(path, mode); });
    if (!file) return file.take_error();
    return std::unique_ptr<File>(std::make_unique<ShelteredFile>(std::move(*file)));
  }
  Result<std::optional<FileInfo>> info(const std::string& path) override {
    return kernel([&] { return fs_.info(path); });
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    return kernel([&] { return fs_.list(directory); });
  }
  Result<void> make_directories(const std::string& path) override {
    return kernel([&] { return fs_.make_directories(path); });
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return kernel([&] { return fs_.rename(from, to); });
  }
  Result<void> rename_new(const std::string& from, const std::string& to) override {
    return kernel([&] { return fs_.rename_new(from, to); });
  }
  Result<void> remove(const std::string& path) override {
    return kernel([&] { return fs_.remove(path); });
  }
  Result<void> sync_directory(const std::string& directory) override {
    return kernel([&] { return fs_.sync_directory(directory); });
  }

 private:
  Fs& fs_;
};

Snapshot at(CheckpointId id) {
  return snapshot(
      id, 6, [&](std::uint32_t g) { return (id + 5 - g) / 6; }, 600);
}

/// A pipeline's checkpoints 1 and 2, and the process that goes on with them.
struct Job {
  sim::Env env;
  ShelteredFs fs{env.env().fs};
  DirectoryCheckpointStore store{fs, "state"};
  std::optional<Checkpoints> checkpoints{std::in_place, store, env.env().clock, "job"};
  std::vector<std::string> warnings;

  Job() {
    checkpoints->begin().value();
    checkpoints->write(at(1)).value();
    checkpoints->write(at(2)).value();
  }
  CheckpointId found() {
    Process reader(env);
    const auto newest = reader.newest();
    REQUIRE(newest);
    REQUIRE(same(*newest, at(newest->id)));
    REQUIRE(reader.warnings.empty());
    return newest->id;
  }
};

/// Does `what` while the n-th allocation fails. Says whether it ended by that.
enum class Ended : unsigned char { bad_alloc, by_itself, without_that_many };
template <class F>
Ended with_failure_at(long n, F what) {
  Ended ended = Ended::by_itself;
  until_failure = n;
  try {
    what();
  } catch (const std::bad_alloc&) {
    ended = Ended::bad_alloc;
  }
  if (until_failure.exchange(0) > 0) ended = Ended::without_that_many;
  return ended;
}

}  // namespace

TEST_CASE("memory that runs out in a write leaves the older checkpoints, and the next is written") {
  int failed = 0;
  for (long n = 1;; ++n) {
    INFO("allocation " << n);
    Job job;
    const Snapshot third = at(3);
    bool written = false;
    const Ended ended =
        with_failure_at(n, [&] { written = job.checkpoints->write(third).has_value(); });
    if (ended == Ended::without_that_many) {
      CHECK(written);
      break;
    }
    failed += ended == Ended::bad_alloc;
    if (written || job.checkpoints->unsettled())
      CHECK(job.found() >= 2);
    else
      CHECK(job.found() == 2);
    job.checkpoints->write(at(4)).value();
    CHECK(job.found() == 4);
    job.checkpoints->drop_old().value();
    CHECK(job.found() == 4);
  }
  CHECK(failed > 40);
}

TEST_CASE("memory that runs out in a start or while a checkpoint is read leaves all as it was") {
  int failed = 0;
  for (long n = 1;; ++n) {
    INFO("allocation " << n);
    Job job;
    job.checkpoints.reset();
    std::optional<Snapshot> read;
    const auto restart = [&] {
      job.checkpoints.emplace(job.store, job.env.env().clock, "job");
      if (!job.checkpoints->begin()) return;
      auto newest = job.checkpoints->newest(job.warnings);
      if (newest) read = std::move(*newest);
    };
    const Ended ended = with_failure_at(n, restart);
    if (ended == Ended::bad_alloc) {
      ++failed;
      CHECK_FALSE(read);
      job.checkpoints.reset();
      restart();
    }
    REQUIRE(read);
    CHECK(same(*read, at(2)));
    job.checkpoints->write(at(job.checkpoints->last_id() + 1)).value();
    CHECK(job.found() == job.checkpoints->last_id());
    if (ended == Ended::without_that_many) break;
  }
  CHECK(failed > 100);
}

TEST_CASE("memory that runs out while old checkpoints are dropped leaves those that are kept") {
  int failed = 0;
  for (long n = 1;; ++n) {
    INFO("allocation " << n);
    Job job;
    job.checkpoints->write(at(3)).value();
    bool dropped = false;
    const Ended ended =
        with_failure_at(n, [&] { dropped = job.checkpoints->drop_old().has_value(); });
    failed += ended == Ended::bad_alloc;
    CHECK(job.found() == 3);
    CHECK(job.checkpoints->named(2));
    job.checkpoints->drop_old().value();
    CHECK_FALSE(job.checkpoints->named(1));
    CHECK(job.found() == 3);
    if (ended == Ended::without_that_many) break;
  }
  CHECK(failed > 20);
}

TEST_CASE("what windows were copied into is given back without memory, as a destructor does it") {
  detail::SparePanes<std::vector<int>> spare;
  std::map<Timestamp, std::vector<int>> copied{{Timestamp(Duration(1)), {1, 2}},
                                               {Timestamp(Duration(2)), {3}}};
  until_failure = 1;
  spare.keep(copied);
  CHECK(until_failure.exchange(0) == 1);
  CHECK(spare.take() == std::vector<int>{1, 2});
  CHECK(spare.take() == std::vector<int>{3});
  CHECK(spare.take().empty());
}
