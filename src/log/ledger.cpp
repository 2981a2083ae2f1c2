// SPDX-License-Identifier: BSL-1.0
#include "ledger.hpp"

#include <algorithm>

#include "bytes.hpp"

namespace millrace::log {
namespace {
std::string_view producer_of(std::string_view id) { return id.substr(0, id.rfind('/')); }
}  // namespace

void Ledger::add(std::string_view id) {
  ids_.emplace_back(id);
  const auto same = [&](const std::string& other) { return producer_of(other) == producer_of(id); };
  if (static_cast<std::size_t>(std::count_if(ids_.begin(), ids_.end(), same)) > kept_per_producer)
    ids_.erase(std::find_if(ids_.begin(), ids_.end(), same));
}

bool Ledger::contains(std::string_view id) const {
  return std::find(ids_.rbegin(), ids_.rend(), id) != ids_.rend();
}

void Ledger::encode(std::string& out) const {
  for (const std::string& id : ids_) {
    put(out, static_cast<std::uint8_t>(id.size()));
    out += id;
  }
}

bool Ledger::decode(std::string_view payload) {
  ids_.clear();
  while (!payload.empty()) {
    const std::size_t size = static_cast<unsigned char>(payload[0]);
    if (payload.size() < 1 + size) return false;
    ids_.emplace_back(payload.substr(1, size));
    payload.remove_prefix(1 + size);
  }
  return true;
}

}  // namespace millrace::log
