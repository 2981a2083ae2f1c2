// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/disk.hpp"

#include <algorithm>

#include "chance.hpp"
#include "disk_state.hpp"

namespace millrace::sim {

std::string_view to_string(FileCall call) {
  switch (call) {
    case FileCall::open:
      return "open";
    case FileCall::read:
      return "read";
    case FileCall::write:
      return "write";
    case FileCall::sync:
      return "sync";
    case FileCall::truncate:
      return "truncate";
    case FileCall::allocate:
      return "allocate";
    case FileCall::list:
      return "list";
    case FileCall::make_directories:
      return "make_directories";
    case FileCall::rename:
      return "rename";
    case FileCall::remove:
      return "remove";
    case FileCall::sync_directory:
      return "sync_directory";
  }
  return "unknown";
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return path.substr(0, slash == 0 ? 1 : slash);
}

std::string tidy(std::string_view path) {
  std::string out;
  for (const char c : path)
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

void apply_change(std::string& contents, const Change& change) {
  if (change.kind == Change::Kind::resize) {
    contents.resize(change.at);
    return;
  }
  if (change.bytes.empty()) return;
  contents.resize(std::max<std::uint64_t>(contents.size(), change.at + change.bytes.size()));
  std::copy(change.bytes.begin(), change.bytes.end(),
            contents.begin() + static_cast<std::ptrdiff_t>(change.at));
}

void apply_change(Names& names, const NameChange& change) {
  switch (change.kind) {
    case NameChange::Kind::add:
      names[change.path] = change.inode;
      return;
    case NameChange::Kind::remove:
      names.erase(change.path);
      return;
    case NameChange::Kind::move:
      break;
  }
  const auto it = names.find(change.path);
  if (it == names.end()) {  // made durable before the name that it had first
    names[change.to] = change.inode;
    return;
  }
  names[change.to] = it->second;
  names.erase(change.path);
  const std::string below = change.path + '/';
  for (auto child = names.lower_bound(below);
       child != names.end() && child->first.starts_with(below);) {
    names[change.to + '/' + child->first.substr(below.size())] = child->second;
    child = names.erase(child);
  }
}

void Disk::State::change(NameChange change) {
  apply_change(live_names, change);
  pending_names.push_back(std::move(change));
}

void Disk::State::sync_contents(Inode& inode) {
  for (const Change& change : inode.pending) apply_change(inode.durable, change);
  inode.pending.clear();
}

namespace {
template <class F>
void make_durable(Disk::State& state, F&& is_synced) {
  std::erase_if(state.pending_names, [&](const NameChange& change) {
    if (!is_synced(change)) return false;
    apply_change(state.durable_names, change);
    return true;
  });
}
}  // namespace

void Disk::State::sync_names_for_file(const InodeRef& inode) {
  make_durable(*this, [&](const NameChange& c) {
    return options.model == DiskModel::ext4 ||
           (c.kind == NameChange::Kind::add && c.inode == inode);
  });
}

void Disk::State::sync_names_in(std::string_view directory) {
  make_durable(*this, [&](const NameChange& c) {
    return options.model == DiskModel::ext4 || parent_of(c.path) == directory ||
           (c.kind == NameChange::Kind::move && parent_of(c.to) == directory);
  });
}

bool Disk::State::is_directory(std::string_view path) const {
  if (path.empty() || path == "/" || path == ".") return true;
  const auto it = live_names.find(path);
  return it != live_names.end() && it->second->is_directory;
}

std::optional<FileFault> Disk::State::fault(FileCall call, std::string_view path) {
  std::optional<FileFault> hit;
  if (ask) hit = ask(call, path);
  for (FaultRule& rule : rules) {
    if (rule.call != call || path.find(rule.path_contains) == std::string_view::npos) continue;
    const bool now = rule.at_call != 0 ? --rule.at_call == 0 : chance(rng, rule.probability);
    if (now && !hit) hit = rule.fault;
  }
  // A rule that has counted down to its call is spent.
  std::erase_if(rules, [](const FaultRule& r) { return r.at_call == 0 && r.probability <= 0; });
  faults_injected += hit.has_value();
  return hit;
}

LifeRef Disk::State::start_life() {
  std::erase_if(lives, [](const LifeRef& life) { return life->over; });
  return lives.emplace_back(std::make_shared<Life>());
}

void Disk::State::end_life(Life& life) {
  life.over = true;
  life.halted = false;
  for (auto& [path, inode] : live_names)
    if (inode->lock_life == &life) inode->lock_owner = nullptr;
}

Disk::Disk(std::uint64_t seed, DiskOptions options)
    : state_(std::make_shared<State>(seed, options)) {}
Disk::~Disk() = default;

void Disk::kill(Fs& process) { kill_process(*state_, process); }

void Disk::halt(Fs& process) { halt_process(process); }

void Disk::on_call(std::function<std::optional<FileFault>(FileCall, std::string_view)> ask) {
  state_->ask = std::move(ask);
}

void Disk::inject(FaultRule rule) { state_->rules.push_back(std::move(rule)); }
void Disk::heal() { state_->rules.clear(); }
std::uint64_t Disk::faults_injected() const { return state_->faults_injected; }

Result<void> Disk::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
  const auto it = state_->live_names.find(tidy(path));
  if (it == state_->live_names.end() || offset >= it->second->live.size())
    return Error(Errc::not_found,
                 "flip_bit " + path + ": there is no byte " + std::to_string(offset));
  const auto flip = [&](std::string& contents) {
    if (offset < contents.size())
      contents[offset] = static_cast<char>(contents[offset] ^ (1 << (bit % 8)));
  };
  flip(it->second->live);
  flip(it->second->durable);
  return {};
}

void Disk::set_capacity(ByteSize capacity) { state_->options.capacity = capacity; }

std::optional<std::string> Disk::contents(const std::string& path) const {
  const auto it = state_->live_names.find(tidy(path));
  if (it == state_->live_names.end() || it->second->is_directory) return std::nullopt;
  return it->second->live;
}

std::vector<std::string> Disk::paths() const {
  std::vector<std::string> out;
  for (const auto& [path, inode] : state_->live_names)
    out.push_back(inode->is_directory ? path + '/' : path);
  return out;
}

ByteSize Disk::used() const { return {state_->used}; }

std::unique_ptr<Fs> Disk::mount(const Clock& clock) { return make_fs(state_, clock); }

}  // namespace millrace::sim
