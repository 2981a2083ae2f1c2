// SPDX-License-Identifier: BSL-1.0
#include "store/lake_buffers.hpp"

#include <algorithm>

namespace millrace::store {

LakeBuffers::LakeBuffers(LakeOptions options)
    : options_(std::move(options)), prefix_(lake_prefix(options_.table)) {}

void LakeBuffers::add(const Batch<Message>& batch, Env& env) {
  const MonotonicTime now = env.clock.monotonic();
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    const auto day = std::chrono::floor<std::chrono::days>(batch.time(i));
    auto to = open_.find(day);
    if (to == open_.end()) {
      std::string key = lake_key(options_.table, batch.time(i), make_uuid(env.rng));
      to = open_.emplace(day, Open{{batch.time(i), std::move(key), {}}, now}).first;
    }
    std::string& bytes = to->second.object.bytes;
    bytes.append(batch[i].data.view()).push_back('\n');
    if (bytes.size() >= options_.roll_size.bytes) close(to);
  }
  close_old(env);
  while (open_.size() > options_.max_open)
    close(std::max_element(open_.begin(), open_.end(), [](const auto& a, const auto& b) {
      return a.second.object.bytes.size() < b.second.object.bytes.size();
    }));
}

void LakeBuffers::close_old(Env& env) {
  const MonotonicTime now = env.clock.monotonic();
  for (auto each = open_.begin(); each != open_.end();)
    each = now - each->second.since >= options_.roll_interval ? close(each) : std::next(each);
}

void LakeBuffers::close_all() {
  while (!open_.empty()) close(open_.begin());
}

void LakeBuffers::clear() {
  open_.clear();
  closed_.clear();
}

LakeBuffers::Objects::iterator LakeBuffers::close(Objects::iterator which) {
  closed_.push_back(std::move(which->second.object));
  return open_.erase(which);
}

}  // namespace millrace::store
