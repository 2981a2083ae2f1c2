// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstring>

#include "disk_state.hpp"

namespace millrace::sim {
namespace {

class SimFile final : public File {
 public:
  SimFile(std::shared_ptr<Disk::State> disk, const Clock& clock, LifeRef life, InodeRef inode,
          std::string path, bool writable)
      : disk_(std::move(disk)),
        clock_(clock),
        inode_(std::move(inode)),
        path_(std::move(path)),
        writable_(writable),
        life_(std::move(life)) {}
  ~SimFile() override { unlock(); }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    if (auto e = refuse(FileCall::read, "read")) return std::move(*e);
    const std::string& bytes = inode_->live;
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t n = std::min<std::size_t>(out.size(), bytes.size() - offset);
    std::memcpy(out.data(), bytes.data() + offset, n);
    return n;
  }

  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    if (auto e = refuse_change()) return std::move(*e);
    if (const auto fault = disk_->fault(FileCall::write, path_)) {
      if (*fault == FileFault::partial) write(offset, bytes.substr(0, part_of(bytes.size())));
      return injected(*fault, "write", path_);
    }
    if (auto e = refuse_dead("write")) return std::move(*e);
    const std::uint64_t end = offset + bytes.size();
    const std::uint64_t room = room_up_to(end);
    if (room < end) {
      if (room > offset) write(offset, bytes.substr(0, room - offset));
      return failed(Errc::out_of_space, "write", path_, "No space left on device");
    }
    write(offset, bytes);
    return {};
  }

  Result<void> sync() override {
    if (auto e = refuse_change()) return std::move(*e);
    const auto fault = disk_->fault(FileCall::sync, path_);
    if (auto e = refuse_dead("sync")) return std::move(*e);
    if (fault) {
      // As the system does: the pages are clean now, readable, and will never be written.
      inode_->pending.clear();
      poisoned_ = true;
      return injected(*fault, "sync", path_);
    }
    disk_->sync_contents(*inode_);
    disk_->sync_names_for_file(inode_);
    return {};
  }

  Result<std::uint64_t> size() override {
    if (auto e = refuse_dead("size")) return std::move(*e);
    return std::uint64_t{inode_->live.size()};
  }

  Result<void> truncate(std::uint64_t size) override {
    return resize(FileCall::truncate, "truncate", size);
  }

  Result<void> allocate(std::uint64_t size) override {
    if (auto e = refuse_dead("allocate")) return std::move(*e);
    return resize(FileCall::allocate, "allocate",
                  std::max<std::uint64_t>(size, inode_->live.size()));
  }

  Result<void> lock() override {
    auto got = try_lock();
    if (!got) return got.take_error();
    if (!*got)
      return failed(Errc::io, "lock", path_,
                    "another File holds it while its task is suspended, so this would never end");
    return {};
  }

  Result<bool> try_lock() override {
    if (auto e = refuse_dead("lock")) return std::move(*e);
    if (inode_->lock_owner && inode_->lock_owner != this) return false;
    inode_->lock_owner = this;
    inode_->lock_life = life_.get();
    return true;
  }

  void unlock() override {
    if (inode_->lock_owner == this) inode_->lock_owner = nullptr;
  }

  Result<void> close() override {
    unlock();
    closed_ = true;
    return {};
  }

 private:
  std::optional<Error> refuse_dead(std::string_view call) const {
    if (closed_) return failed(Errc::io, call, path_, "Bad file descriptor (the file is closed)");
    if (life_->over || life_->halted)
      return failed(Errc::io, call, path_, "the process that opened it has died");
    return std::nullopt;
  }

  std::optional<Error> refuse(FileCall what, std::string_view call) {
    if (auto e = refuse_dead(call)) return e;
    if (const auto fault = disk_->fault(what, path_)) return injected(*fault, call, path_);
    return refuse_dead(call);  // a fault may have been its death
  }

  std::optional<Error> refuse_change() const {
    if (auto e = refuse_dead("write")) return e;
    if (!writable_) return failed(Errc::io, "write", path_, "Bad file descriptor (opened to read)");
    if (poisoned_)
      return failed(Errc::io, "write", path_,
                    "an earlier sync failed, so what was written may be lost; open it again");
    return std::nullopt;
  }

  std::size_t part_of(std::size_t size) { return static_cast<std::size_t>(disk_->rng.below(size)); }

  // The largest size up to `end` that fits the disk.
  std::uint64_t room_up_to(std::uint64_t end) const {
    const std::uint64_t size = inode_->live.size();
    if (end <= size) return end;
    const std::uint64_t capacity = disk_->options.capacity.bytes;
    const std::uint64_t free = capacity > disk_->used ? capacity - disk_->used : 0;
    return std::min(end, size + free);
  }

  void write(std::uint64_t offset, std::string_view bytes) {
    change({Change::Kind::write, offset, std::string(bytes)});
  }

  Result<void> resize(FileCall what, std::string_view call, std::uint64_t size) {
    if (auto e = refuse_change()) return std::move(*e);
    if (const auto fault = disk_->fault(what, path_)) return injected(*fault, call, path_);
    if (auto e = refuse_dead(call)) return std::move(*e);
    if (room_up_to(size) < size)
      return failed(Errc::out_of_space, call, path_, "No space left on device");
    if (size != inode_->live.size()) change({Change::Kind::resize, size, {}});
    return {};
  }

  void change(Change change) {
    const std::uint64_t before = inode_->live.size();
    apply_change(inode_->live, change);
    if (inode_->linked) disk_->used += inode_->live.size() - before;
    inode_->modified = clock_.wall();
    inode_->pending.push_back(std::move(change));
  }

  std::shared_ptr<Disk::State> disk_;
  const Clock& clock_;
  InodeRef inode_;
  std::string path_;
  bool writable_;
  bool poisoned_ = false;
  bool closed_ = false;
  LifeRef life_;
};

}  // namespace

std::unique_ptr<File> make_file(std::shared_ptr<Disk::State> disk, const Clock& clock, LifeRef life,
                                InodeRef inode, std::string path, bool writable) {
  return std::make_unique<SimFile>(std::move(disk), clock, std::move(life), std::move(inode),
                                   std::move(path), writable);
}

}  // namespace millrace::sim
