// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/output.hpp"

#include <algorithm>

#include "millrace/state/hash.hpp"

namespace millrace::sim::detail {
namespace {

constexpr std::size_t shown = 5;

/// The first of them, as a list.
std::string some_of(std::vector<std::string> names) {
  std::ranges::sort(names);
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < shown; ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > shown) text += ", …";
  return text;
}

}  // namespace

void Facts::fail(std::string what) {
  if (!wrong.empty()) return;
  wrong = std::move(what) + " (at " + std::to_string(now().count()) + "us, start " +
          std::to_string(starts) + ")";
}

void Ledger::see(Entry entry) {
  if (facts_.halted()) return;  // the process is dead, although its last turn goes on
  facts_.hash = xxh64(entry.id, facts_.hash);
  if (!count(entry)) return;
  check_order(entry);
  if (shape_.slotted) seen_.slots[entry.slot] = entry.value;
  seen_.ids.push_back(std::move(entry.id));
}

/// True for one that had not been there.
bool Ledger::count(const Entry& entry) {
  const std::uint64_t now = ++seen_.times[entry.id];
  std::uint64_t most = shape_.exactly_once ? 1 : facts_.starts;
  if (!faultless_) {
    // What comes twice without a fault may do so with faults, if it is compared at all.
    if (now > most && !shape_.compared) facts_.fail(name_ + ": visible twice: " + entry.id);
    return true;
  }
  if (shape_.compared && !expected(entry))
    facts_.fail(name_ + ": visible, but not in the fault-free run: " + entry.id);
  if (shape_.compared)
    if (const auto at = faultless_->seen_.times.find(entry.id); at != faultless_->seen_.times.end())
      most *= at->second;
  if (now > most) facts_.fail(name_ + ": visible " + std::to_string(now) + " times: " + entry.id);
  return shape_.exactly_once || now == 1;
}

bool Ledger::expected(const Entry& entry) const {
  return shape_.slotted ? faultless_->seen_.slots.contains(entry.slot)
                        : faultless_->seen_.times.contains(entry.id);
}

void Ledger::check_order(const Entry& entry) {
  if (!shape_.keyed) return;
  auto& sequence = seen_.by_key[entry.key];
  sequence.push_back(entry.id);
  if (!faultless_) return;
  const auto right = faultless_->seen_.by_key.find(entry.key);
  const std::size_t at = sequence.size() - 1;
  if (right == faultless_->seen_.by_key.end() || at >= right->second.size()) return;
  if (right->second[at] != entry.id)
    facts_.fail(name_ + ": key " + entry.key + " is out of order: " + entry.id + " came where " +
                right->second[at] + " should");
}

void Ledger::look(std::vector<Entry> entries, After after) {
  std::unordered_map<std::string, std::uint64_t> there;
  for (const Entry& entry : entries) ++there[entry.id];
  if (firm_for_ != facts_.commits) firm_.reset();
  if (after == After::power && firm_) seen_ = *std::exchange(firm_, std::nullopt);
  if (after == After::kill && !firm_) firm_ = seen_;
  firm_for_ = facts_.commits;
  for (const auto& [id, times] : seen_.times)
    if (there[id] < times) return facts_.fail(name_ + ": was visible and is no more: " + id);
  std::unordered_map<std::string, std::uint64_t> known = seen_.times;
  for (Entry& entry : entries) {
    auto& left = known[entry.id];
    if (left > 0)
      --left;
    else
      see(std::move(entry));
  }
}

std::string Ledger::stage(std::vector<Entry> entries) {
  std::string token = name_ + '/' + std::to_string(++next_token_);
  if (!facts_.halted()) staged_[token] = std::move(entries);
  return token;
}

void Ledger::commit(const std::string& token) {
  if (facts_.halted() || committed_.contains(token)) return;
  auto staged = staged_.extract(token);
  if (staged.empty()) {
    facts_.fail(name_ + ": " + token + " is to be committed, which nobody has prepared");
    throw Failure({Errc::not_found, "nothing is prepared as " + token});
  }
  committed_.insert(token);
  for (Entry& entry : staged.mapped()) see(std::move(entry));
}

void Ledger::drop_staged() {
  if (!facts_.halted()) staged_.clear();
}

void Ledger::may_fail(millrace::Env& env, std::string_view call) const {
  const std::string site = name_ + '.' + std::string(call);
  if (env.faults.fires(site))
    throw Failure({Errc::unavailable, "the simulated sink does not answer (" + site + ")"});
}

void Ledger::finish() const {
  if (!faultless_ || !shape_.compared) return;
  std::vector<std::string> lost, other;
  if (shape_.slotted) {
    for (const auto& [slot, value] : faultless_->seen_.slots) {
      const auto mine = seen_.slots.find(slot);
      if (mine == seen_.slots.end())
        lost.push_back(slot);
      else if (mine->second != value)
        other.push_back(slot + " is " + mine->second + " instead of " + value);
    }
  } else {
    for (const auto& [id, times] : faultless_->seen_.times) {
      const auto mine = seen_.times.find(id);
      const std::uint64_t seen = mine == seen_.times.end() ? 0 : mine->second;
      if (seen < times) lost.push_back(id);
    }
  }
  if (!lost.empty())
    facts_.fail(name_ + ": " + std::to_string(lost.size()) + " lost: " + some_of(lost));
  if (!other.empty())
    facts_.fail(name_ + ": " + std::to_string(other.size()) + " wrong: " + some_of(other));
}

}  // namespace millrace::sim::detail
