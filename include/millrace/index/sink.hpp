// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/dead_letter.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/core/units.hpp"
#include "millrace/formats/json_encode.hpp"
#include "millrace/index/embedded_target.hpp"

namespace millrace::index {

/// How records become documents.
template <class T>
struct SinkOptions {
  /// Where they go; the base name when index_of is set and ignores it.
  std::string index = {};
  /// The document's id, always the same for the same record: so a replay after a restart replaces
  /// what it wrote before, and nothing is there twice. It must be set.
  std::function<std::string(const T&)> id = {};
  /// The document's version. When set, versions are external: what comes late or again changes
  /// nothing that is newer.
  std::function<std::uint64_t(const T&)> version = {};
  /// The index by record and its time, for rotation (firehose::index_name()).
  std::function<std::string(const T&, Timestamp)> index_of = {};
  /// Body of `PUT /{index}`, for an index that is not there; empty: the target's own way.
  std::string definition = {};
  std::size_t batch_documents = 1000;
  ByteSize batch_size{std::uint64_t{5} << 20};
  /// A batch that is not full is sent this long after its first document.
  Duration linger = std::chrono::seconds(1);
  /// How long items that the target is too busy for are sent again.
  Duration retry_for = std::chrono::seconds(300);
  OnError on_error = OnError::dead_letter;
  /// Takes what the target refused, with the original bytes, before write() or flush() returns.
  /// Without it OnError::dead_letter is as OnError::fail: nothing vanishes. It may come again with
  /// the same letter after a restart.
  std::function<void(const DeadLetter&)> dead_letters = {};
};

/// What a DocumentSink has done. Shared with whoever asks for it; read it when the pipeline has
/// ended.
struct SinkCounts {
  std::uint64_t written = 0;
  std::uint64_t duplicates = 0;  ///< of an earlier delivery, or older than what is there
  std::uint64_t refused = 0;
  std::uint64_t retried = 0;
};

/// Writes a stream's records as documents: a described struct as JSON, a Message, Text or string as
/// the JSON it is.
///
///     rows.to("index1", index::Sink<Row>(store, {.index = "index1", .id = id_of_row}));
///
/// At-least-once with deterministic ids, so each document is there once: after flush() every record
/// written is in the index, counted as a duplicate, or was handed to dead_letters.
/// Errors: Failure (invalid_input) from the constructor without an id; from write(), flush() and
/// tick() those of the target; invalid_input when a document was refused under OnError::fail;
/// cancelled when the pipeline stops while it waits to send again.
/// Threads: one strand. Cost: a copy of each document until its batch is sent.
template <class T, DocumentTarget Target>
class DocumentSink {
 public:
  DocumentSink(Target target, SinkOptions<T> options)
      : target_(std::move(target)),
        options_(std::move(options)),
        counts_(std::make_shared<SinkCounts>()),
        pool_(std::make_unique<ArenaPool>()),
        writer_(*pool_) {
    if (!options_.id)
      throw Failure(Error(Errc::invalid_input,
                          "index sink: SinkOptions::id is not set; without a deterministic id a "
                          "restart would write documents twice"));
  }

  Task<> write(const Batch<T>& batch, Context& cx) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      add(batch[i], batch.time(i), cx);
      if (pending_.size() >= options_.batch_documents || bytes_ >= options_.batch_size.bytes)
        co_await send(cx);
    }
  }
  Task<> flush(Context& cx) {
    co_await send(cx);
    co_await target_.flush(cx);
  }
  Task<> tick(Context& cx) {
    if (!pending_.empty() && cx.env().clock.monotonic() >= due_) co_await send(cx);
  }

  std::shared_ptr<const SinkCounts> counts() const { return counts_; }

 private:
  struct Pending {
    std::string index;
    std::string id;
    std::string document;
    std::optional<std::uint64_t> version;
  };

  void add(const T& value, Timestamp time, Context& cx) {
    Pending next;
    if constexpr (requires { std::string_view(value); }) {
      next.document = std::string_view(value);
    } else if constexpr (requires { std::string_view(value.data); }) {
      next.document = std::string_view(value.data);
    } else {
      Result<void> encoded = json::lines().encode(value, writer_);
      next.document = writer_.run();
      writer_.discard();
      if (!encoded) return reject(encoded.error().message(), bytes_for_dead_letter(value), cx);
    }
    next.id = options_.id(value);
    if (next.id.empty()) return reject("the id is empty", std::move(next.document), cx);
    next.index = options_.index_of ? options_.index_of(value, time) : options_.index;
    if (options_.version) next.version = options_.version(value);
    if (pending_.empty()) due_ = cx.env().clock.monotonic() + options_.linger;
    bytes_ += next.document.size();
    pending_.push_back(std::move(next));
  }

  VersionType version_type() const {
    return options_.version ? VersionType::external : VersionType::internal;
  }

  Task<> send(Context& cx) {
    if (pending_.empty()) co_return;
    for (const Pending& each : pending_)
      if (!options_.definition.empty() && !made_.contains(each.index)) {
        co_await target_.create_if_absent(each.index, options_.definition, cx);
        made_.insert(each.index);
      }
    std::vector<Action> actions;
    actions.reserve(pending_.size());
    for (const Pending& each : pending_)
      actions.push_back({.index = each.index,
                         .id = each.id,
                         .document = each.document,
                         .version = each.version,
                         .version_type = version_type()});
    const MonotonicTime deadline = cx.env().clock.monotonic() + options_.retry_for;
    Duration delay = std::chrono::seconds(1);
    while (true) {
      const BulkResult result = co_await target_.bulk(actions, cx);
      const bool last = cx.env().clock.monotonic() >= deadline;
      settle(result, actions, last, cx);
      if (actions.empty()) break;
      counts_->retried += actions.size();
      if (!co_await cx.sleep_for(delay))
        throw Failure(Error(Errc::cancelled, "index sink: stopped while " +
                                                 std::to_string(actions.size()) +
                                                 " documents wait to be sent again"));
      delay = std::min<Duration>(delay * 2, std::chrono::seconds(60));
    }
    pending_.clear();
    bytes_ = 0;
  }

  // Leaves in `actions` those that are to be sent again.
  void settle(const BulkResult& result, std::vector<Action>& actions, bool last, Context& cx) {
    if (result.items.size() != actions.size())
      throw Failure(Error(Errc::io, "index sink: " + std::to_string(actions.size()) +
                                        " documents were sent and the answer is about " +
                                        std::to_string(result.items.size())));
    std::size_t kept = 0;
    for (std::size_t i = 0; i < actions.size(); ++i) {
      const Item& item = result.items[i];
      const Outcome outcome = classify(item, actions[i].version_type);
      if (outcome == Outcome::done)
        ++counts_->written;
      else if (outcome == Outcome::duplicate || outcome == Outcome::stale)
        ++counts_->duplicates;
      else if (outcome == Outcome::retry && !last)
        actions[kept++] = actions[i];
      else
        reject(reason(item), std::string(actions[i].document), cx);
    }
    actions.resize(kept);
  }

  static std::string reason(const Item& item) {
    std::string text =
        "document " + item.id + " of " + item.index + ": " + std::to_string(item.status);
    return item.error ? text + ' ' + to_string(*item.error) : text;
  }

  void reject(std::string why, std::string bytes, Context& cx) {
    ++counts_->refused;
    if (options_.on_error == OnError::skip) return;
    if (options_.on_error == OnError::fail || !options_.dead_letters)
      throw Failure(Error(Errc::invalid_input, "index sink: " + why));
    DeadLetter letter;
    letter.step = cx.step();
    letter.reason = std::move(why);
    letter.bytes = std::move(bytes);
    options_.dead_letters(letter);
  }

  Target target_;
  SinkOptions<T> options_;
  std::shared_ptr<SinkCounts> counts_;
  std::unique_ptr<ArenaPool> pool_;
  TextWriter writer_;
  std::vector<Pending> pending_;
  std::uint64_t bytes_ = 0;
  MonotonicTime due_{};
  std::set<std::string> made_;
};

/// Documents into the embedded index.
template <class T>
using Sink = DocumentSink<T, EmbeddedTarget>;

}  // namespace millrace::index
