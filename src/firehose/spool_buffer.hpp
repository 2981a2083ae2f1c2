// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "firehose/buffer.hpp"
#include "millrace/file/spool.hpp"

namespace millrace::firehose {

/// A buffer whose records are in a spool file; what has to be known of them stays here.
class SpoolBuffer {
 public:
  void append(std::string_view record, Timestamp arrival, const Delimiting& delimiting) {
    if (delimiting.place == DelimiterPlace::after_each || records_ != 0)
      bytes_ += delimiting.text.size();
    bytes_ += record.size();
    ++records_;
    oldest_ = std::min(oldest_, arrival);
    const Timestamp::rep ticks = arrival.time_since_epoch().count();
    char stamp[sizeof ticks];
    std::memcpy(stamp, &ticks, sizeof ticks);
    spool_.append({{stamp, sizeof stamp}, record});
  }

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t records() const { return records_; }
  Timestamp oldest() const { return oldest_; }
  file::Spool& spool() { return spool_; }
  const file::Spool& spool() const { return spool_; }

  /// Once all is in the file.
  void pack(file::Packer& to) const {
    to.number(bytes_).number(records_);
    to.number(static_cast<std::uint64_t>(oldest_.time_since_epoch().count()));
    spool_.mark().pack(to);
  }
  static SpoolBuffer unpack(file::Unpacker& from) {
    SpoolBuffer buffer;
    buffer.bytes_ = from.number();
    buffer.records_ = from.number();
    buffer.oldest_ = Timestamp(Duration(static_cast<Duration::rep>(from.number())));
    buffer.spool_ = file::Spool(file::SpoolMark::unpack(from));
    return buffer;
  }

 private:
  std::uint64_t bytes_ = 0;  ///< of the object
  std::uint64_t records_ = 0;
  Timestamp oldest_ = end_of_time;
  file::Spool spool_;
};

/// Appends a spool's records. Errors: those of file::SpoolReader; `to` holds a part then.
inline Result<void> read_spool(const file::SpoolDirectory& directory, const file::SpoolMark& mark,
                               const Delimiting& delimiting, Buffer& to) {
  Result<file::SpoolReader> reader = file::SpoolReader::open(directory, mark);
  if (!reader) return reader.take_error();
  for (std::string_view record;;) {
    const Result<bool> more = reader->next(record);
    if (!more) return Error(more.error());
    if (!*more) return {};
    Timestamp::rep ticks = 0;
    if (record.size() < sizeof ticks)
      return Error(Errc::corrupted, "spool " + directory.path_of(mark) +
                                        ": a record without its time; restore the file from a "
                                        "copy, or its records are lost");
    std::memcpy(&ticks, record.data(), sizeof ticks);
    to.append(record.substr(sizeof ticks), Timestamp(Duration(ticks)), delimiting);
  }
}

}  // namespace millrace::firehose
