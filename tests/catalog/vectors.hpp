// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/formats/json_cursor.hpp"

/// A file of tests/vectors.
inline std::string vector_file(const std::string& name) {
  std::ifstream file(std::string(MILLRACE_SOURCE_DIR) + "/tests/vectors/" + name);
  if (!file) throw std::runtime_error("no vector file " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The texts of an array's elements, or of an object's members (`names` takes their names).
inline std::vector<std::string_view> parts(std::string_view text,
                                           std::vector<std::string>* names = nullptr) {
  using millrace::json::Cursor;
  Cursor in(text, 64);
  in.skip_space();
  const bool object = in.next_is('{');
  const char close = object ? '}' : ']';
  std::vector<std::string_view> found;
  bool closed = !in.open(object ? '{' : '[', "an array or object") || in.take_empty(close);
  while (!closed) {
    Cursor::String key;
    if (object && !in.key(key)) break;
    const char* const start = in.position();
    if (!in.skip_value()) break;
    found.emplace_back(start, static_cast<std::size_t>(in.position() - start));
    if (names) names->emplace_back(key.raw);
    if (!in.more(close, closed) && !closed) break;
  }
  if (!closed) throw std::runtime_error(in.error().message());
  return found;
}

/// The text of an object's member.
inline std::string_view member(std::string_view text, std::string_view name) {
  std::vector<std::string> names;
  const auto found = parts(text, &names);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return found[i];
  throw std::runtime_error("no member " + std::string(name) + " in " + std::string(text));
}

inline std::string unquoted(std::string_view text) {
  return std::string(text.substr(1, text.size() - 2));
}
