// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "millrace/core/faults.hpp"
#include "millrace/runtime/checkpoint_store.hpp"

namespace millrace::sim {

/// A checkpoint store that tells of each step in it, and of the manifest that was put last.
class WatchedStore final : public CheckpointStore {
 public:
  WatchedStore(std::unique_ptr<CheckpointStore> store, millrace::Faults& faults)
      : store_(std::move(store)), faults_(faults) {}

  Result<void> put(const std::string& name, std::string_view bytes) override {
    faults_.reached("checkpoint.write_state");
    return store_->put(name, bytes);
  }
  Result<void> put_new(const std::string& name, std::string_view bytes) override {
    faults_.reached("checkpoint.write_manifest");
    Result<void> done = store_->put_new(name, bytes);
    if (!done) return done;
    if (const std::size_t dash = name.find('-'); dash != std::string::npos)
      std::from_chars(name.data() + dash + 1, name.data() + name.size(), last_);
    faults_.reached("checkpoint.manifest_written");
    return done;
  }
  Result<std::string> get(const std::string& name, ByteSize limit) override {
    faults_.reached("checkpoint.read");
    return store_->get(name, limit);
  }
  Result<std::vector<std::string>> list(const std::string& prefix) override {
    return store_->list(prefix);
  }
  Result<void> remove(const std::string& name) override {
    faults_.reached("checkpoint.remove");
    return store_->remove(name);
  }
  Result<std::shared_ptr<void>> lock(const std::string& owner) override {
    return store_->lock(owner);
  }
  std::string where() const override { return store_->where(); }

  std::uint64_t last() const { return last_; }

 private:
  std::unique_ptr<CheckpointStore> store_;
  millrace::Faults& faults_;
  std::uint64_t last_ = 0;
};

}  // namespace millrace::sim
