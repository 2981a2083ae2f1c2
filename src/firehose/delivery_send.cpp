// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "firehose/delivery_impl.hpp"
#include "millrace/store/lake_layout.hpp"

namespace millrace::firehose {
namespace {

// A name that is taken again and again is no accident.
constexpr unsigned draws_max = 4;

// Between two attempts, whatever the options say.
constexpr Duration shortest_delay = std::chrono::milliseconds(1);

constexpr std::array<std::string_view, 3> error_types{error_output_type::processing_failed,
                                                      error_output_type::opensearch_failed,
                                                      error_output_type::http_endpoint_failed};

}  // namespace

void Delivery::Impl::fail(std::string_view original, Timestamp arrival, const Cause& cause) {
  metrics_->failed_records.add(1);
  const Attempt attempt{.attempts_made = cause.attempts,
                        .arrival = arrival,
                        .error_code = cause.code,
                        .error_message = cause.message,
                        .ended = env_->clock.wall(),
                        .raw_data = original};
  append_error(*processing_errors_, ErrorKind::processing,
               processing_failed(attempt, options_.transform_arn, options_.arn_name), arrival);
}

void Delivery::Impl::append_error(const Lane& lane, ErrorKind kind, std::string_view line,
                                  Timestamp arrival) {
  const std::string_view type = error_types[static_cast<std::size_t>(kind)];
  Parcel& parcel = outbox_.at(error_home(lane, type), lane, now_);
  parcel.error_type = type;
  outbox_.append(parcel, line, arrival);
}

/// Who points to the open buffer of such errors.
Parcel*& Delivery::Impl::error_home(const Lane& lane, std::string_view type) {
  const auto kind =
      static_cast<std::size_t>(std::ranges::find(error_types, type) - error_types.begin());
  return open_errors_[kind + (&lane == &errors_ ? 0u : 3u)];
}

/// The same text, which lives for ever; of a kind that is unknown, the first.
std::string_view Delivery::Impl::error_type_of(std::string_view text) {
  const auto* const found = std::ranges::find(error_types, text);
  return found == error_types.end() ? std::string_view() : *found;
}

PrefixValues Delivery::Impl::values(const Parcel& parcel) const {
  return {.arrival = parcel.oldest(),
          .zone = options_.zone,
          .rng = env_->rng,
          .keys = &parcel.keys,
          .error_output_type = parcel.error_type};
}

Result<void> Delivery::Impl::name(Parcel& parcel) {
  Result<std::string> prefix = parcel.lane->prefix.expand(values(parcel));
  if (!prefix) return prefix.take_error();
  const ObjectNaming& naming = parcel.lane->naming;
  parcel.uuid = store::make_uuid(env_->rng);
  parcel.name = object_key(*prefix, naming, parcel.oldest(), options_.zone, parcel.uuid);
  parcel.compression = naming.compression;
  parcel.compressed.clear();
  return {};
}

void Delivery::Impl::compress_once(Parcel& parcel) const {
  const Compressor::Entry entry{.name = parcel.uuid, .time = parcel.buffer.oldest()};
  parcel.compressed = compress(parcel.compression, parcel.buffer.view(), entry, options_.compress);
}

Task<> Delivery::Impl::send_all(Context& cx) {
  while (outbox_.has_closed()) {
    co_await send_front(cx);
    look_at_clock(cx);
  }
}

Task<> Delivery::Impl::send_front(Context& cx) {
  Parcel& parcel = outbox_.front();
  for (;;) {
    const std::optional<GivenUp> given_up = co_await try_to_send(parcel, cx);
    if (!given_up) break;
    check_backup(parcel, *given_up, cx);
    if (parcel.lane == &errors_) {
      parcel.lane = &backup_errors_;
      parcel.name.clear();
      continue;
    }
    fail_records(parcel, *given_up);
    break;
  }
  outbox_.pop();
}

bool Delivery::Impl::may_pass(Errc code) {
  return code != Errc::invalid_input && code != Errc::limit_exceeded && code != Errc::unsupported;
}

/// Errors: Failure when what was given up has nowhere to go.
void Delivery::Impl::check_backup(const Parcel& parcel, const GivenUp& given_up,
                                  Context& cx) const {
  if (options_.backup.destination && parcel.lane->to == &destination_) return;
  throw Failure(Error(given_up.error.code(),
                      std::string(cx.step()) + ": delivery stream " + options_.naming.stream +
                          ": " + std::to_string(parcel.buffer.records()) +
                          " records can't be delivered after " + std::to_string(given_up.attempts) +
                          " attempts, and no backup took them: " + given_up.error.message()));
}

/// Tries for the retry duration, counted from the first attempt; nothing when all was taken.
Task<std::optional<Delivery::Impl::GivenUp>> Delivery::Impl::try_to_send(Parcel& parcel,
                                                                         Context& cx) {
  const RetryOptions& retry = options_.retry;
  const MonotonicTime until = env_->clock.monotonic() + retry.duration;
  Duration delay = retry.first_delay;
  const bool records = parcel.lane->to->takes() == Destination::Takes::records;
  waiting_.clear();
  for (std::uint32_t attempts = 1;; ++attempts) {
    // Not one co_await of a conditional expression: g++ 12 would copy the task.
    Result<void> sent;
    if (records)
      sent = co_await attempt_records(parcel, attempts, cx);
    else
      sent = co_await attempt(parcel, attempts, cx);
    if (sent) co_return std::nullopt;
    const MonotonicTime now = env_->clock.monotonic();
    if (!may_pass(sent.error().code()) || now >= until)
      co_return GivenUp{sent.take_error(), attempts};
    const Duration half = std::max<Duration>(delay / 2, shortest_delay);
    const Duration jitter(
        static_cast<Duration::rep>(env_->rng.below(static_cast<std::uint64_t>(half.count()))));
    const bool slept = co_await cx.sleep_until(std::min(until, now + (half + jitter)));
    if (!slept)
      throw Failure(Error(Errc::cancelled, std::string(cx.step()) +
                                               ": stopped while the delivery was to be tried "
                                               "again: " +
                                               sent.error().message()));
    delay = std::min(delay * 2, retry.longest_delay);
  }
}

Task<Result<void>> Delivery::Impl::attempt(Parcel& parcel, std::uint32_t attempts, Context& cx) {
  if (attempts > 1) metrics_->delivery_retries.add(1);
  const Lane& lane = *parcel.lane;
  for (unsigned draws = 1;; ++draws) {
    if (parcel.name.empty()) {
      Result<void> named = name(parcel);
      if (!named) co_return named.take_error();
    }
    const bool compressed = parcel.compression != Compression::uncompressed;
    if (compressed && parcel.compressed.empty())
      co_await cx.blocking([&] { compress_once(parcel); });
    const std::string_view bytes =
        compressed ? std::string_view(parcel.compressed) : parcel.buffer.view();
    Result<void> put = co_await lane.to->put(parcel.name, bytes, cx);
    if (put) {
      count_delivered(parcel);
      co_return put;
    }
    const bool taken = put.error().code() == Errc::already_exists;
    if (taken && exactly_once())
      throw Failure(Error(Errc::conflict, std::string(cx.step()) + ": another object than the " +
                                              "checkpoint's has the name " + parcel.name +
                                              "; take it out of the way, and the delivery goes " +
                                              "on at the next start"));
    if (taken) parcel.name.clear();  // somebody else's: another one is drawn
    if (!taken || draws == draws_max) co_return put;
  }
}

Task<Result<void>> Delivery::Impl::attempt_records(Parcel& parcel, std::uint32_t attempts,
                                                   Context& cx) {
  if (attempts > 1) metrics_->delivery_retries.add(1);
  const RecordBatch batch = parcel.buffer.batch(parcel.lane->delimiting);
  Result<std::vector<RefusedRecord>> refused = co_await parcel.lane->to->deliver(batch, cx);
  if (!refused) {
    waiting_.clear();
    co_return refused.take_error();
  }
  std::sort(refused->begin(), refused->end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  std::vector<std::uint32_t> again;
  waiting_.clear();
  std::size_t taken_bytes = 0;
  std::size_t next = 0;
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    while (next < refused->size() && (*refused)[next].index < i) ++next;
    if (next == refused->size() || (*refused)[next].index != i) {
      metrics_->delivered_records.add(1);
      taken_bytes += batch.record(i).size();
    } else if ((*refused)[next].again == Again::yes) {
      again.push_back(i);
      waiting_.push_back(std::move((*refused)[next]));
    } else {
      refuse(batch, (*refused)[next], attempts);
    }
  }
  metrics_->delivered_bytes.add(taken_bytes);
  metrics_->delivered_objects.add(1);
  if (again.empty()) co_return Result<void>();
  outbox_.keep(parcel, again);
  co_return Error(Errc::unavailable, "the destination took all but " +
                                         std::to_string(again.size()) + " records; the first: " +
                                         waiting_.front().code + " " + waiting_.front().message);
}

void Delivery::Impl::refuse(const RecordBatch& batch, const RefusedRecord& refused,
                            std::uint32_t attempts) {
  metrics_->failed_records.add(1);
  const Attempt attempt{.attempts_made = attempts,
                        .arrival = batch.arrival(refused.index),
                        .error_code = refused.code,
                        .error_message = refused.message,
                        .ended = env_->clock.wall(),
                        .raw_data = batch.record(refused.index)};
  append_error(backup_errors_, ErrorKind::index,
               index_failed(attempt, {.id = refused.id, .index = refused.index_name}),
               attempt.arrival);
}

/// Each record of a buffer that was given up becomes a line of the backup's error object.
void Delivery::Impl::fail_records(const Parcel& parcel, const GivenUp& reason) {
  const RecordBatch batch = parcel.buffer.batch(parcel.lane->delimiting);
  const bool records = destination_.takes() == Destination::Takes::records;
  const std::string code(to_string(reason.error.code()));
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    if (records) {
      RefusedRecord refused{.index = i, .code = code, .message = reason.error.message()};
      if (i < waiting_.size()) {
        refused = std::move(waiting_[i]);  // the buffer holds just these now
        refused.index = i;
      }
      refuse(batch, refused, reason.attempts);
      continue;
    }
    metrics_->failed_records.add(1);
    const Attempt attempt{.attempts_made = reason.attempts,
                          .arrival = batch.arrival(i),
                          .error_code = code,
                          .error_message = reason.error.message(),
                          .ended = env_->clock.wall(),
                          .raw_data = batch.record(i)};
    append_error(backup_errors_, ErrorKind::endpoint,
                 http_endpoint_failed(attempt, {}, parcel.name), attempt.arrival);
  }
}

void Delivery::Impl::count_delivered(const Parcel& parcel) {
  if (parcel.lane == &backup_) {
    metrics_->backup_records.add(parcel.buffer.records());
  } else if (parcel.lane == &data_) {
    metrics_->delivered_records.add(parcel.buffer.records());
    metrics_->delivered_bytes.add(parcel.buffer.bytes());
    metrics_->delivered_objects.add(1);
  }
}

}  // namespace millrace::firehose
