// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/schema.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::detail {
namespace {

using Kind = SchemaNode::Kind;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

void append_name(std::string& out, std::string_view name) {
  if (!name.empty() && std::ranges::all_of(name, is_word)) {
    out += name;
    return;
  }
  out += '"';
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_text(std::string& out, const SchemaNode& node) {
  switch (node.kind) {
    case Kind::scalar:
    case Kind::string:
    case Kind::outer:
      out += node.name;
      return;
    case Kind::custom:
      out += "custom<";
      append_name(out, node.name);
      out += '>';
      return;
    case Kind::optional:
    case Kind::vector:
      out.append(node.name).append("<");
      append_text(out, node.members[0].node);
      out += '>';
      return;
    case Kind::tuple:
    case Kind::record:
      append_name(out, node.name);
      for (const SchemaMember& member : node.members) {
        out += &member == node.members.data() ? '{' : ',';
        if (node.kind == Kind::record) {
          append_name(out, member.name);
          out += ':';
        }
        append_text(out, member.node);
      }
      out += '}';
      return;
  }
}

struct Scalar {
  std::string_view name;
  std::uint64_t size;
};
constexpr Scalar scalars[] = {{"bool", 1}, {"char", 1}, {"i8", 1},  {"i16", 2},
                              {"i32", 4},  {"i64", 8},  {"u8", 1},  {"u16", 2},
                              {"u32", 4},  {"u64", 8},  {"f32", 4}, {"f64", 8}};

/// Reads what append_text() wrote.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<SchemaNode> whole() {
    if (text_.size() > most_bytes) return wrong("it is longer than any schema");
    SchemaNode node;
    if (auto done = type(node); !done) return done.take_error();
    if (at_ != text_.size()) return wrong("something follows its end");
    return node;
  }

 private:
  static constexpr std::size_t most_bytes = 1 << 20;
  static constexpr int most_levels = 256;

  Error wrong(const std::string& what) const {
    return Error(Errc::corrupted, "a state's schema, byte " + std::to_string(at_) + " of " +
                                      std::to_string(text_.size()) + ": " + what +
                                      "; start from an older snapshot");
  }
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool skip(char c) {
    const bool there = next_is(c);
    at_ += there;
    return there;
  }
  Result<void> expect(char c) {
    if (skip(c)) return {};
    return wrong(std::string("'") + c + "' is missing");
  }

  Result<void> name(std::string& to) {
    if (!skip('"')) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
      to = text_.substr(begin, at_ - begin);
      return to.empty() ? Result<void>(wrong("a name is missing")) : Result<void>();
    }
    while (!skip('"')) {
      skip('\\');
      if (at_ == text_.size()) return wrong("a name is not closed");
      to += text_[at_++];
    }
    return {};
  }
  Result<std::uint64_t> number() {
    std::uint64_t value = 0;
    const auto [end, failure] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (failure != std::errc{}) return wrong("a number is missing");
    at_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  Result<void> type(SchemaNode& node) {
    if (levels_ == most_levels) return wrong("it is deeper than any schema");
    ++levels_;
    const std::size_t begin = at_;
    Result<void> done;
    if (skip('^')) {
      node.kind = Kind::outer;
      auto up = number();
      if (!up) return up.take_error();
      node.size = *up;
      node.name = text_.substr(begin, at_ - begin);
    } else {
      done = name(node.name);
      if (done)
        done = next_is('{') ? product(node) : next_is('<') ? generic(node, begin) : word(node);
    }
    --levels_;
    return done;
  }
  Result<void> word(SchemaNode& node) const {
    if (node.name == "string") {
      node.kind = Kind::string;
      return {};
    }
    const auto* const known = std::ranges::find(scalars, node.name, &Scalar::name);
    if (known == std::end(scalars)) return wrong("no type has this name");
    node.size = known->size;
    return {};
  }
  Result<void> generic(SchemaNode& node, std::size_t begin) {
    ++at_;
    Result<void> done;
    if (node.name == "optional" || node.name == "vector") {
      node.kind = node.name == "vector" ? Kind::vector : Kind::optional;
      done = type(node.members.emplace_back().node);
    } else if (node.name == "custom") {
      node.kind = Kind::custom;
      node.name.clear();
      done = name(node.name);
    } else if (node.name == "bytes") {
      auto size = number();
      if (!size) return size.take_error();
      if (*size == 0) return wrong("nothing has no bytes");
      node.size = *size;
    } else if (node.name == "duration" || node.name == "time") {
      done = count(node.size);
    } else {
      return wrong("no type of this name has others in it");
    }
    if (done) done = expect('>');
    if (node.kind == Kind::scalar) node.name = text_.substr(begin, at_ - begin);
    return done;
  }
  /// "i64,1/1000000"
  Result<void> count(std::uint64_t& size) {
    SchemaNode inner;
    if (auto done = name(inner.name); !done) return done;
    if (auto done = word(inner); !done) return done;
    if (inner.kind != Kind::scalar) return wrong("a count is a number");
    size = inner.size;
    if (auto done = expect(','); !done) return done;
    if (auto n = number(); !n) return n.take_error();
    if (auto done = expect('/'); !done) return done;
    if (auto n = number(); !n) return n.take_error();
    return {};
  }
  Result<void> product(SchemaNode& node) {
    const bool named = names_follow();
    node.kind = named ? Kind::record : Kind::tuple;
    ++at_;
    do {
      SchemaMember& member = node.members.emplace_back();
      if (named) {
        if (auto done = name(member.name); !done) return done;
        if (auto done = expect(':'); !done) return done;
      }
      if (auto done = type(member.node); !done) return done;
    } while (skip(','));
    return expect('}');
  }
  /// A name and ':' come after the brace.
  bool names_follow() const {
    Parser ahead(*this);
    ++ahead.at_;
    std::string ignored;
    return ahead.name(ignored).has_value() && ahead.next_is(':');
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int levels_ = 0;
};

}  // namespace

std::string to_text(const SchemaNode& node) {
  std::string text;
  append_text(text, node);
  return text;
}

Result<SchemaNode> parse_schema(std::string_view text) { return Parser(text).whole(); }

}  // namespace millrace::detail
