// SPDX-License-Identifier: BSL-1.0
#include "catalog/json.hpp"

#include "millrace/core/arena.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/core/value_json.hpp"
#include "millrace/formats/json_cursor.hpp"

namespace millrace::catalog {
namespace {

constexpr std::uint32_t depth_max = 64;

class Parser {
 public:
  explicit Parser(std::string_view text) : in_(text, depth_max) {}

  Result<Json> run() {
    Json value;
    in_.skip_space();
    if (!read(value) || !in_.finish()) return in_.error();
    return value;
  }

 private:
  bool read(Json& value) {
    if (in_.next_is('{')) return read_members(value, Json::object(), '{', '}');
    if (in_.next_is('[')) return read_members(value, Json::array(), '[', ']');
    if (in_.next_is('"')) {
      json::Cursor::String string;
      if (!in_.string(string, "a string")) return false;
      value = Json(plain(string));
      return true;
    }
    if (in_.take_word("null")) return true;
    if (in_.take_word("true")) return value = Json::boolean(true), true;
    if (in_.take_word("false")) return value = Json::boolean(false), true;
    std::string_view digits;
    bool integral = false;
    if (!in_.number(digits, integral, "a value")) return false;
    value = Json::number(std::string(digits));
    return true;
  }

  bool read_members(Json& value, Json empty, char open, char close) {
    value = std::move(empty);
    if (!in_.open(open, open == '{' ? "an object" : "an array")) return false;
    bool closed = in_.take_empty(close);
    while (!closed) {
      std::string name;
      json::Cursor::String key;
      if (open == '{') {
        if (!in_.key(key)) return false;
        name = plain(key);
      }
      Json member;
      if (!read(member)) return false;
      value.add(std::move(name), std::move(member));
      if (!in_.more(close, closed) && !closed) return false;
    }
    return true;
  }

  std::string plain(const json::Cursor::String& string) {
    if (!string.escaped) return std::string(string.raw);
    std::string text(in_.unescape(string.raw, text_));
    text_.discard();
    return text;
  }

  json::Cursor in_;
  ArenaPool arenas_;
  TextWriter text_{arenas_};
};

}  // namespace

Result<Json> Json::parse(std::string_view text) { return Parser(text).run(); }

const Json* Json::find(std::string_view name) const {
  for (const auto& [each, value] : members_)
    if (each == name) return &value;
  return nullptr;
}

std::string Json::compact() const {
  std::string out;
  write(out, -1);
  return out;
}

std::string Json::pretty() const {
  std::string out;
  write(out, 0);
  return out + "\n";
}

// `indent` is this value's, or below 0 for all on one line.
void Json::write(std::string& out, int indent) const {
  if (kind_ == Kind::string) {
    out += ValueJson::of(std::string_view(text_));
    return;
  }
  if (kind_ != Kind::object && kind_ != Kind::array) {
    out += kind_ == Kind::null ? "null" : text_;
    return;
  }
  const bool named = kind_ == Kind::object;
  const bool short_one =
      members_.empty() || (members_.size() == 1 && members_.front().second.is_plain());
  const bool on_one_line = indent < 0 || short_one;
  out += named ? '{' : '[';
  const std::size_t start = out.size();
  for (const auto& [name, value] : members_) {
    if (out.size() != start) out += ',';
    if (!on_one_line) out += "\n" + std::string(static_cast<std::size_t>(indent) + 2, ' ');
    if (named) {
      out += ValueJson::of(std::string_view(name)) + ":";
      if (indent >= 0) out += ' ';
    }
    value.write(out, on_one_line ? -1 : indent + 2);
  }
  if (!on_one_line) out += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
  out += named ? '}' : ']';
}

}  // namespace millrace::catalog
