// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/firehose/delivery_destination.hpp"
#include "millrace/firehose/index_rotation.hpp"
#include "millrace/index/embedded_target.hpp"

namespace millrace::firehose {

/// An id that is always the same for the same bytes: the first 128 bits of their SHA-256, in hex.
/// Errors: Failure (unsupported) when OpenSSL has SHA-256 switched off.
MILLRACE_EXPORT std::string content_id(std::string_view record);

/// How a delivery's records become documents.
struct IndexOptions {
  std::string index = {};
  IndexRotation rotation = IndexRotation::no_rotation;
  WeekRule weeks = WeekRule::us;
  /// Body of `PUT /{index}`, for an index that is not there; empty: the target's own way.
  std::string definition = {};
  /// A document's id from its bytes. It must be the same for the same record, so that a delivery
  /// which comes again, after a restart or by a second producer, replaces what it wrote before.
  /// With content_id two records that are equal byte for byte are one document. A record for which
  /// it throws, or gives nothing, is refused.
  std::function<std::string(std::string_view record)> id = content_id;
};

/// A document index as a delivery's destination: the embedded Store, or any DocumentTarget. Each
/// record must be a JSON object.
///
///     firehose::IndexDestination documents(store, {.index = "index1"});
///     rows.to("index1", firehose::Delivery{documents, {.backup = {.destination = backup}}});
///
/// A delivery that has ended survives power loss, whatever the Store's Durability. What the target
/// refuses becomes an error object's line, with the item's status as its code; 429 and 5xx are
/// sent again while the delivery's retry duration lasts.
/// Needs the component index, too.
/// Errors: Failure (invalid_input) from the constructor for a name that no index can have.
/// Threads: one strand. Cost: an id and a name a record; documents are not copied.
template <index::DocumentTarget Target>
class IndexDestination {
 public:
  IndexDestination(Target target, IndexOptions options)
      : target_(std::move(target)), options_(std::move(options)) {
    if (Result<void> good = check_index_name(options_.index); !good)
      throw Failure(good.take_error());
  }

  Task<Result<std::vector<RefusedRecord>>> deliver(const RecordBatch& batch, Context& cx) {
    std::vector<RefusedRecord> refused;
    Request request;
    for (std::uint32_t i = 0; i < batch.size(); ++i) add(batch, i, request, refused);
    if (!options_.definition.empty())
      for (const std::string& name : request.indices)
        co_await target_.create_if_absent(name, options_.definition, cx);
    const index::BulkResult done = co_await target_.bulk(request.actions, cx);
    if (done.items.size() != request.actions.size())
      co_return Error(Errc::io, std::to_string(request.actions.size()) +
                                    " documents were sent and the answer is about " +
                                    std::to_string(done.items.size()));
    co_await target_.flush(cx);
    for (std::size_t i = 0; i < done.items.size(); ++i)
      look_at(done.items[i], request.records[i], refused);
    co_return refused;
  }

 private:
  struct Request {
    std::vector<index::Action> actions;
    std::vector<std::uint32_t> records;  ///< where in the batch each action's is
    std::deque<std::string> ids;
    std::set<std::string> indices;
  };

  void add(const RecordBatch& batch, std::uint32_t i, Request& request,
           std::vector<RefusedRecord>& refused) {
    const std::string_view record = batch.record(i);
    std::string why = "the record's id is empty";
    try {
      request.ids.push_back(options_.id(record));
      if (!request.ids.back().empty()) why.clear();
    } catch (const std::exception& thrown) {
      why = "the record's id: " + std::string(thrown.what());
    }
    const std::string& name = *request.indices
                                   .insert(index_name(options_.index, options_.rotation,
                                                      batch.arrival(i), options_.weeks))
                                   .first;
    if (!why.empty())
      return refused.push_back({.index = i, .code = "400", .message = why, .index_name = name});
    request.actions.push_back({.index = name, .id = request.ids.back(), .document = record});
    request.records.push_back(i);
  }

  static void look_at(const index::Item& item, std::uint32_t record,
                      std::vector<RefusedRecord>& refused) {
    const index::Outcome outcome = index::classify(item, index::VersionType::internal);
    if (outcome != index::Outcome::retry && outcome != index::Outcome::fail) return;
    refused.push_back({.index = record,
                       .again = outcome == index::Outcome::retry ? Again::yes : Again::no,
                       .code = std::to_string(item.status),
                       .message = item.error ? to_string(*item.error) : "",
                       .id = item.id,
                       .index_name = item.index});
  }

  Target target_;
  IndexOptions options_;
};

IndexDestination(index::Store, IndexOptions) -> IndexDestination<index::EmbeddedTarget>;

}  // namespace millrace::firehose
