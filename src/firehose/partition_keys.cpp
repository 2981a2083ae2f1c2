// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/partition_keys.hpp"

#include <algorithm>

#include "millrace/store/key_path.hpp"

namespace millrace::firehose {

using store::quoted;

void PartitionKeys::set(KeyOrigin origin, std::string_view name, std::string_view value) {
  for (std::size_t i = 0; i < used_; ++i)
    if (entries_[i].origin == origin && entries_[i].name == name) {
      entries_[i].value = value;
      return;
    }
  if (used_ == entries_.size()) entries_.emplace_back();
  Entry& entry = entries_[used_++];
  entry.origin = origin;
  entry.name = name;
  entry.value = value;
}

const std::string* PartitionKeys::find(KeyOrigin origin, std::string_view name) const {
  for (std::size_t i = 0; i < used_; ++i)
    if (entries_[i].origin == origin && entries_[i].name == name) return &entries_[i].value;
  return nullptr;
}

/// Reads `{name: .path, ...}`.
class KeyQuery::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<KeyQuery> parse() {
    if (!take('{')) return expected("'{'");
    KeyQuery query;
    do {
      Key key;
      if (auto good = read_key(key); !good) return good.take_error();
      const auto same = [&](const Key& other) { return other.name == key.name; };
      if (std::any_of(query.keys_.begin(), query.keys_.end(), same))
        return fault("the key " + quoted(key.name) + " comes twice");
      if (query.keys_.size() == keys_max)
        return Error(Errc::limit_exceeded, "partition keys: a query has at most 50 keys");
      query.keys_.push_back(std::move(key));
    } while (take(','));
    if (!take('}')) return unsupported_or("',' or '}'");
    skip_space();
    if (at_ != text_.size()) return expected("the end");
    return query;
  }

 private:
  static bool is_name(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
  }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Error fault(const std::string& why, Errc code = Errc::invalid_input) const {
    return {code, "partition keys, column " + std::to_string(at_ + 1) + ": " + why};
  }
  Error expected(std::string_view what) {
    skip_space();
    const std::string seen = at_ == text_.size() ? "the end" : quoted(text_.substr(at_, 1));
    return fault("expected " + std::string(what) + ", saw " + seen +
                 "; write {name: .field, other: .object.field}");
  }
  // The rest of jq is a language that may well be meant here.
  Error unsupported_or(std::string_view what) {
    skip_space();
    if (at_ < text_.size() && std::string_view("|?/*+-(").find(text_[at_]) != text_.npos)
      return fault(quoted(text_.substr(at_, 1)) +
                       ": of jq only paths such as .a.b, .\"a b\" and .a[0] are supported; compute "
                       "the key in the transform",
                   Errc::unsupported);
    return expected(what);
  }

  /// A bare name or one in quotes; jq's escapes are JSON's, of which \" and \\ are enough here.
  bool read_name(std::string& out) {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
        if (text_[at_] == '\\' && at_ + 1 < text_.size() &&
            (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\'))
          ++at_;
        else if (text_[at_] == '\\')
          return false;
        out += text_[at_];
      }
      return at_ < text_.size() && (++at_, true);
    }
    while (at_ < text_.size() && is_name(text_[at_], out.empty())) out += text_[at_++];
    return !out.empty();
  }

  Result<void> read_key(Key& key) {
    if (!read_name(key.name)) return expected("a key's name");
    if (key.name.empty()) return fault("a key's name is empty");
    if (!take(':')) return expected("':' after the name");
    if (!take('.')) return unsupported_or("a path, which begins with a dot,");
    if (auto good = read_field(key, true); !good) return good;
    for (;;) {
      if (at_ < text_.size() && text_[at_] == '.') {
        ++at_;
        if (auto good = read_field(key, false); !good) return good;
      } else if (at_ < text_.size() && text_[at_] == '[') {
        if (auto good = read_bracket(key); !good) return good;
      } else {
        return {};
      }
    }
  }

  // What follows a dot.
  Result<void> read_field(Key& key, bool bracket_may_follow) {
    if (bracket_may_follow && at_ < text_.size() && text_[at_] == '[') return read_bracket(key);
    PathStep step;
    if (!read_name(step.name)) return unsupported_or("a field's name");
    key.path.push_back(std::move(step));
    return {};
  }

  Result<void> read_bracket(Key& key) {
    ++at_;
    skip_space();
    PathStep step;
    if (at_ < text_.size() && text_[at_] == '"') {
      if (!read_name(step.name)) return expected("the end of the name");
    } else {
      constexpr std::size_t index_max = 1'000'000;
      step.is_index = true;
      const std::size_t start = at_;
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
        step.index = step.index * 10 + static_cast<std::size_t>(text_[at_] - '0');
        if (step.index > index_max) return fault("an index is at most 1000000");
      }
      if (at_ == start) return unsupported_or("an index or a name in quotes");
    }
    if (!take(']')) return unsupported_or("']'");
    key.path.push_back(std::move(step));
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<KeyQuery> KeyQuery::parse(std::string_view text) { return Parser(text).parse(); }

std::vector<std::string> KeyQuery::names() const {
  std::vector<std::string> out;
  out.reserve(keys_.size());
  for (const Key& key : keys_) out.push_back(key.name);
  return out;
}

}  // namespace millrace::firehose
