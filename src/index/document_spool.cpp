// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/document_spool.hpp"

namespace millrace::index {
namespace {

constexpr std::string_view format = "documents 1";

}  // namespace

std::string PreparedDocuments::encode() const {
  std::string bytes;
  if (spool.size == 0) return bytes;
  file::Packer packer(bytes);
  spool.pack(packer.text(format).number(checkpoint));
  return bytes;
}

Result<PreparedDocuments> PreparedDocuments::decode(std::string_view bytes) {
  PreparedDocuments prepared;
  if (bytes.empty()) return prepared;
  file::Unpacker from(bytes);
  const bool known = from.text() == format;
  prepared.checkpoint = from.number();
  prepared.spool = file::SpoolMark::unpack(from);
  if (!known || !from.done())
    return Error(Errc::invalid_input,
                 "index sink: the committable is not one of this sink's; was the step's sink "
                 "changed since the checkpoint?");
  return prepared;
}

void DocumentSpool::add(const Action& action) {
  std::string head;
  file::Packer packer(head);
  packer.text(action.index).text(action.id);
  packer.number(static_cast<std::uint64_t>(action.version_type));
  packer.number(action.version ? 1 : 0).number(action.version.value_or(0));
  spool_.append({head, action.document});
}

Result<PreparedDocuments> DocumentSpool::prepare(CheckpointId id) {
  Result<void> done = spool_.sync(directory_);
  if (done) done = directory_.sync();
  if (done) done = spool_.close();
  if (!done) return done.take_error();
  PreparedDocuments prepared{id, spool_.mark()};
  spool_ = {};
  return prepared;
}

std::vector<std::string> DocumentSpool::documents(const PreparedDocuments& prepared,
                                                  const std::vector<Refusal>& refused) const {
  std::vector<std::string> found;
  SpooledActions actions(*this, prepared.spool);
  Action action;
  for (std::uint64_t number = 0; found.size() < refused.size(); ++number) {
    Result<bool> more = actions.next(action);
    if (!more && more.error().code() == Errc::not_found) break;
    if (!more.value()) break;
    if (refused[found.size()].action == number) found.emplace_back(action.document);
  }
  return found;
}

Result<void> DocumentSpool::abort() {
  spool_ = {};
  return directory_.keep_only({});
}

Result<bool> SpooledActions::next(Action& action) {
  if (!reader_) {
    auto opened = file::SpoolReader::open(directory_, mark_);
    if (!opened) return opened.take_error();
    reader_.emplace(std::move(*opened));
  }
  std::string_view record;
  Result<bool> more = reader_->next(record);
  if (!more || !*more) return more;
  file::Unpacker from(record);
  action = {};
  action.index = from.text();
  action.id = from.text();
  action.version_type = static_cast<VersionType>(from.number());
  const bool versioned = from.number() != 0;
  const std::uint64_t version = from.number();
  if (versioned) action.version = version;
  if (!from.good() || action.version_type > VersionType::external_gte)
    return Error(Errc::corrupted, "spool " + directory_.path_of(mark_) +
                                      ": a record is no document: restore the file from a copy, or "
                                      "its records are lost");
  action.document = from.rest();
  return true;
}

}  // namespace millrace::index
