// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "millrace/core/guarantee.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/units.hpp"
#include "millrace/firehose/compression.hpp"
#include "millrace/firehose/deaggregate.hpp"
#include "millrace/firehose/delivery_destination.hpp"
#include "millrace/firehose/failed_record.hpp"
#include "millrace/firehose/object_name.hpp"
#include "millrace/firehose/prefix.hpp"
#include "millrace/firehose/time_zone.hpp"
#include "millrace/firehose/transform.hpp"

namespace millrace::firehose {

/// Where the delimiter stands, about which the sources differ.
enum class DelimiterPlace : unsigned char {
  between,     ///< not after an object's last record, as the service does
  after_each,  ///< after every record: objects can be concatenated
};

/// Which time of a record is its arrival.
enum class Arrival : unsigned char {
  record_time,  ///< the batch's, which is the source's arrival time until event_time() changes it
  delivery,     ///< the wall clock when the record comes to the delivery
};

enum class KplDeaggregation : unsigned char { on, off };

/// How long a destination that fails is tried.
struct RetryOptions {
  Duration duration = std::chrono::seconds(300);   ///< from the first attempt on; 0: no retry
  Duration first_delay = std::chrono::seconds(1);  ///< doubles, with jitter
  Duration longest_delay = std::chrono::seconds(30);
};

struct PartitioningOptions {
  DynamicPartitioning dynamic = DynamicPartitioning::off;
  std::string query = {};          ///< KeyQuery of the fields that are keys; none when empty
  std::uint32_t active_max = 500;  ///< partitions with an open buffer; a record of one more fails
};

/// What the backup keeps.
enum class BackupMode : unsigned char {
  failed_only,
  all_records,  ///< every record after de-aggregation as it came, dropped ones too
};

/// A second destination: for what the first one did not take, and for the originals.
struct BackupOptions {
  std::optional<Destination> destination = {};  ///< takes objects
  BackupMode mode = BackupMode::failed_only;
  ByteSize size{5u << 20};
  Duration interval = std::chrono::seconds(300);
  std::optional<std::string> prefix = {};
  std::optional<std::string> error_prefix = {};
  Compression compression = Compression::uncompressed;  ///< of originals
};

/// A delivery stream's configuration. The defaults are Firehose's for an S3 destination.
struct DeliveryOptions {
  ByteSize size{5u << 20};                        ///< a buffer is full with so many bytes,
  Duration interval = std::chrono::seconds(300);  ///< or this long after its first record
  std::optional<std::string> prefix = {};         ///< see Prefix
  std::optional<std::string> error_prefix = {};
  ObjectNaming naming = {};  ///< stream, version, compression, extension
  CompressOptions compress = {};
  std::string delimiter = {};
  DelimiterPlace delimiter_place = DelimiterPlace::between;
  TimeZone zone = {};
  DefaultDate default_date = DefaultDate::append;
  DateSeparator date_separator = DateSeparator::none;
  KplDeaggregation kpl = KplDeaggregation::on;
  SubRecordOptions sub_records = {};
  Transform transform = {};
  std::string transform_arn = {};  ///< `lambdaArn` of error objects
  LambdaArnName arn_name = LambdaArnName::lambda_arn;
  PartitioningOptions partitioning = {};
  RetryOptions retry = {};
  BackupOptions backup = {};
  Arrival arrival = Arrival::record_time;
  ByteSize record_max{1'024'000};  ///< 1,000 KiB; a larger record fails
  ByteSize budget{256u << 20};     ///< of all buffers; past it the largest are delivered early
  /// at_least_once: each checkpoint delivers what is buffered, so with short intervals objects are
  /// small. exactly_once: buffers stay open across checkpoints, and an object is seen, once, when
  /// the first checkpoint after it was closed is decided.
  Guarantee guarantee = Guarantee::at_least_once;
  /// A directory for open buffers and for objects whose checkpoint is not decided; needed by
  /// exactly_once. Files in it have the step's name in front: deliveries may share it.
  std::string spool = {};
};

}  // namespace millrace::firehose
