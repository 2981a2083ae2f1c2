// SPDX-License-Identifier: BSL-1.0
#include "index/json_tree.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "millrace/formats/json_cursor.hpp"
#include "millrace/formats/number.hpp"
#include "millrace/formats/utf8.hpp"

namespace millrace::index {
namespace {

constexpr std::uint32_t depth_max = 100;

class Builder {
 public:
  explicit Builder(std::string_view text) : cursor_(text, depth_max), writer_(pool_) {}

  Result<Json> build() {
    Json root;
    cursor_.skip_space();
    if (value(root) && cursor_.finish()) return root;
    return cursor_.error();
  }

 private:
  std::string says(const json::Cursor::String& s) {
    if (!s.escaped) return std::string(s.raw);
    std::string text(cursor_.unescape(s.raw, writer_));
    writer_.discard();
    return text;
  }
  bool object(Json& out) {
    out.kind = Json::Kind::object;
    if (!cursor_.open('{', "an object")) return false;
    bool closed = cursor_.take_empty('}');
    while (!closed) {
      json::Cursor::String name;
      if (!cursor_.key(name)) return false;
      out.members.push_back({says(name), Json()});
      if (!value(out.members.back().value)) return false;
      if (!cursor_.more('}', closed) && !closed) return false;
    }
    return true;
  }
  bool array(Json& out) {
    out.kind = Json::Kind::array;
    if (!cursor_.open('[', "an array")) return false;
    bool closed = cursor_.take_empty(']');
    while (!closed) {
      out.items.emplace_back();
      if (!value(out.items.back())) return false;
      if (!cursor_.more(']', closed) && !closed) return false;
    }
    return true;
  }
  bool value(Json& out) {
    if (cursor_.next_is('{')) return object(out);
    if (cursor_.next_is('[')) return array(out);
    if (cursor_.next_is('"')) {
      json::Cursor::String s;
      if (!cursor_.string(s, "a string")) return false;
      out.kind = Json::Kind::string;
      out.text = says(s);
      return true;
    }
    if (cursor_.take_word("null")) return true;
    for (const bool truth : {true, false})
      if (cursor_.take_word(truth ? "true" : "false")) {
        out.kind = Json::Kind::boolean;
        out.truth = truth;
        return true;
      }
    std::string_view digits;
    bool integral = false;
    if (!cursor_.number(digits, integral, "a value")) return false;
    out.kind = Json::Kind::number;
    out.text = digits;
    return true;
  }

  json::Cursor cursor_;
  ArenaPool pool_;
  TextWriter writer_;
};

}  // namespace

Result<Json> Json::parse(std::string_view text) { return Builder(text).build(); }

Json Json::string(std::string_view s) {
  Json out;
  out.kind = Kind::string;
  out.text = s;
  return out;
}

Json Json::object() {
  Json out;
  out.kind = Kind::object;
  return out;
}

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  return nullptr;
}
Json* Json::find(std::string_view name) {
  return const_cast<Json*>(std::as_const(*this).find(name));
}

std::optional<double> Json::number() const {
  double value = 0;
  if ((kind == Kind::number || kind == Kind::string) &&
      detail::read_float(std::string_view(text), value) == detail::Number::good)
    return value;
  return {};
}

std::optional<std::int64_t> Json::integer() const {
  std::int64_t value = 0;
  if ((kind == Kind::number || kind == Kind::string) &&
      detail::read_integer(std::string_view(text), value) == detail::Number::good)
    return value;
  const std::optional<double> real = number();
  if (!real || *real != std::floor(*real) || std::abs(*real) > 9e15) return {};
  return static_cast<std::int64_t>(*real);
}

std::string Json::scalar() const {
  if (kind == Kind::boolean) return truth ? "true" : "false";
  return kind == Kind::null ? "null" : text;
}

bool Json::same(const Json& other) const {
  if (kind != other.kind || truth != other.truth || text != other.text ||
      items.size() != other.items.size() || members.size() != other.members.size())
    return false;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!items[i].same(other.items[i])) return false;
  return std::all_of(members.begin(), members.end(), [&](const auto& member) {
    const Json* const theirs = other.find(member.name);
    return theirs && member.value.same(*theirs);
  });
}

void Json::write(std::string& out) const {
  JsonWriter writer(out);
  switch (kind) {
    case Kind::string:
      write_json_string(out, text);
      return;
    case Kind::array:
      writer.open('[');
      for (const Json& item : items) {
        writer.raw("");
        item.write(out);
      }
      writer.close(']');
      return;
    case Kind::object:
      writer.open('{');
      for (const auto& [name, value] : members) {
        writer.key(name).raw("");
        value.write(out);
      }
      writer.close('}');
      return;
    default:
      out += scalar();
  }
}

std::string Json::to_string() const {
  std::string out;
  write(out);
  return out;
}

void write_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view plain = "\b\f\n\r\t";
  const char* p = text.data();
  const char* const end = p + text.size();
  out += '"';
  while (p != end) {
    const std::size_t length = utf8_length(p, end);
    const auto c = static_cast<unsigned char>(*p);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (c < 0x20) {
      const std::size_t named = plain.find(*p);
      out += '\\';
      if (named != std::string_view::npos)
        out += "bfnrt"[named];
      else
        (out += "u00") += {hex[c >> 4], hex[c & 15]};
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out.append(p, length);
    }
    p += std::max<std::size_t>(1, length);
  }
  out += '"';
}

void write_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char digits[32];
  const std::string_view text(
      digits, static_cast<std::size_t>(std::to_chars(digits, digits + 32, value).ptr - digits));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void JsonWriter::separate() {
  if (!std::exchange(first_, false)) out_ += ',';
}
JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}
JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}
JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  write_json_string(out_, name);
  out_ += ':';
  first_ = true;
  return *this;
}
JsonWriter& JsonWriter::string(std::string_view value) {
  separate();
  write_json_string(out_, value);
  return *this;
}
JsonWriter& JsonWriter::integer(std::int64_t value) { return raw(std::to_string(value)); }
JsonWriter& JsonWriter::real(double value) {
  separate();
  write_json_double(out_, value);
  return *this;
}
JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

}  // namespace millrace::index
