// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/delivery.hpp"

#include "firehose/delivery_impl.hpp"

namespace millrace::firehose {
namespace {

constexpr char kpl_first_byte = '\xF3';
constexpr std::uint32_t partitions_max = 5000;
constexpr Duration longest_interval = std::chrono::hours(24 * 365);

[[noreturn]] void refuse_option(std::string_view name, const std::string& why) {
  throw Failure(
      Error(Errc::invalid_input, "firehose::Delivery: " + std::string(name) + ": " + why));
}

void check_interval(std::string_view name, Duration interval) {
  if (interval < Duration::zero() || interval > longest_interval)
    refuse_option(name, std::to_string(interval.count()) + " us is not between 0 and a year");
}

template <class T>
T checked(std::string_view name, Result<T> result) {
  if (!result) refuse_option(name, result.error().message());
  return std::move(*result);
}

std::string_view bytes_of(const Message& message) { return message.data; }
std::string_view bytes_of(const Text& text) { return text; }

}  // namespace

Delivery::Impl::Impl(Destination destination, DeliveryOptions options)
    : destination_(std::move(destination)),
      options_(std::move(options)),
      splitter_(options_.sub_records) {
  check_interval("interval", options_.interval);
  check_interval("backup.interval", options_.backup.interval);
  check_interval("retry.duration", options_.retry.duration);
  check_interval("transform.interval", options_.transform.options.interval);
  check_interval("transform.time_limit", options_.transform.options.time_limit);
  if (exactly_once() && options_.spool.empty())
    refuse_option("spool", "Guarantee::exactly_once needs a directory for what is not visible yet");
  if (exactly_once()) outbox_.use_spools();
  const PartitioningOptions& partitioning = options_.partitioning;
  if (partitioning.active_max == 0 || partitioning.active_max > partitions_max)
    refuse_option("partitioning.active_max",
                  std::to_string(partitioning.active_max) + " is not between 1 and 5000");
  if (!partitioning.query.empty()) {
    if (partitioning.dynamic == DynamicPartitioning::off)
      refuse_option("partitioning.query", "needs partitioning.dynamic to be on");
    query_ = checked("partitioning.query", KeyQuery::parse(partitioning.query));
  }
  if (const Result<void> good = check(options_.naming); !good)
    refuse_option("naming", good.error().message());
  set_up_lanes();
  if (options_.transform) transform_.emplace(options_.transform, *metrics_);
  simple_ = !transform_ && options_.sub_records.type == SubRecordType::none &&
            partitioning.dynamic == DynamicPartitioning::off &&
            options_.backup.mode == BackupMode::failed_only;
}

void Delivery::Impl::set_up_lanes() {
  const Delimiting lines{"\n", DelimiterPlace::after_each};
  const BackupOptions& backup = options_.backup;
  data_ = {.to = &destination_,
           .naming = options_.naming,
           .delimiting = {options_.delimiter, options_.delimiter_place},
           .size = options_.size,
           .interval = options_.interval};
  if (destination_.takes() == Destination::Takes::objects) {
    PrefixOptions how{.dynamic_partitioning = options_.partitioning.dynamic,
                      .default_date = options_.default_date,
                      .date_separator = options_.date_separator};
    if (query_) how.query_keys = query_->names();
    Prefixes both = checked("prefix", parse_prefixes(options_.prefix, options_.error_prefix, how));
    data_.prefix = std::move(both.delivery);
    errors_ = data_;
    errors_.prefix = std::move(both.error);
    errors_.naming = for_errors(options_.naming);
    errors_.delimiting = lines;
    processing_errors_ = &errors_;
  } else if (!backup.destination) {
    refuse_option("backup.destination", "a destination of records needs one for what fails");
  } else if (options_.partitioning.dynamic == DynamicPartitioning::on) {
    refuse_option("partitioning.dynamic", "a destination of records has no partitions");
  }
  if (!backup.destination) {
    if (backup.mode == BackupMode::all_records)
      refuse_option("backup.destination", "BackupMode::all_records needs one");
    return;
  }
  if (backup.destination->takes() != Destination::Takes::objects)
    refuse_option("backup.destination", "must take objects");
  Prefixes both = checked("backup.prefix", parse_prefixes(backup.prefix, backup.error_prefix, {}));
  backup_ = {.to = &*backup.destination,
             .prefix = std::move(both.delivery),
             .naming = options_.naming,
             .delimiting = {options_.delimiter, options_.delimiter_place},
             .size = backup.size,
             .interval = backup.interval};
  backup_.naming.compression = backup.compression;
  backup_.naming.file_extension.reset();
  backup_errors_ = backup_;
  backup_errors_.prefix = std::move(both.error);
  backup_errors_.naming = for_errors(options_.naming);
  backup_errors_.delimiting = lines;
  if (!processing_errors_) processing_errors_ = &backup_errors_;
}

void Delivery::Impl::look_at_clock(Context& cx) {
  env_ = &cx.env();
  now_ = env_->clock.monotonic();
}

template <class R>
Task<> Delivery::Impl::write(const Batch<R>& batch, Context& cx) {
  look_at_clock(cx);
  if (exactly_once() && !begun_) co_await begin(cx);
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < batch.size(); ++i) bytes += bytes_of(batch[i]).size();
  metrics_->incoming_records.add(batch.size());
  metrics_->incoming_bytes.add(bytes);
  for (std::uint32_t i = 0; i < batch.size();) {
    i = take(batch, i);
    if (work_due()) co_await work(cx);
  }
  outbox_.close_due(now_);
  if (work_due()) co_await work(cx);
  metrics_->buffered_bytes.set(outbox_.held() + pending_bytes());
}

/// Takes records until something is due; gives the first that was not taken.
template <class R>
std::uint32_t Delivery::Impl::take(const Batch<R>& batch, std::uint32_t first) {
  const bool stamp = options_.arrival == Arrival::delivery;
  const Timestamp stamped = stamp ? env_->clock.wall() : Timestamp{};
  std::uint32_t i = first;
  std::uint64_t simple = 0;
  while (i < batch.size()) {
    const std::string_view record = bytes_of(batch[i]);
    const Timestamp arrival = stamp ? stamped : batch.time(i);
    ++i;
    if (record.size() > options_.record_max.bytes) [[unlikely]] {
      metrics_->records.add(1);
      const std::string message = "the record has " + std::to_string(record.size()) +
                                  " bytes, more than the limit of " +
                                  std::to_string(options_.record_max.bytes);
      fail(record, arrival, {.code = error_code::record_too_large, .message = message});
    } else if (!record.empty() && record.front() == kpl_first_byte) [[unlikely]] {
      take_apart(record, arrival);
    } else if (simple_) {
      outbox_.append(outbox_.at(open_data_, data_, now_), record, arrival);
      ++simple;
    } else {
      take_parts(record, arrival);
    }
    if (work_due()) break;
  }
  metrics_->records.add(simple);
  return i;
}

void Delivery::Impl::take_apart(std::string_view record, Timestamp arrival) {
  if (options_.kpl == KplDeaggregation::off) return take_parts(record, arrival);
  const Result<KplKind> kind = aggregate_.parse(record);
  if (!kind) {
    metrics_->records.add(1);
    return fail(record, arrival,
                {.code = error_code::invalid_aggregate, .message = kind.error().message()});
  }
  if (*kind == KplKind::plain) return take_parts(record, arrival);
  for (const KplRecord& each : aggregate_.records()) take_parts(each.data, arrival);
}

void Delivery::Impl::take_parts(std::string_view record, Timestamp arrival) {
  if (options_.sub_records.type == SubRecordType::none) return accept(record, arrival);
  const Result<std::span<const std::string_view>> parts = splitter_.split(record);
  if (!parts) {
    metrics_->records.add(1);
    return fail(record, arrival,
                {.code = error_code::invalid_sub_records, .message = parts.error().message()});
  }
  for (const std::string_view part : *parts) accept(part, arrival);
}

void Delivery::Impl::accept(std::string_view record, Timestamp arrival) {
  metrics_->records.add(1);
  if (options_.backup.mode == BackupMode::all_records)
    outbox_.append(outbox_.at(open_backup_, backup_, now_), record, arrival);
  if (transform_) return transform_->add(record, arrival, now_);
  keys_.clear();
  route(record, arrival, record);
}

void Delivery::Impl::route(std::string_view record, Timestamp arrival, std::string_view original) {
  if (options_.partitioning.dynamic == DynamicPartitioning::on)
    return route_to_partition(record, arrival, original);
  outbox_.append(outbox_.at(open_data_, data_, now_), record, arrival);
}

void Delivery::Impl::route_to_partition(std::string_view record, Timestamp arrival,
                                        std::string_view original) {
  const auto failed = [&](std::string_view code, std::string_view message) {
    fail(original, arrival, {.code = code, .message = message});
  };
  if (query_) {
    const Result<void> extracted = query_->extract(record, keys_);
    if (!extracted)
      return failed(error_code::metadata_extraction_failed, extracted.error().message());
  }
  partition_.clear();
  const Result<void> found = data_.prefix.append_partition(keys_, partition_);
  if (!found) return failed(error_code::metadata_extraction_failed, found.error().message());
  Parcel* parcel = outbox_.find(partition_);
  if (!parcel) {
    if (outbox_.partitions() >= options_.partitioning.active_max) {
      metrics_->partitions_exceeded.add(1);
      return failed(error_code::active_partition_exceeded,
                    "the record is of a new partition, and " +
                        std::to_string(options_.partitioning.active_max) + " are active");
    }
    const Result<std::string> prefix = data_.prefix.expand(
        {.arrival = arrival, .zone = options_.zone, .rng = env_->rng, .keys = &keys_});
    if (!prefix) return failed(error_code::metadata_extraction_failed, prefix.error().message());
    parcel = &outbox_.open_partition(partition_, data_, now_);
    parcel->keys = keys_;
  }
  outbox_.append(*parcel, record, arrival);
}

Task<> Delivery::Impl::work(Context& cx) {
  if (transform_ && !transform_->empty() && (transform_->due(now_) || over_budget()))
    co_await transform(cx);
  if (exactly_once()) {
    co_await put_away(Durable::closed_ones, cx);
    co_return;
  }
  co_await send_all(cx);
  while (over_budget() && outbox_.has_open()) {
    metrics_->early_flushes.add(1);
    outbox_.close_largest();
    co_await send_all(cx);
  }
}

Task<> Delivery::Impl::transform(Context& cx) {
  co_await transform_->run(cx);
  look_at_clock(cx);
  const std::vector<Verdict>& verdicts = transform_->verdicts();
  const TransformOutput& output = transform_->output();
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const TransformRecord& record = transform_->record(i);
    switch (verdicts[i].kind) {
      case Verdict::Kind::ok: {
        metrics_->transform_ok.add(1);
        const TransformOutput::Entry entry = output.entry(verdicts[i].entry);
        keys_.clear();
        for (std::size_t k = 0; k < entry.keys; ++k) {
          const TransformOutput::Key key = output.partition_key(entry.first_key + k);
          keys_.set(KeyOrigin::lambda, key.name, key.value);
        }
        route(entry.data, record.arrival, record.data);
        break;
      }
      case Verdict::Kind::dropped:
        metrics_->dropped_records.add(1);
        break;
      case Verdict::Kind::undecided:
      case Verdict::Kind::failed:
        metrics_->transform_failed.add(1);
        fail(record.data, record.arrival,
             {.code = verdicts[i].code,
              .message = transform_->message(verdicts[i].code),
              .attempts = transform_->attempts()});
        break;
    }
  }
}

Task<> Delivery::Impl::flush(Context& cx) {
  if (exactly_once()) co_return;
  look_at_clock(cx);
  do {
    if (transform_ && !transform_->empty()) co_await transform(cx);
    outbox_.close_all();
    co_await send_all(cx);
  } while (outbox_.has_open());
  if (transform_) co_await transform_->wait_for_late(cx);
  metrics_->buffered_bytes.set(0);
}

Task<> Delivery::Impl::tick(Context& cx) {
  look_at_clock(cx);
  if (exactly_once() && !begun_) co_await begin(cx);
  outbox_.close_due(now_);
  if (work_due()) co_await work(cx);
  metrics_->buffered_bytes.set(outbox_.held() + pending_bytes());
}

Delivery::Delivery(Destination destination, DeliveryOptions options)
    : impl_(std::make_unique<Impl>(std::move(destination), std::move(options))) {}
Delivery::Delivery(Delivery&&) noexcept = default;
Delivery& Delivery::operator=(Delivery&&) noexcept = default;
Delivery::~Delivery() = default;

Task<> Delivery::write(const Batch<Message>& batch, Context& cx) { return impl_->write(batch, cx); }
Task<> Delivery::write(const Batch<Text>& batch, Context& cx) { return impl_->write(batch, cx); }
Task<> Delivery::flush(Context& cx) { return impl_->flush(cx); }
Task<> Delivery::tick(Context& cx) { return impl_->tick(cx); }
Guarantee Delivery::guarantee() const {
  return impl_->exactly_once() ? Guarantee::exactly_once : Guarantee::at_least_once;
}
bool Delivery::two_phase() const { return impl_->exactly_once(); }
Task<bool> Delivery::finish(Context& cx) { return impl_->finish(cx); }
Task<Committable> Delivery::prepare(CheckpointId id, Context& cx) { return impl_->prepare(id, cx); }
Task<> Delivery::commit(const Committable& committable, Context& cx) {
  return impl_->commit(committable, cx);
}
Task<> Delivery::abort(Context& cx) { return impl_->abort(cx); }
void Delivery::save(std::string& bytes) const { impl_->save(bytes); }
Result<void> Delivery::load(std::string_view bytes) { return impl_->load(bytes); }
std::shared_ptr<const DeliveryMetrics> Delivery::metrics() const { return impl_->metrics(); }

bool RecordLimit::check(std::uint64_t bytes) const {
  if (bytes <= max.bytes) return true;
  throw Failure(Error(Errc::limit_exceeded, "the record has " + std::to_string(bytes) +
                                                " bytes, more than the limit of " +
                                                std::to_string(max.bytes)));
}

}  // namespace millrace::firehose
