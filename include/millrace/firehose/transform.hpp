// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/context.hpp"
#include "millrace/core/error.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/task.hpp"
#include "millrace/core/units.hpp"

namespace millrace::firehose {

/// A record that a transform is given. Lifetime: until the call ends.
struct TransformRecord {
  std::string_view id;  ///< to be given back; the same when the call is repeated
  std::string_view data;
  Timestamp arrival{};
};

/// What a transform says of a record.
enum class TransformResult : unsigned char { ok, dropped, processing_failed };

/// "Ok", "Dropped", "ProcessingFailed" in any letter case; nothing for another word.
MILLRACE_EXPORT std::optional<TransformResult> parse_transform_result(std::string_view word);

/// What a transform gives back: per record an id, a result and, for Ok, new bytes and keys for
/// dynamic partitioning. In any order.
///
///     out.ok(record.id, json);          out.key("customer", "42");    // of the record before
///     out.dropped(record.id);           out.failed(record.id);
///     out.add(record.id, "Ok", json);   // the result as a word, as a Lambda's answer has it
///
/// Cost: bytes are copied once; no allocation after warm-up.
class MILLRACE_EXPORT TransformOutput {
 public:
  struct Key {
    std::string_view name;
    std::string_view value;
  };
  struct Entry {
    std::string_view id;
    std::string_view result;
    std::string_view data;
    std::size_t first_key = 0;
    std::size_t keys = 0;
  };

  void ok(std::string_view id, std::string_view data) { add(id, "Ok", data); }
  void dropped(std::string_view id) { add(id, "Dropped", {}); }
  void failed(std::string_view id) { add(id, "ProcessingFailed", {}); }
  void add(std::string_view id, std::string_view result, std::string_view data);
  /// A partition key in the metadata of the record added last. Errors: Failure (invalid_input)
  /// before the first record.
  void key(std::string_view name, std::string_view value);

  std::size_t size() const { return entries_.size(); }
  Entry entry(std::size_t i) const;
  Key partition_key(std::size_t i) const;
  /// Bytes of ids, results, data and keys.
  std::size_t bytes() const { return bytes_.size(); }
  void clear();

 private:
  struct Run {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  struct Item {
    Run id, result, data;
    std::size_t first_key, keys;
  };
  Run keep(std::string_view text);
  std::string_view view(Run run) const {
    return std::string_view(bytes_).substr(run.begin, run.size);
  }

  std::string bytes_;
  std::vector<Item> entries_;
  std::vector<std::pair<Run, Run>> keys_;
};

/// Which failures of a call are repeated. The specification repeats throttling and network errors
/// and fails a batch whose function failed at once; error records of real streams show four
/// attempts for failed functions, too.
enum class TransformRetry : unsigned char {
  every_failure,  ///< whatever was thrown, and the time limit
  unavailable,    ///< Failure with Errc::unavailable, timeout, io or limit_exceeded
};

/// When records are handed to the transform, and what is done when it fails.
struct TransformOptions {
  ByteSize size{1u << 20};                       ///< a batch is full with so many bytes of data
  Duration interval = std::chrono::seconds(60);  ///< after its first record
  Duration time_limit = std::chrono::seconds(60);
  std::uint32_t retries = 3;  ///< calls after the first
  TransformRetry retry = TransformRetry::every_failure;
  Duration retry_delay =
      std::chrono::milliseconds(100);  ///< doubles with each, while below a minute
  ByteSize max_response{6u << 20};     ///< more is a failed call
};

/// Called with a batch of records: `f(records, out)` or `f(records, out, cx)`, giving nothing or a
/// Task<>. It is called again with the same records and ids when it fails.
///
/// Contract: what a coroutine holds must stand being ended late: at its time limit `cx.stop()` is
/// raised, so that sleeps end, and the batch goes on without it; it is destroyed with the delivery.
template <class F>
concept TransformFunction =
    requires(F& f, std::span<const TransformRecord> records, TransformOutput& out, Context& cx) {
      requires requires { f(records, out); } || requires { f(records, out, cx); };
    };

/// A transform of records: a callable and its options; none when default-constructed.
/// Errors: what the callable throws fails the call.
class Transform {
 public:
  Transform() = default;
  template <TransformFunction F>
  requires(!std::same_as<F, Transform>)
  Transform(F f, TransformOptions how = {})
      : options(how), function_(std::make_shared<Held<F>>(std::move(f))) {}

  explicit operator bool() const { return function_ != nullptr; }
  Task<> operator()(std::span<const TransformRecord> records, TransformOutput& out,
                    Context& cx) const {
    return function_->call(records, out, cx);
  }

  TransformOptions options = {};

 private:
  struct Base {
    virtual ~Base() = default;
    virtual Task<> call(std::span<const TransformRecord> records, TransformOutput& out,
                        Context& cx) = 0;
  };
  template <class F>
  struct Held final : Base {
    explicit Held(F f) : function(std::move(f)) {}
    Task<> call(std::span<const TransformRecord> records, TransformOutput& out,
                Context& cx) override {
      if constexpr (requires { function(records, out, cx); }) {
        if constexpr (std::is_void_v<decltype(function(records, out, cx))>)
          function(records, out, cx);
        else
          co_await function(records, out, cx);
      } else {
        if constexpr (std::is_void_v<decltype(function(records, out))>)
          function(records, out);
        else
          co_await function(records, out);
      }
      co_return;
    }
    F function;
  };
  std::shared_ptr<Base> function_;
};

}  // namespace millrace::firehose
