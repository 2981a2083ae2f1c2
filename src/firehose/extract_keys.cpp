// SPDX-License-Identifier: BSL-1.0
#include <optional>

#include "millrace/core/text_writer.hpp"
#include "millrace/firehose/partition_keys.hpp"
#include "millrace/formats/json_cursor.hpp"

namespace millrace::firehose {
namespace {

constexpr std::uint32_t max_depth = 128;

std::string shown_path(const auto& path) {
  std::string out;
  for (const auto& step : path)
    out += step.is_index ? "[" + std::to_string(step.index) + "]" : "." + step.name;
  return out;
}

/// Where strings with escapes in them are written.
struct Unescaper {
  ArenaPool pool;
  TextWriter text{pool};
};

}  // namespace

/// Looks for one key's value in a JSON text. Cost: no allocation but for names and values with
/// escapes in them.
class KeyQuery::Finder {
 public:
  explicit Finder(std::string_view record) : in_(record, max_depth) {}

  /// The value's text; empty when it is not there, null, or no scalar. Of a name that comes twice
  /// the last one counts, as in jq. Lifetime: the record's and this.
  Result<std::string_view> find(const Key& key) {
    in_.skip_space();
    if (!descend(key, 0) || !in_.finish()) return in_.error();
    return value_;
  }

 private:
  std::string_view text_of(const json::Cursor::String& string) {
    if (!string.escaped) return string.raw;
    if (!unescaper_) unescaper_.emplace();
    return in_.unescape(string.raw, unescaper_->text);
  }

  bool descend(const Key& key, std::size_t level) {
    value_ = {};
    if (level == key.path.size()) return read_scalar();
    const PathStep& step = key.path[level];
    if (!in_.next_is(step.is_index ? '[' : '{')) return in_.skip_value();
    return step.is_index ? in_array(key, level, step.index) : in_object(key, level, step.name);
  }

  bool in_object(const Key& key, std::size_t level, const std::string& name) {
    if (!in_.open('{', "an object")) return false;
    bool closed = in_.take_empty('}');
    while (!closed) {
      json::Cursor::String string;
      if (!in_.key(string)) return false;
      const bool same = text_of(string) == name;
      forget();
      if (!(same ? descend(key, level + 1) : in_.skip_value())) return false;
      if (!in_.more('}', closed) && !closed) return false;
    }
    return true;
  }

  bool in_array(const Key& key, std::size_t level, std::size_t index) {
    if (!in_.open('[', "an array")) return false;
    bool closed = in_.take_empty(']');
    for (std::size_t i = 0; !closed; ++i) {
      if (!(i == index ? descend(key, level + 1) : in_.skip_value())) return false;
      if (!in_.more(']', closed) && !closed) return false;
    }
    return true;
  }

  bool read_scalar() {
    if (in_.next_is('"')) {
      json::Cursor::String string;
      if (!in_.string(string, "a string")) return false;
      value_ = text_of(string);
      if (string.escaped) value_ = owned_.assign(value_);
      forget();
      return true;
    }
    const bool scalar = !in_.next_is('{') && !in_.next_is('[') && !in_.next_is('n');
    const char* const start = in_.position();
    if (!in_.skip_value()) return false;
    if (scalar) value_ = {start, static_cast<std::size_t>(in_.position() - start)};
    return true;
  }

  void forget() {
    if (unescaper_) unescaper_->text.discard();
  }

  json::Cursor in_;
  std::optional<Unescaper> unescaper_;
  std::string owned_;
  std::string_view value_;
};

Result<void> KeyQuery::extract(std::string_view record, PartitionKeys& out) const {
  for (const Key& key : keys_) {
    Finder finder(record);
    const auto value = finder.find(key);
    if (!value)
      return Error(Errc::invalid_input,
                   "partition key " + key.name + ": " + value.error().message());
    if (value->empty())
      return Error(Errc::invalid_input, "partition key " + key.name + ": the record has no text, " +
                                            "number or truth value at " + shown_path(key.path));
    out.set(KeyOrigin::query, key.name, *value);
  }
  return {};
}

}  // namespace millrace::firehose
