// SPDX-License-Identifier: BSL-1.0
// The calls on names over a Disk.
#include "disk_state.hpp"

namespace millrace::sim {

Error failed(Errc code, std::string_view call, std::string_view path, std::string_view reason) {
  return Error(code, std::string(call) + ' ' + std::string(path) + ": " + std::string(reason));
}

Error injected(FileFault fault, std::string_view call, std::string_view path) {
  if (fault == FileFault::out_of_space)
    return failed(Errc::out_of_space, call, path, "No space left on device (injected)");
  return failed(Errc::io, call, path, "Input/output error (injected)");
}

namespace {

class SimFs final : public Fs {
 public:
  SimFs(std::shared_ptr<Disk::State> disk, const Clock& clock)
      : disk_(std::move(disk)), clock_(clock), life_(disk_->start_life()) {}
  Life& life() { return *life_; }
  void halt() {
    if (life_->over) life_ = disk_->start_life();
    life_->halted = true;
  }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::optional<FileInfo>> info(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> make_directories(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> rename_new(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_directory(const std::string& directory) override;

 private:
  /// The fault that hits this call; `what` is how its message calls the path.
  std::optional<Error> refuse(FileCall call, std::string_view name, const std::string& path,
                              std::string_view what) {
    std::optional<FileFault> fault;
    if (!life_->halted) fault = disk_->fault(call, path);
    if (life_->halted) return failed(Errc::io, name, what, "the process has died");
    if (fault) return injected(*fault, name, what);
    return std::nullopt;
  }
  Result<void> move(std::string_view call, const std::string& from, const std::string& to,
                    bool replace);
  void forget(const std::string& path);
  InodeRef find(const std::string& path) const {
    const auto it = disk_->live_names.find(path);
    return it == disk_->live_names.end() ? nullptr : it->second;
  }
  bool has_children(const std::string& path) const {
    const auto it = disk_->live_names.lower_bound(path + '/');
    return it != disk_->live_names.end() && it->first.starts_with(path + '/');
  }

  std::shared_ptr<Disk::State> disk_;
  const Clock& clock_;
  LifeRef life_;
};

constexpr std::string_view missing = "No such file or directory";

Result<std::unique_ptr<File>> SimFs::open(const std::string& name, OpenMode mode) {
  const std::string path = tidy(name);
  if (auto e = refuse(FileCall::open, "open", path, path)) return std::move(*e);
  const bool may_create = mode == OpenMode::create || mode == OpenMode::create_new;
  InodeRef inode = find(path);
  if (disk_->is_directory(path)) return failed(Errc::io, "open", path, "Is a directory");
  if (inode && mode == OpenMode::create_new)
    return failed(Errc::already_exists, "open", path, "File exists");
  if (!inode) {
    if (!may_create || !disk_->is_directory(parent_of(path)))
      return failed(Errc::not_found, "open", path, missing);
    inode = std::make_shared<Inode>();
    inode->modified = clock_.wall();
    disk_->change({NameChange::Kind::add, path, {}, inode});
  }
  if (life_->over) life_ = disk_->start_life();
  return make_file(disk_, clock_, life_, std::move(inode), path, mode != OpenMode::read);
}

Result<std::optional<FileInfo>> SimFs::info(const std::string& name) {
  const std::string path = tidy(name);
  if (const InodeRef inode = find(path))
    return std::optional<FileInfo>({inode->live.size(), inode->modified, inode->is_directory});
  if (disk_->is_directory(path)) return std::optional<FileInfo>({0, {}, true});
  return std::optional<FileInfo>();
}

Result<std::vector<std::string>> SimFs::list(const std::string& name) {
  const std::string path = tidy(name);
  if (auto e = refuse(FileCall::list, "list", path, path)) return std::move(*e);
  if (!disk_->is_directory(path)) return failed(Errc::not_found, "list", path, missing);
  const bool relative_root = path.empty() || path == ".";
  const std::string below = relative_root ? "" : path == "/" ? "/" : path + '/';
  std::vector<std::string> names;
  for (auto it = disk_->live_names.lower_bound(below);
       it != disk_->live_names.end() && it->first.starts_with(below); ++it) {
    const std::string_view rest = std::string_view(it->first).substr(below.size());
    if (!rest.empty() && rest.find('/') == std::string_view::npos) names.emplace_back(rest);
  }
  return names;
}

Result<void> SimFs::make_directories(const std::string& name) {
  const std::string path = tidy(name);
  if (auto e = refuse(FileCall::make_directories, "mkdir", path, path)) return std::move(*e);
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string directory = path.substr(0, end);
    if (disk_->is_directory(directory)) continue;
    if (find(directory)) return failed(Errc::io, "mkdir", directory, "Not a directory");
    auto inode = std::make_shared<Inode>();
    inode->is_directory = true;
    inode->modified = clock_.wall();
    disk_->change({NameChange::Kind::add, directory, {}, std::move(inode)});
    disk_->sync_names_in(parent_of(directory));
  }
  return {};
}

Result<void> SimFs::rename(const std::string& from, const std::string& to) {
  return move("rename", from, to, true);
}

Result<void> SimFs::rename_new(const std::string& from, const std::string& to) {
  return move("rename_new", from, to, false);
}

Result<void> SimFs::move(std::string_view call, const std::string& from_name,
                         const std::string& to_name, bool replace) {
  const std::string from = tidy(from_name);
  const std::string to = tidy(to_name);
  const std::string both = from + " to " + to;
  if (auto e = refuse(FileCall::rename, call, from, both)) return std::move(*e);
  const InodeRef inode = find(from);
  if (!inode || !disk_->is_directory(parent_of(to)))
    return failed(Errc::not_found, call, both, missing);
  if (const InodeRef there = find(to)) {
    if (!replace) return failed(Errc::already_exists, call, both, "File exists");
    if (there == inode) return {};
    if (there->is_directory && has_children(to))
      return failed(Errc::io, call, both, "Directory not empty");
    if (there->is_directory != inode->is_directory)
      return failed(Errc::io, call, both,
                    there->is_directory ? "Is a directory" : "Not a directory");
    forget(to);
  }
  disk_->change({NameChange::Kind::move, from, to, inode});
  return {};
}

// The bytes of an inode without a name do not count; its name is about to go.
void SimFs::forget(const std::string& path) {
  Inode& inode = *find(path);
  disk_->used -= inode.live.size();
  inode.linked = false;
}

Result<void> SimFs::remove(const std::string& name) {
  const std::string path = tidy(name);
  if (auto e = refuse(FileCall::remove, "remove", path, path)) return std::move(*e);
  if (!find(path)) return failed(Errc::not_found, "remove", path, missing);
  if (has_children(path)) return failed(Errc::io, "remove", path, "Directory not empty");
  forget(path);
  disk_->change({NameChange::Kind::remove, path, {}, nullptr});
  return {};
}

Result<void> SimFs::sync_directory(const std::string& name) {
  const std::string path = tidy(name);
  if (auto e = refuse(FileCall::sync_directory, "sync directory", path, path)) return std::move(*e);
  if (!disk_->is_directory(path)) return failed(Errc::io, "sync directory", path, missing);
  disk_->sync_names_in(path == "." ? std::string_view() : path);
  return {};
}

}  // namespace

void kill_process(Disk::State& disk, Fs& process) {
  disk.end_life(static_cast<SimFs&>(process).life());
}

void halt_process(Fs& process) { static_cast<SimFs&>(process).halt(); }

std::unique_ptr<Fs> make_fs(std::shared_ptr<Disk::State> state, const Clock& clock) {
  return std::make_unique<SimFs>(std::move(state), clock);
}

}  // namespace millrace::sim
