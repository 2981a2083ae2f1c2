// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "firehose/buffer.hpp"
#include "firehose/spool_buffer.hpp"
#include "millrace/firehose/delivery_metrics.hpp"

namespace millrace::firehose {

/// One kind of objects: where they go, what they are called, when they are closed.
struct Lane {
  const Destination* to = nullptr;
  Prefix prefix = {};
  ObjectNaming naming = {};
  Delimiting delimiting = {};
  ByteSize size{};
  Duration interval{};
};

/// Records on their way to be one object.
struct Parcel {
  const Lane* lane = nullptr;
  Buffer buffer;
  std::optional<SpoolBuffer> spool = {};  ///< has the records instead, under exactly-once
  PartitionKeys keys;                     ///< that the prefix uses
  std::string partition;                  ///< what it is found by, when there are partitions
  std::string_view error_type;            ///< of an error object
  MonotonicTime since{};
  std::size_t place = 0;    ///< in the list of open ones
  Parcel** home = nullptr;  ///< who points to it while it is open, unless a partition does
  std::string uuid = {};    ///< fixed with the first attempt, as the name, or when it is staged
  std::string name = {};
  Compression compression{};  ///< as the name says
  std::string compressed = {};

  Timestamp oldest() const { return spool ? spool->oldest() : buffer.oldest(); }
};

/// The open buffers and those that wait to be delivered.
class Outbox {
 public:
  explicit Outbox(DeliveryMetrics& metrics) : metrics_(metrics) {}
  /// Buffers are opened on the disk from now on; what they hold in memory waits to be written.
  void use_spools() { spooled_ = true; }

  /// The buffer that `home` points to, a new one when it is closed.
  Parcel& at(Parcel*& home, const Lane& lane, MonotonicTime now) {
    if (home) [[likely]]
      return *home;
    home = &open(lane, now);
    home->home = &home;
    return *home;
  }
  /// The buffer of a partition, or nullptr.
  Parcel* find(const std::string& partition) const {
    const auto found = partitions_.find(partition);
    return found == partitions_.end() ? nullptr : found->second;
  }
  Parcel& open_partition(const std::string& partition, const Lane& lane, MonotonicTime now);
  /// Opens a buffer that a checkpoint held, as `home`'s or, without one, its partition's; when that
  /// is taken it is closed.
  void reopen(std::unique_ptr<Parcel> parcel, Parcel** home);
  std::size_t partitions() const { return partitions_.size(); }

  /// Adds a record, and closes the buffer when that fills it.
  void append(Parcel& parcel, std::string_view record, Timestamp arrival) {
    if (spooled_) [[unlikely]]
      return append_to_spool(parcel, record, arrival);
    const std::size_t before = parcel.buffer.bytes();
    parcel.buffer.append(record, arrival, parcel.lane->delimiting);
    held_ += parcel.buffer.bytes() - before;
    if (parcel.buffer.bytes() >= parcel.lane->size.bytes) close(parcel);
  }
  void close(Parcel& parcel);
  /// Closes the buffers that have their interval.
  void close_due(MonotonicTime now);
  void close_all();
  void close_largest();

  bool has_closed() const { return !closed_.empty(); }
  bool has_open() const { return !open_.empty(); }
  const std::vector<std::unique_ptr<Parcel>>& open() const { return open_; }
  const std::deque<std::unique_ptr<Parcel>>& closed() const { return closed_; }
  Parcel& front() { return *closed_.front(); }
  /// The front one was delivered.
  void pop();
  /// Of one that is being delivered, these records wait on.
  void keep(Parcel& parcel, const std::vector<std::uint32_t>& records) {
    held_ -= parcel.buffer.bytes();
    parcel.buffer.keep(records, parcel.lane->delimiting);
    held_ += parcel.buffer.bytes();
  }
  std::size_t held() const { return held_; }
  /// Looks again at what the spools hold in memory.
  void count_held();

  /// One that was read back to be delivered is held meanwhile.
  class Loan {
   public:
    Loan(Outbox& outbox, Parcel& parcel) : outbox_(outbox), parcel_(parcel) {
      outbox_.held_ += parcel_.buffer.bytes();
    }
    ~Loan() { outbox_.held_ -= parcel_.buffer.bytes(); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

   private:
    Outbox& outbox_;
    Parcel& parcel_;
  };

 private:
  Parcel& open(const Lane& lane, MonotonicTime now);
  Parcel& place(std::unique_ptr<Parcel> parcel);
  void append_to_spool(Parcel& parcel, std::string_view record, Timestamp arrival);

  DeliveryMetrics& metrics_;
  std::vector<std::unique_ptr<Parcel>> open_;
  std::unordered_map<std::string, Parcel*> partitions_;
  std::deque<std::unique_ptr<Parcel>> closed_;
  std::vector<std::unique_ptr<Parcel>> free_;
  std::size_t held_ = 0;
  MonotonicTime next_due_ = MonotonicTime::max();
  bool spooled_ = false;
};

}  // namespace millrace::firehose
