// SPDX-License-Identifier: BSL-1.0
#include "firehose/outbox.hpp"

namespace millrace::firehose {
namespace {

constexpr std::size_t free_max = 4;  // emptied parcels keep their memory for the next ones

}  // namespace

Parcel& Outbox::open(const Lane& lane, MonotonicTime now) {
  std::unique_ptr<Parcel> parcel;
  if (free_.empty()) {
    parcel = std::make_unique<Parcel>();
  } else {
    parcel = std::move(free_.back());
    free_.pop_back();
  }
  parcel->lane = &lane;
  parcel->since = now;
  parcel->compression = lane.naming.compression;
  if (spooled_) parcel->spool.emplace();
  return place(std::move(parcel));
}

Parcel& Outbox::place(std::unique_ptr<Parcel> parcel) {
  parcel->place = open_.size();
  next_due_ = std::min(next_due_, parcel->since + parcel->lane->interval);
  open_.push_back(std::move(parcel));
  return *open_.back();
}

void Outbox::reopen(std::unique_ptr<Parcel> parcel, Parcel** home) {
  if (home ? *home != nullptr : partitions_.contains(parcel->partition)) {
    closed_.push_back(std::move(parcel));
    return;
  }
  Parcel& opened = place(std::move(parcel));
  if (home) {
    opened.home = home;
    *home = &opened;
    return;
  }
  partitions_.emplace(opened.partition, &opened);
  metrics_.active_partitions.set(partitions_.size());
}

void Outbox::append_to_spool(Parcel& parcel, std::string_view record, Timestamp arrival) {
  SpoolBuffer& buffer = *parcel.spool;
  const std::size_t before = buffer.spool().pending();
  buffer.append(record, arrival, parcel.lane->delimiting);
  held_ += buffer.spool().pending() - before;
  if (buffer.bytes() >= parcel.lane->size.bytes) close(parcel);
}

void Outbox::count_held() {
  held_ = 0;
  for (const auto& each : open_) held_ += each->spool->spool().pending();
  for (const auto& each : closed_) held_ += each->spool->spool().pending();
}

Parcel& Outbox::open_partition(const std::string& partition, const Lane& lane, MonotonicTime now) {
  Parcel& parcel = open(lane, now);
  parcel.partition = partition;
  partitions_.emplace(partition, &parcel);
  metrics_.active_partitions.set(partitions_.size());
  return parcel;
}

void Outbox::close(Parcel& parcel) {
  if (parcel.home) {
    *parcel.home = nullptr;
    parcel.home = nullptr;
  } else {
    partitions_.erase(parcel.partition);
    metrics_.active_partitions.set(partitions_.size());
  }
  const std::size_t place = parcel.place;
  closed_.push_back(std::move(open_[place]));
  if (place + 1 != open_.size()) {
    open_[place] = std::move(open_.back());
    open_[place]->place = place;
  }
  open_.pop_back();
}

void Outbox::close_due(MonotonicTime now) {
  if (now < next_due_) return;
  for (std::size_t i = 0; i < open_.size();) {
    if (now - open_[i]->since >= open_[i]->lane->interval)
      close(*open_[i]);  // the last one takes its place
    else
      ++i;
  }
  next_due_ = MonotonicTime::max();
  for (const auto& each : open_)
    next_due_ = std::min(next_due_, each->since + each->lane->interval);
}

void Outbox::close_all() {
  while (!open_.empty()) close(*open_.back());
  next_due_ = MonotonicTime::max();
}

void Outbox::close_largest() {
  if (open_.empty()) return;
  close(**std::max_element(open_.begin(), open_.end(), [](const auto& a, const auto& b) {
    return a->buffer.bytes() < b->buffer.bytes();
  }));
}

void Outbox::pop() {
  std::unique_ptr<Parcel> parcel = std::move(closed_.front());
  closed_.pop_front();
  held_ -= parcel->buffer.bytes();
  if (free_.size() == free_max) return;
  parcel->buffer.clear();
  parcel->spool.reset();
  parcel->keys.clear();
  parcel->partition.clear();
  parcel->error_type = {};
  parcel->name.clear();
  parcel->compressed.clear();
  free_.push_back(std::move(parcel));
}

}  // namespace millrace::firehose
