// SPDX-License-Identifier: BSL-1.0
#include "millrace/rocksdb/rocksdb_state.hpp"

#include <mutex>
#include <utility>

#include "millrace/core/step_file.hpp"
#include "rocksdb/store.hpp"

namespace millrace {
namespace {

class RocksdbState final : public StateBackend {
 public:
  explicit RocksdbState(RocksdbStateOptions options)
      : options_(std::move(options)),
        shared_(std::make_shared<detail::RocksdbResources>(options_.memory.bytes / 4 * 3)) {}

  std::unique_ptr<RowStore> open(const std::string& step, std::uint32_t subtask,
                                 std::uint32_t parallelism) override {
    std::lock_guard lock(mutex_);
    std::shared_ptr<detail::ScratchDirectory> directory = directory_.lock();
    if (!directory) {
      directory = std::make_shared<detail::ScratchDirectory>(options_.directory, step);
      directory_ = directory;
    }
    const std::string place = directory->place_of(detail::step_file_name(step, subtask));
    auto open = std::make_shared<detail::OpenRocksdb>(std::move(directory), step, place, shared_);
    return detail::rocksdb_store(std::move(open),
                                 {options_.memory.bytes / 4 / (parallelism ? parallelism : 1)});
  }

 private:
  const RocksdbStateOptions options_;
  const std::shared_ptr<const detail::RocksdbResources> shared_;
  std::mutex mutex_;
  std::weak_ptr<detail::ScratchDirectory> directory_;  // while a store in it is open
};

}  // namespace

std::shared_ptr<StateBackend> rocksdb_state(RocksdbStateOptions options) {
  return std::make_shared<RocksdbState>(std::move(options));
}

}  // namespace millrace
