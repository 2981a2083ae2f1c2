// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/transform.hpp"

#include <algorithm>

namespace millrace::firehose {
namespace {

bool same_word(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
  });
}

}  // namespace

std::optional<TransformResult> parse_transform_result(std::string_view word) {
  if (same_word(word, "ok")) return TransformResult::ok;
  if (same_word(word, "dropped")) return TransformResult::dropped;
  if (same_word(word, "processingfailed")) return TransformResult::processing_failed;
  return {};
}

TransformOutput::Run TransformOutput::keep(std::string_view text) {
  const Run run{bytes_.size(), text.size()};
  bytes_ += text;
  return run;
}

void TransformOutput::add(std::string_view id, std::string_view result, std::string_view data) {
  entries_.push_back({keep(id), keep(result), keep(data), keys_.size(), 0});
}

void TransformOutput::key(std::string_view name, std::string_view value) {
  if (entries_.empty())
    throw Failure(Error(Errc::invalid_input, "partition key \"" + std::string(name) +
                                                 "\" is set before the first record was added"));
  keys_.emplace_back(keep(name), keep(value));
  ++entries_.back().keys;
}

TransformOutput::Entry TransformOutput::entry(std::size_t i) const {
  const Item& item = entries_[i];
  return {view(item.id), view(item.result), view(item.data), item.first_key, item.keys};
}

TransformOutput::Key TransformOutput::partition_key(std::size_t i) const {
  return {view(keys_[i].first), view(keys_[i].second)};
}

void TransformOutput::clear() {
  bytes_.clear();
  entries_.clear();
  keys_.clear();
}

}  // namespace millrace::firehose
