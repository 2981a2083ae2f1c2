// SPDX-License-Identifier: BSL-1.0
// Transactions that are done once: what a sink's checkpoint has decided.
#include "index/store_state.hpp"
#include "millrace/file/packed.hpp"

namespace millrace::index {
namespace {

// A restored checkpoint may list those that failed to be decided before it, too: a few.
constexpr std::uint64_t checkpoints_kept = 1000;

constexpr const char* ledger =
    "CREATE TABLE IF NOT EXISTS commits(writer TEXT,checkpoint INTEGER,spool TEXT,"
    "written INTEGER NOT NULL,duplicates INTEGER NOT NULL,refused BLOB NOT NULL,"
    "PRIMARY KEY(writer,checkpoint,spool)) WITHOUT ROWID";

std::string encode(const std::vector<Refusal>& refused) {
  std::string bytes;
  file::Packer packer(bytes);
  packer.number(refused.size());
  for (const Refusal& each : refused) packer.number(each.action).text(each.reason);
  return bytes;
}

std::vector<Refusal> decode(std::string_view bytes) {
  file::Unpacker from(bytes);
  std::vector<Refusal> refused(from.count());
  for (Refusal& each : refused) {
    each.action = from.number();
    each.reason = from.text();
  }
  return refused;
}

std::string reason_of(const Item& item) {
  return "document " + item.id + " of " + item.index + ": " + std::to_string(item.status) +
         (item.error ? ' ' + to_string(*item.error) : "");
}

}  // namespace

OnceResult Store::State::apply_all(const NextAction& next, const OnceOptions& once) {
  OnceResult result;
  Action action;
  for (std::uint64_t number = 0;; ++number) {
    const bool more = next(action).value();
    if (!more) break;
    if (!once.definition.empty() && !aliases.contains(action.index) &&
        check_index_name(action.index))
      create_if_absent(action.index, once.definition);
    const Item item = apply(action);
    const Outcome outcome = classify(item, action.version_type);
    if (outcome == Outcome::done)
      ++result.written;
    else if (outcome == Outcome::duplicate || outcome == Outcome::stale)
      ++result.duplicates;
    else if (once.if_refused == IfRefused::roll_back)
      throw Failure(Error(Errc::invalid_input, reason_of(item)));
    else
      result.refused.push_back({number, reason_of(item)});
  }
  for (const auto& [name, table] : tables) table->store_seq_no();
  return result;
}

OnceResult Store::State::bulk_once(const TransactionId& id, const NextAction& next,
                                   const OnceOptions& once) {
  load_if_needed();
  const auto checkpoint = static_cast<std::int64_t>(id.checkpoint);
  OnceResult result = change([&] {
    db->run(ledger);
    auto known = db->prepare(
        "SELECT written,duplicates,refused FROM commits WHERE writer=? AND checkpoint=? AND "
        "spool=?");
    known->bind(1, id.writer).bind(2, checkpoint).bind(3, id.spool);
    if (known->step())
      return OnceResult{.came_again = true,
                        .written = static_cast<std::uint64_t>(known->integer(0)),
                        .duplicates = static_cast<std::uint64_t>(known->integer(1)),
                        .refused = decode(known->text(2))};
    OnceResult fresh = apply_all(next, once);
    const std::string refused = encode(fresh.refused);
    auto add = db->prepare("INSERT INTO commits VALUES(?,?,?,?,?,?)");
    add->bind(1, id.writer).bind(2, checkpoint).bind(3, id.spool);
    add->bind(4, static_cast<std::int64_t>(fresh.written));
    add->bind(5, static_cast<std::int64_t>(fresh.duplicates));
    add->bind(6, Value{.kind = Value::Kind::array, .text = refused}).run();
    auto forget = db->prepare("DELETE FROM commits WHERE writer=? AND checkpoint<?");
    forget->bind(1, id.writer);
    forget->bind(2, checkpoint - static_cast<std::int64_t>(checkpoints_kept)).run();
    return fresh;
  });
  if (options.durability != Durability::fsync) db->checkpoint();
  return result;
}

}  // namespace millrace::index
