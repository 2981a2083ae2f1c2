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
#include "millrace/core/guarantee.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/core/units.hpp"
#include "millrace/formats/json_encode.hpp"
#include "millrace/index/document_spool.hpp"
#include "millrace/index/embedded_target.hpp"

namespace millrace::index {

/// How records become documents.
template <class T>
struct SinkOptions {
  /// Where they go; the base name when index_of is set and ignores it.
  std::string index = {};
  /// The document's id, always the same for the same record: so a replay after a restart replaces
  /// what it wrote before, and nothing is there twice. It must be set, unless the guarantee is
  /// exactly_once: then the index makes one up.
  std::function<std::string(const T&)> id = {};
  /// The document's version. When set, versions are external: what comes late or again changes
  /// nothing that is newer.
  std::function<std::uint64_t(const T&)> version = {};
  /// The index by record and its time, for rotation (firehose::index_name()).
  std::function<std::string(const T&, Timestamp)> index_of = {};
  /// Body of `PUT /{index}`, for an index that is not there; empty: the target's own way.
  std::string definition = {};
  /// at_least_once: documents are found as they come, at checkpoints the latest, and ids keep
  /// replays from being there twice. exactly_once: those of a checkpoint are found together once
  /// it is decided; batch_documents, batch_size and linger mean nothing then.
  Guarantee guarantee = Guarantee::at_least_once;
  /// A directory for documents whose checkpoint is not decided; needed by exactly_once.
  std::string spool = {};
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
/// written is in the index, counted as a duplicate, or was handed to dead_letters. Exactly-once,
/// with SinkOptions::guarantee: documents wait in a spool file, and a checkpoint's are one
/// transaction with a note that it was done. Under OnError::fail one refused document holds that
/// transaction back: nothing of it is there until a restart finds it taken. Errors: Failure
/// (invalid_input) from the constructor without an id, or for exactly_once without a spool or with
/// a target that can't do it; from write(), flush() and tick() those of the target, under
/// exactly_once those of file::Spool from write(), prepare() and abort(), and both from commit();
/// invalid_input when a document was refused under OnError::fail; cancelled when the pipeline stops
/// while it waits to send again. Threads: one strand. Cost: a copy of each document until its batch
/// is sent.
template <class T, DocumentTarget Target>
class DocumentSink {
 public:
  DocumentSink(Target target, SinkOptions<T> options)
      : target_(std::move(target)),
        options_(std::move(options)),
        counts_(std::make_shared<SinkCounts>()),
        pool_(std::make_unique<ArenaPool>()),
        writer_(*pool_) {
    if (!options_.id && !exactly_once())
      throw Failure(Error(Errc::invalid_input,
                          "index sink: SinkOptions::id is not set; without a deterministic id a "
                          "restart would write documents twice"));
    if (!exactly_once()) return;
    if (!OnceTarget<Target>)
      throw Failure(Error(Errc::invalid_input,
                          "index sink: SinkOptions::guarantee is exactly_once, and this target "
                          "can't do a transaction once; take at_least_once: with ids its documents "
                          "are there once, too"));
    if (options_.spool.empty())
      throw Failure(Error(Errc::invalid_input,
                          "index sink: SinkOptions::guarantee is exactly_once, and "
                          "SinkOptions::spool names no directory"));
  }

  Task<> write(const Batch<T>& batch, Context& cx) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      add(batch[i], batch.time(i), cx);
      if (exactly_once())
        co_await spill(cx, spool_size);
      else if (pending_.size() >= options_.batch_documents || bytes_ >= options_.batch_size.bytes)
        co_await send(cx);
    }
  }
  /// Under exactly_once nothing: what was written waits for its checkpoint.
  Task<> flush(Context& cx) {
    if (exactly_once()) co_return;
    co_await send(cx);
    co_await target_.flush(cx);
  }
  Task<> tick(Context& cx) {
    if (!pending_.empty() && cx.env().clock.monotonic() >= due_) co_await send(cx);
  }

  bool two_phase() const { return exactly_once(); }
  Task<Committable> prepare(CheckpointId id, Context& cx) {
    co_await spill(cx, 0);
    DocumentSpool& spool = opened(cx);
    co_return co_await cx.blocking(
        [&]() -> Committable { return {spool.prepare(id).value().encode()}; });
  }
  Task<> commit(const Committable& committable, Context& cx) {
    const PreparedDocuments prepared = PreparedDocuments::decode(committable.bytes).value();
    if constexpr (OnceTarget<Target>)
      if (prepared.spool.size != 0) co_await apply(prepared, cx);
  }
  Task<> abort(Context& cx) {
    DocumentSpool& spool = opened(cx);
    co_await cx.blocking([&] {
      spool.open(cx.env()).value();
      spool.abort().value();
    });
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
    if (options_.id) next.id = options_.id(value);
    if (options_.id && next.id.empty())
      return reject("the id is empty", std::move(next.document), cx);
    next.index = options_.index_of ? options_.index_of(value, time) : options_.index;
    if (options_.version) next.version = options_.version(value);
    if (exactly_once()) return opened(cx).add(action_of(next));
    if (pending_.empty()) due_ = cx.env().clock.monotonic() + options_.linger;
    bytes_ += next.document.size();
    pending_.push_back(std::move(next));
  }

  VersionType version_type() const {
    return options_.version ? VersionType::external : VersionType::internal;
  }
  Action action_of(const Pending& document) const {
    return {.index = document.index,
            .id = document.id,
            .document = document.document,
            .version = document.version,
            .version_type = version_type()};
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
    for (const Pending& each : pending_) actions.push_back(action_of(each));
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

  // Exactly-once.
  static constexpr std::size_t spool_size = std::size_t{1} << 20;  // in memory, at most
  bool exactly_once() const { return options_.guarantee == Guarantee::exactly_once; }
  DocumentSpool& opened(Context& cx) {
    if (!spool_) spool_.emplace(options_.spool, std::string(cx.step()));
    return *spool_;
  }
  Task<> spill(Context& cx, std::size_t limit) {
    DocumentSpool& spool = opened(cx);
    if (spool.pending() <= limit) co_return;
    co_await cx.blocking([&] {
      spool.open(cx.env()).value();
      spool.write().value();
    });
  }
  Task<> apply(const PreparedDocuments& prepared, Context& cx)
  requires OnceTarget<Target>
  {
    DocumentSpool& spool = opened(cx);
    co_await cx.blocking([&] { spool.open(cx.env()).value(); });
    const TransactionId id{std::string(cx.step()), prepared.checkpoint, prepared.spool.name};
    const OnceOptions once{
        .if_refused = fails_when_refused() ? IfRefused::roll_back : IfRefused::keep_others,
        .definition = options_.definition};
    SpooledActions actions(spool, prepared.spool);
    const NextAction next = [&](Action& action) { return actions.next(action); };
    const OnceResult result = co_await target_.bulk_once(id, next, once, cx);
    if (!result.came_again) {
      counts_->written += result.written;
      counts_->duplicates += result.duplicates;
    }
    std::vector<std::string> documents;
    const auto rejected = [&] { return spool.documents(prepared, result.refused); };
    if (!result.refused.empty()) documents = co_await cx.blocking(rejected);
    for (std::size_t i = 0; i < documents.size(); ++i)
      reject(result.refused[i].reason, std::move(documents[i]), cx);
    co_await cx.blocking([&] { spool.remove(prepared).value(); });
  }
  bool fails_when_refused() const {
    return options_.on_error == OnError::fail ||
           (options_.on_error == OnError::dead_letter && !options_.dead_letters);
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
  std::optional<DocumentSpool> spool_;
};

/// Documents into the embedded index.
template <class T>
using Sink = DocumentSink<T, EmbeddedTarget>;

}  // namespace millrace::index
