// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "millrace/core/error.hpp"
#include "millrace/firehose/deaggregate.hpp"
#include "millrace/formats/json_cursor.hpp"

namespace millrace::firehose {

SubRecordSplitter::SubRecordSplitter(SubRecordOptions options) : options_(std::move(options)) {
  if (options_.type == SubRecordType::delimited && options_.delimiter.empty())
    throw Failure({Errc::invalid_input,
                   "sub-records: the delimiter is empty; write what stands between the records"});
}

Result<std::span<const std::string_view>> SubRecordSplitter::split(std::string_view record) {
  parts_.clear();
  if (options_.type == SubRecordType::json) {
    if (auto good = split_json(record); !good) return good.take_error();
  } else if (options_.type == SubRecordType::delimited) {
    split_delimited(record);
  } else {
    parts_.push_back(record);
  }
  if (parts_.size() > options_.records_max) parts_.assign(1, record);
  return std::span<const std::string_view>(parts_);
}

Result<void> SubRecordSplitter::split_json(std::string_view record) {
  constexpr std::uint32_t max_depth = 128;
  json::Cursor in(record, max_depth);
  const char* const end = record.data() + record.size();
  for (in.skip_space(); in.position() != end; in.skip_space()) {
    const char* const start = in.position();
    if (!in.skip_value()) {
      const Error error = in.error();
      return Error(error.code(), "sub-records: " + error.message());
    }
    parts_.emplace_back(start, static_cast<std::size_t>(in.position() - start));
  }
  return {};
}

// The rest past the last record that counts is not looked at: the record stays whole then.
void SubRecordSplitter::split_delimited(std::string_view record) {
  while (!record.empty() && parts_.size() <= options_.records_max) {
    const std::size_t end = std::min(record.find(options_.delimiter), record.size());
    parts_.push_back(record.substr(0, end));
    record.remove_prefix(std::min(end + options_.delimiter.size(), record.size()));
  }
}

}  // namespace millrace::firehose
