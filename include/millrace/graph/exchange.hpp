// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "millrace/graph/lane.hpp"
#include "millrace/graph/parcel.hpp"

namespace millrace {

/// Sends each record to one of several channels: those of one key always to the same. The parts
/// share the input's arenas. They leave when full, of records or watermarks, when they pin a second
/// arena, at every control event but a watermark, which travels among the records, and when the
/// lane rests; also when one of them has been kept while the others left several times, since its
/// watermarks wait with it.
/// `route(value)` gives the channel's index; it is called once a record. One for which it throws
/// goes to the first channel, whose step calls the user's function again and rejects it.
template <class T, class Route>
class Exchange final : public Port<T>, public Gatherer {
 public:
  /// Records in a part that leaves: many, as what is done once a part goes from processor to
  /// processor; fewer with many channels or large values, as all parts should lie in the caches.
  static constexpr std::size_t most_records = 2048, least_records = 64, records_of_all = 8192,
                               bytes_of_one = 65536;

  Exchange(Lane& lane, Route route) : lane_(lane), route_(std::move(route)) {
    lane.add_gatherer(*this);
  }

  /// Called while the pipeline is built; `channels` is how many there will be.
  void add_target(ParcelPort<T>& channel, std::size_t channels) {
    full_ = static_cast<std::uint32_t>(std::clamp(
        std::min(records_of_all / channels, bytes_of_one / (sizeof(T) + sizeof(Timestamp))),
        least_records, most_records));
    Part& part = parts_.emplace_back();
    part.channel = &channel;
    part.parcel = std::make_unique<Parcel<T>>(full_ + stride);
  }

  void push(Batch<T>& in) override {
    for (std::uint32_t i = 0, n = in.size(); i < n; i += stride)
      spread(in, i, std::min(stride, n - i));
    since_all_left_ += in.size();
    if (since_all_left_ > 4 * full_ * parts_.size()) let_go();
  }
  void let_go() override {
    since_all_left_ = 0;
    for (Part& part : parts_) send(part);
  }
  void watermark(Timestamp t) override {
    for (Part& part : parts_) {
      part.parcel->mark(t);
      if (part.parcel->marks.size() == Parcel<T>::most_marks) send(part);
    }
  }
  void idle() override {
    let_go();
    for (Part& part : parts_) part.channel->idle();
  }
  void partition(std::uint32_t index, PartitionEvent event) override {
    let_go();
    for (Part& part : parts_) part.channel->partition(index, event);
  }
  void barrier(Barrier& barrier) override {
    let_go();
    for (Part& part : parts_) part.channel->barrier(barrier);
  }
  void end() override {
    let_go();
    for (Part& part : parts_) part.channel->end();
  }

 private:
  /// Records between two looks at whether a part is full, which has room for so many more.
  static constexpr std::uint32_t stride = default_batch_records;
  static constexpr std::size_t most_arenas = 1;
  /// A cache line of its own: else two exchanges, whose processors write theirs for each record,
  /// may share one.
  struct alignas(64) Part {
    ParcelPort<T>* channel = nullptr;
    std::unique_ptr<Parcel<T>> parcel;
    // Of the parcel's batch, while records are spread.
    T* values = nullptr;
    Timestamp* times = nullptr;
    std::uint32_t size = 0;
  };

  void spread(const Batch<T>& in, std::uint32_t begin, std::uint32_t n) {
    for (Part& part : parts_) {
      part.values = part.parcel->batch.writable();
      part.times = part.parcel->batch.writable_times();
      part.size = part.parcel->batch.size();
      claim(part.values + part.size, n / parts_.size() * sizeof(T));
      claim(part.times + part.size, n / parts_.size() * sizeof(Timestamp));
    }
    const T* const values = in.values() + begin;
    const Timestamp* const times = in.times() + begin;
    find_channels(values, n);
    for (std::uint32_t i = 0; i < n; ++i) {
      Part& part = parts_[channels_[i]];
      part.values[part.size] = values[i];
      part.times[part.size] = times[i];
      ++part.size;
    }
    for (Part& part : parts_) {
      Parcel<T>& parcel = *part.parcel;
      const std::uint32_t before = parcel.batch.size();
      if (part.size == before) continue;  // it has nothing to do with this batch
      parcel.batch.resize(part.size);
      parcel.origin = before == 0 ? lane_.origin() : common_origin(parcel.origin, lane_.origin());
      for (const ArenaRef& arena : in.arenas()) parcel.batch.hold(arena);
      parcel.batch.widen_bounds(in.min_time(), in.max_time());
      if (part.size >= full_ || parcel.batch.arenas().size() > most_arenas) send(part);
    }
  }
  /// Asks for memory that is going to be written and that another processor has read last.
  static void claim(const void* memory, std::size_t bytes) {
    constexpr std::size_t line = 64, most = 4096;
    for (std::size_t at = 0; at < std::min(bytes, most); at += line)
      __builtin_prefetch(static_cast<const char*>(memory) + at, 1);
  }
  void find_channels(const T* values, std::uint32_t n) {
    std::uint32_t i = 0;
    while (i < n) {
      try {
        for (; i < n; ++i) channels_[i] = static_cast<std::uint32_t>(route_(values[i]));
      } catch (const std::bad_alloc&) {
        throw;
      } catch (...) {
        channels_[i++] = 0;
      }
    }
  }
  void send(Part& part) {
    if (!part.parcel->empty()) part.channel->send(part.parcel);
  }

  Lane& lane_;
  Route route_;
  std::vector<Part> parts_;
  std::uint32_t channels_[stride];
  std::uint32_t full_ = 0;
  std::uint64_t since_all_left_ = 0;
};

}  // namespace millrace
