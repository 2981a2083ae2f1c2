// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "client.hpp"
#include "fields.hpp"
#include "millrace/firehose/delivery_destination.hpp"
#include "millrace/index/definition.hpp"
#include "millrace/index/embedded_target.hpp"

namespace bank {

/// One index as a delivery's destination. A document's id is made of its bytes: what is delivered
/// again, after a restart or by a second producer, replaces itself.
class IndexDestination {
 public:
  IndexDestination(millrace::index::EmbeddedTarget target, std::string name)
      : target_(std::move(target)), name_(std::move(name)) {}

  millrace::Task<millrace::Result<std::vector<millrace::firehose::RefusedRecord>>> deliver(
      const millrace::firehose::RecordBatch& batch, millrace::Context& cx) {
    namespace index = millrace::index;
    const std::string definition = index::definition_of<Client>();
    co_await target_.create_if_absent(name_, definition, cx);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < batch.size(); ++i) ids.push_back(content_id(batch.record(i)));
    std::vector<index::Action> actions;
    for (std::size_t i = 0; i < batch.size(); ++i)
      actions.push_back({.index = name_, .id = ids[i], .document = batch.record(i)});
    const index::BulkResult done = co_await target_.bulk(actions, cx);
    std::vector<millrace::firehose::RefusedRecord> refused;
    for (std::uint32_t i = 0; i < done.items.size(); ++i) {
      const index::Item& item = done.items[i];
      const auto outcome = index::classify(item, index::VersionType::internal);
      if (outcome != index::Outcome::retry && outcome != index::Outcome::fail) continue;
      refused.push_back({.index = i,
                         .again = outcome == index::Outcome::retry ? millrace::firehose::Again::yes
                                                                   : millrace::firehose::Again::no,
                         .code = std::to_string(item.status),
                         .message = item.error ? item.error->reason : "",
                         .id = item.id,
                         .index_name = item.index});
    }
    co_return refused;
  }

 private:
  millrace::index::EmbeddedTarget target_;
  std::string name_;
};

}  // namespace bank
