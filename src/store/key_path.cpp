// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/key_path.hpp"

#include "store/digest.hpp"

namespace millrace::store {
namespace {

constexpr std::size_t key_max = 1024;
constexpr std::size_t name_max = 199;  // and one byte for the mark
constexpr std::size_t head_max = 120;  // of a shortened name
constexpr std::size_t digest_size = 64;
constexpr std::string_view empty_name = "%_";
constexpr std::string_view shortened_mark = "%~";
constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._=+,@-").find(c) != std::string_view::npos;
}

std::string escape(std::string_view component) {
  if (component.empty()) return std::string(empty_name);
  std::string name;
  for (std::size_t i = 0; i < component.size(); ++i) {
    const char c = component[i];
    if (is_plain(c) && !(i == 0 && c == '.')) {
      name += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      name += '%';
      name += hex_digits[byte >> 4];
      name += hex_digits[byte & 15];
    }
  }
  return name;
}

std::string shorten(std::string_view escaped, std::string_view component) {
  std::size_t size = head_max;
  // Never through the middle of a %XX, so that the head is readable on its own.
  for (std::size_t back = 1; back <= 2; ++back)
    if (escaped[head_max - back] == '%') size = head_max - back;
  return std::string(escaped.substr(0, size))
      .append(shortened_mark)
      .append(to_hex(digest(DigestKind::sha256, component)));
}

NameKind looks_like(std::string_view name) {
  const bool dot = name.find('.') != std::string_view::npos;
  const bool equals = name.find('=') != std::string_view::npos;
  return dot && !equals ? NameKind::object : NameKind::directory;
}

NameKind other(NameKind kind) {
  return kind == NameKind::object ? NameKind::directory : NameKind::object;
}

std::string unescape(std::string_view name) {
  std::string component;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '%') {
      component += name[i];
      continue;
    }
    if (i + 2 >= name.size()) return {};
    const auto high = hex_digits.find(name[i + 1]);
    const auto low = hex_digits.find(name[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    component += static_cast<char>(16 * high + low);
    i += 2;
  }
  return component;
}

}  // namespace

std::string to_name(std::string_view component, NameKind kind) {
  std::string name = escape(component);
  if (name.size() > name_max) name = shorten(name, component);
  if (looks_like(name) != kind) name += '%';
  return name;
}

std::optional<Name> from_name(std::string_view name) {
  const bool marked = name.ends_with('%');
  const std::string_view bare = name.substr(0, name.size() - (marked ? 1 : 0));
  Name result;
  result.kind = marked ? other(looks_like(bare)) : looks_like(bare);
  const auto cut = bare.find(shortened_mark);
  if (cut != std::string_view::npos) {
    const std::string_view digest_hex = bare.substr(cut + shortened_mark.size());
    if (digest_hex.size() != digest_size || from_hex(digest_hex).empty()) return std::nullopt;
    result.component = digest_hex;
    result.shortened = true;
    return result;
  }
  if (bare != empty_name) {
    result.component = unescape(bare);
    // Some other spelling of the same component: nobody's object, or two names would have one key.
    if (result.component.empty() || to_name(result.component, result.kind) != name)
      return std::nullopt;
  }
  return result;
}

Result<KeyPath> to_path(std::string_view key) {
  if (key.empty())
    return Error(Errc::invalid_input, "store: a key is empty; it needs 1 to 1024 bytes");
  if (key.size() > key_max)
    return Error(Errc::limit_exceeded, "store: key " + quoted(key) + " has " +
                                           std::to_string(key.size()) +
                                           " bytes; the limit is 1024, as in S3");
  KeyPath path;
  const auto add = [&](std::string_view component, NameKind kind) {
    std::string name = to_name(component, kind);
    if (escape(component).size() > name_max)
      path.shortened.push_back(
          {to_hex(digest(DigestKind::sha256, component)), std::string(component)});
    return name;
  };
  for (std::size_t slash = key.find('/'); slash != std::string_view::npos; slash = key.find('/')) {
    path.directories.push_back(add(key.substr(0, slash), NameKind::directory));
    key.remove_prefix(slash + 1);
  }
  path.file = add(key, NameKind::object);
  return path;
}

std::string quoted(std::string_view key) {
  constexpr std::size_t shown_max = 200;
  std::string out = "\"";
  for (const char c : key.substr(0, shown_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') {
      out += "\\x";
      out += hex_digits[byte >> 4];
      out += hex_digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out += key.size() > shown_max ? "\"..." : "\"";
}

}  // namespace millrace::store
