// SPDX-License-Identifier: BSL-1.0
#include "firehose/transform_run.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "millrace/firehose/failed_record.hpp"

namespace millrace::firehose {
namespace {

constexpr std::size_t id_size = 32;  // 16 hex digits of the delivery, 16 of the record
constexpr Duration longest_delay = std::chrono::minutes(1);
constexpr std::size_t no_record = static_cast<std::size_t>(-1);

void append_hex(std::string& out, std::uint64_t n) {
  char digits[16];
  for (int i = 15; i >= 0; --i, n >>= 4) digits[i] = "0123456789abcdef"[n & 15];
  out.append(digits, sizeof digits);
}

/// Waits for a task that runs until it ends or the time is over; what is left of it goes on by
/// itself.
class WithinTime {
 public:
  WithinTime(Task<>& task, Context& cx, MonotonicTime until) : task_(task) {
    sleep_.emplace(cx.strand(), cx.stop(), until);
  }
  WithinTime(const WithinTime&) = delete;
  WithinTime& operator=(const WithinTime&) = delete;
  bool await_ready() const noexcept { return task_.handle().done() || sleep_->await_ready(); }
  void await_suspend(std::coroutine_handle<> caller) {
    task_.handle().promise().caller = caller;
    sleep_->await_suspend(caller);
  }
  /// True when the task has ended.
  bool await_resume() {
    sleep_.reset();  // takes the timer back, or its resumption, which may be on its way
    if (task_.handle().done()) return true;
    task_.handle().promise().caller = std::noop_coroutine();
    return false;
  }

 private:
  Task<>& task_;
  std::optional<Sleep> sleep_;
};

bool is_unavailable(Errc code) {
  return code == Errc::unavailable || code == Errc::timeout || code == Errc::io ||
         code == Errc::limit_exceeded;
}

}  // namespace

/// One call, with all that it may touch: it can outlive its batch.
struct TransformRun::Call {
  Call(std::shared_ptr<Input> in, Context& cx)
      : input(std::move(in)),
        context(cx.env(), cx.strand(), stop, cx.arenas(), cx.step(), cx.batch_records()) {}
  std::shared_ptr<Input> input;
  TransformOutput output;
  StopFlag stop;
  Context context;
  Task<> task;
  MonotonicTime waited_for{};  ///< until then, when it is late
};

TransformRun::TransformRun(Transform transform, DeliveryMetrics& metrics)
    : transform_(std::move(transform)), metrics_(metrics) {}
TransformRun::~TransformRun() = default;

void TransformRun::add(std::string_view record, Timestamp arrival, MonotonicTime now) {
  if (pending_.empty()) since_ = now;
  pending_.append(record, arrival, {});
}

void TransformRun::pack(file::Packer& to, MonotonicTime now) const {
  const Duration age = empty() ? Duration{} : std::chrono::duration_cast<Duration>(now - since_);
  to.text(id_prefix_).number(next_id_).number(static_cast<std::uint64_t>(age.count()));
  const RecordBatch waiting = pending_.batch({});
  to.number(waiting.size());
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    to.number(static_cast<std::uint64_t>(waiting.arrival(i).time_since_epoch().count()));
    to.text(waiting.record(i));
  }
}

void TransformRun::unpack(file::Unpacker& from) {
  id_prefix_ = from.text();
  next_id_ = from.number();
  age_ = std::max(age_, Duration(static_cast<Duration::rep>(from.number())));
  for (std::uint64_t n = from.count(); n != 0; --n) {
    const Timestamp arrival(Duration(static_cast<Duration::rep>(from.number())));
    pending_.append(from.text(), arrival, {});
  }
}

/// The numbers go on after a restart, so that a record which comes again has the same id again.
void TransformRun::begin(Env& env) {
  since_ = env.clock.monotonic() - age_;
  if (id_prefix_.empty()) append_hex(id_prefix_, env.rng.next());
}

const TransformOutput& TransformRun::output() const { return call_->output; }

void TransformRun::number_records(Env& env) {
  if (id_prefix_.empty()) append_hex(id_prefix_, env.rng.next());
  // A call that is late still reads the batch before.
  if (!input_ || input_.use_count() > (call_ ? 2 : 1)) input_ = std::make_shared<Input>();
  std::swap(input_->buffer, pending_);
  pending_.clear();
  const RecordBatch batch = input_->buffer.batch({});
  input_->first = next_id_;
  next_id_ += batch.size();
  input_->ids.clear();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    input_->ids += id_prefix_;
    append_hex(input_->ids, input_->first + i);
  }
  input_->records.clear();
  for (std::size_t i = 0; i < batch.size(); ++i)
    input_->records.push_back({.id = std::string_view(input_->ids).substr(i * id_size, id_size),
                               .data = batch.record(i),
                               .arrival = batch.arrival(i)});
}

Task<> TransformRun::run(Context& cx) {
  number_records(cx.env());
  forget_ended();
  const TransformOptions& options = transform_.options;
  Duration delay = options.retry_delay;
  for (attempts_ = 1;; ++attempts_) {
    co_await call(cx);
    if (failure_code_.empty()) co_return judge();
    if (attempts_ > options.retries || !may_repeat_) break;
    const bool slept = co_await cx.sleep_for(delay);
    if (!slept) stopped(cx);
    if (delay < longest_delay) delay *= 2;
  }
  fail_all(failure_code_, std::move(message_));
}

Task<> TransformRun::call(Context& cx) {
  const TransformOptions& options = transform_.options;
  Clock& clock = cx.env().clock;
  metrics_.transform_calls.add(1);
  failure_code_ = {};
  message_.clear();
  if (!call_ || call_->input != input_ || &call_->context.strand() != &cx.strand())
    call_ = std::make_unique<Call>(input_, cx);
  call_->output.clear();
  call_->task = transform_(input_->records, call_->output, call_->context);
  const MonotonicTime until = clock.monotonic() + options.time_limit;
  call_->task.handle().resume();
  WithinTime within(call_->task, cx, until);
  const bool ended = co_await within;
  if (!ended) {
    call_->stop.request();
    call_->waited_for = clock.monotonic() + options.time_limit;
    late_.push_back(std::move(call_));
    if (cx.stopping()) stopped(cx);
  }
  if (!ended || clock.monotonic() > until) {
    failure_code_ = error_code::function_error;
    message_ = "the transform did not end within its time limit";
    may_repeat_ = options.retry == TransformRetry::every_failure;
    if (!ended) {
      co_await yield(cx.strand());  // lets it end when all it does is sleep
      call_ = std::make_unique<Call>(input_, cx);
    }
    co_return;
  }
  try {
    call_->task.await_resume();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const Failure& failure) {
    const bool unavailable = is_unavailable(failure.error().code());
    failure_code_ = unavailable ? error_code::invoke_limit_exceeded : error_code::function_error;
    message_ = failure.error().message();
    may_repeat_ = unavailable || options.retry == TransformRetry::every_failure;
  } catch (const std::exception& thrown) {
    failure_code_ = error_code::function_error;
    message_ = thrown.what();
    may_repeat_ = options.retry == TransformRetry::every_failure;
  } catch (...) {
    failure_code_ = error_code::function_error;
    message_ = "the transform threw something that is no std::exception";
    may_repeat_ = options.retry == TransformRetry::every_failure;
  }
}

void TransformRun::stopped(Context& cx) {
  // Copied: a call that is late may still read the batch.
  for (const TransformRecord& each : input_->records) pending_.append(each.data, each.arrival, {});
  throw Failure(Error(Errc::cancelled,
                      std::string(cx.step()) + ": stopped before the transform had answered"));
}

Task<> TransformRun::wait_for_late(Context& cx) {
  for (const auto& each : late_) {
    WithinTime within(each->task, cx, each->waited_for);
    co_await within;
  }
  forget_ended();
}

void TransformRun::forget_ended() {
  std::erase_if(late_, [](const auto& each) { return each->task.handle().done(); });
}

std::size_t TransformRun::index_of(std::string_view id) const {
  if (id.size() != id_size || id.substr(0, 16) != id_prefix_) return no_record;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data() + 16, id.data() + id_size, number, 16);
  if (error != std::errc{} || end != id.data() + id_size) return no_record;
  const std::uint64_t index = number - input_->first;
  // Digits of another case are another id.
  return index < input_->records.size() && input_->records[index].id == id ? index : no_record;
}

void TransformRun::judge() {
  const TransformOutput& output = call_->output;
  if (output.bytes() > transform_.options.max_response.bytes)
    return fail_all(error_code::function_error,
                    "the transform's answer has " + std::to_string(output.bytes()) +
                        " bytes, more than its limit of " +
                        std::to_string(transform_.options.max_response.bytes));
  verdicts_.assign(input_->records.size(), {});
  for (std::size_t i = 0; i < output.size(); ++i) {
    const TransformOutput::Entry entry = output.entry(i);
    const std::optional<TransformResult> result = parse_transform_result(entry.result);
    if (!result)
      return fail_all(error_code::json_processing,
                      "the transform gave a record the result \"" + std::string(entry.result) +
                          "\"; it must be Ok, Dropped or ProcessingFailed");
    const std::size_t index = index_of(entry.id);
    if (index == no_record) continue;  // the record that it should have named is missing
    Verdict& verdict = verdicts_[index];
    if (verdict.kind != Verdict::Kind::undecided) {
      verdict = {.kind = Verdict::Kind::failed, .code = error_code::duplicated_record_id};
    } else if (*result == TransformResult::ok) {
      verdict = {.kind = Verdict::Kind::ok, .entry = i};
    } else if (*result == TransformResult::dropped) {
      verdict.kind = Verdict::Kind::dropped;
    } else {
      verdict = {.kind = Verdict::Kind::failed, .code = error_code::processing_failed};
    }
  }
  for (Verdict& verdict : verdicts_)
    if (verdict.kind == Verdict::Kind::undecided)
      verdict = {.kind = Verdict::Kind::failed, .code = error_code::missing_record_id};
}

std::string_view TransformRun::message(std::string_view code) const {
  if (code == error_code::missing_record_id)
    return "the transform's answer has not the record's id";
  if (code == error_code::duplicated_record_id)
    return "the transform's answer has the record's id more than once";
  if (code == error_code::processing_failed) return "the transform's result is ProcessingFailed";
  return message_;
}

void TransformRun::fail_all(std::string_view code, std::string message) {
  message_ = std::move(message);
  verdicts_.assign(input_->records.size(), {.kind = Verdict::Kind::failed, .code = code});
}

}  // namespace millrace::firehose
