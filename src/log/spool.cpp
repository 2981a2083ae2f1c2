// SPDX-License-Identifier: BSL-1.0
#include "spool.hpp"

#include <charconv>

#include "bytes.hpp"
#include "log_state.hpp"
#include "segment.hpp"

namespace millrace::log {
namespace {

constexpr std::uint64_t spill_size = 1u << 20;
constexpr std::size_t producer_limit = 100;
constexpr std::string_view suffix = ".spool";

std::string hex(std::uint64_t n) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (auto p = out.rbegin(); n != 0; n >>= 4) *p++ = digits[n & 15];
  return out;
}

// A part of a file's name, different for different producers.
std::string escape(std::string_view producer) {
  std::string out;
  for (const char c : producer) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
    if (plain)
      out += c;
    else
      out += '%' + hex(static_cast<unsigned char>(c)).substr(14);
  }
  return out;
}

template <class T>
bool parse(std::string_view digits, T& n, int base) {
  const auto [end, e] = std::from_chars(digits.data(), digits.data() + digits.size(), n, base);
  return e == std::errc{} && end == digits.data() + digits.size();
}

}  // namespace

std::string Spool::encode() const {
  return id.empty() ? std::string() : concat(id, '\n', name, '\n', hex(number), '\n', size);
}

Result<Spool> Spool::decode(std::string_view bytes) {
  Spool spool;
  if (bytes.empty()) return spool;
  std::string_view parts[4];
  for (int i = 0; i < 4; ++i) {
    const std::size_t end = i < 3 ? bytes.find('\n') : bytes.size();
    if (end == std::string_view::npos) break;
    parts[i] = bytes.substr(0, end);
    bytes.remove_prefix(std::min(bytes.size(), end + 1));
  }
  spool.id = parts[0];
  spool.name = parts[1].substr(parts[1].rfind('/') + 1);  // older ones hold the whole path
  if (spool.id.empty() || spool.name.empty() || !parse(parts[2], spool.number, 16) ||
      !parse(parts[3], spool.size, 10))
    return Error(Errc::invalid_input,
                 "log sink: the committable is not one of this sink's; was the step's sink changed "
                 "since the checkpoint?");
  return spool;
}

Transactions::Transactions(Env& env, Log log, std::string producer)
    : env_(env),
      log_(std::move(log)),
      producer_(escape(producer).substr(0, producer_limit)),
      directory_(log_.directory() + "/spool"),
      groups_(log_.shards()) {}

Result<void> Transactions::add(std::span<const Record> records) {
  routes_.resize(records.size());
  if (auto done = log_.state_->route(records, routes_); !done) return done;
  const Timestamp now = env_.clock.wall();
  for (std::size_t i = 0; i < records.size(); ++i) {
    groups_[routes_[i].shard].add(now, records[i].key, records[i].data);
    staged_ += records[i].key.size() + records[i].data.size();
  }
  return staged_ < spill_size ? Result<void>{} : spill();
}

Result<void> Transactions::begin() {
  if (auto done = env_.fs.make_directories(directory_); !done) return done;
  spool_ = {};
  spool_.number = env_.rng.next();
  spool_.name = concat(producer_, '.', hex(spool_.number), suffix);
  auto file = env_.fs.open(path_of(spool_), OpenMode::create_new);
  if (!file) return file.take_error();
  file_ = std::move(*file);
  return {};
}

Result<void> Transactions::spill() {
  if (!file_)
    if (auto done = begin(); !done) return done;
  for (std::uint32_t shard = 0; shard < groups_.size(); ++shard) {
    Group& group = groups_[shard];
    for (const Group::Frame& frame : group.frames)
      finish_frame(group.bytes.data() + frame.begin, frame.end - frame.begin,
                   {.base = shard, .count = frame.count, .time_base = frame.first}, spool_.number,
                   spool_.size + frame.begin);
    if (auto done = file_->write_at(spool_.size, group.bytes); !done) return done;
    spool_.size += group.bytes.size();
    group.clear();
  }
  staged_ = 0;
  return {};
}

Result<Spool> Transactions::prepare(std::uint64_t checkpoint) {
  Spool prepared;
  bool empty = !file_;
  for (const Group& group : groups_) empty = empty && group.empty();
  if (empty) return prepared;
  if (auto done = spill(); !done) return done.take_error();
  if (auto done = file_->sync(); !done) return done.take_error();
  if (auto done = file_->close(); !done) return done.take_error();
  file_.reset();
  if (auto done = env_.fs.sync_directory(directory_); !done) return done.take_error();
  env_.faults.reached("log.spooled");
  prepared = std::exchange(spool_, {});
  prepared.id = concat(producer_, '/', checkpoint, '-', hex(prepared.number));
  return prepared;
}

Result<void> Transactions::commit(const Spool& spool) {
  if (spool.id.empty()) return {};
  auto file = env_.fs.open(path_of(spool), OpenMode::read);
  if (!file) {
    if (file.error().code() != Errc::not_found) return file.take_error();
    auto done = taken(spool);
    if (!done) return done.take_error();
    if (*done) return {};
    return Error(Errc::not_found,
                 concat("log ", log_.directory(), ": the spool ", path_of(spool),
                        " of transaction ", spool.id,
                        " is gone, and no shard has taken it: its records are lost; "
                        "restore the file from a copy"));
  }
  auto groups = read(spool, **file);
  if (!groups) return groups.take_error();
  for (std::uint32_t shard = 0; shard < groups->size(); ++shard) {
    Group& group = (*groups)[shard];
    if (group.empty()) continue;
    if (auto done = log_.state_->shards[shard]->commit_transaction(group); !done) return done;
    env_.faults.reached("log.between_shards_of_a_commit");
  }
  // Every shard has synced its part, so the spool is not needed any more.
  env_.faults.reached("log.transaction_done");
  if (auto done = env_.fs.remove(path_of(spool)); !done) return done;
  return env_.fs.sync_directory(directory_);
}

Result<bool> Transactions::taken(const Spool& spool) {
  for (auto& shard : log_.state_->shards) {
    auto took = shard->took(spool.id);
    if (!took || *took) return took;
  }
  return false;
}

Result<std::vector<Group>> Transactions::read(const Spool& spool, File& file) {
  std::vector<Group> groups(log_.shards());
  for (Group& group : groups) group.transaction = spool.id;
  FrameStream frames(file, spool.number, 0, spool.size);
  while (frames.position() < spool.size) {
    const std::uint64_t at = frames.position();
    auto frame = frames.next();
    if (!frame) return frame.take_error();
    const auto header = peek_frame(*frame);
    if (!header || header->base >= groups.size())
      return Error(Errc::corrupted,
                   concat(path_of(spool), " at offset ", at,
                          ": a damaged frame; restore the file from a copy, or its records are "
                          "lost"));
    RecordCursor cursor(*frame);
    RecordView record;
    while (cursor.next(record)) groups[header->base].add(record.arrival, record.key, record.data);
  }
  return groups;
}

Result<void> Transactions::abort() {
  file_.reset();
  spool_ = {};
  staged_ = 0;
  for (Group& group : groups_) group.clear();
  auto names = env_.fs.list(directory_);
  if (!names) return names.error().code() == Errc::not_found ? Result<void>{} : names.take_error();
  const std::string prefix = producer_ + '.';
  for (const std::string& name : *names)
    if (name.starts_with(prefix) && name.ends_with(suffix))
      if (auto done = env_.fs.remove(directory_ + '/' + name); !done) return done;
  return {};
}

}  // namespace millrace::log
