// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/type.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "catalog/names.hpp"
#include "catalog/numbers.hpp"

namespace millrace::catalog {
namespace {

std::string_view word(TypeKind kind) {
  constexpr std::array<std::string_view, 11> words = {
      "string",        "boolean",       "int",  "bigint",    "float", "double",
      "decimal(38,0)", "decimal(20,0)", "date", "timestamp", "string"};
  return words[static_cast<std::size_t>(kind)];
}

Member& find_or_add(std::vector<Member>& members, const std::string& key, std::size_t guess) {
  if (guess < members.size() && members[guess].key == key) return members[guess];
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.key == key; });
  if (found != members.end()) return *found;
  return members.emplace_back(Member{key, {}});
}

const Member* find(const std::vector<Member>& members, const std::string& key, std::size_t guess) {
  if (guess < members.size() && members[guess].key == key) return &members[guess];
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &*found;
}

}  // namespace

void merge(Type& into, const Type& from) {
  if (from.kind == TypeKind::unknown) return;
  if (into.kind == TypeKind::unknown) {
    into = from;
    return;
  }
  if (into.kind != from.kind) {
    into = {widened(into.kind, from.kind)};
    return;
  }
  if (into.kind == TypeKind::array) return merge(into.members[0].type, from.members[0].type);
  for (std::size_t i = 0; i < from.members.size(); ++i)
    merge(find_or_add(into.members, from.members[i].key, i).type, from.members[i].type);
}

bool compatible(const Type& a, const Type& b) {
  if (a.kind == TypeKind::unknown || b.kind == TypeKind::unknown) return true;
  if (a.kind != b.kind) return widened(a.kind, b.kind) != TypeKind::string;
  if (a.kind == TypeKind::array) return compatible(a.members[0].type, b.members[0].type);
  for (std::size_t i = 0; i < b.members.size(); ++i)
    if (const Member* const member = find(a.members, b.members[i].key, i);
        member && !compatible(member->type, b.members[i].type))
      return false;
  return true;
}

std::string to_hive(const Type& type) {
  if (type.kind == TypeKind::array) return "array<" + to_hive(type.members[0].type) + ">";
  if (type.kind != TypeKind::structure) return std::string(word(type.kind));
  if (type.members.empty()) return "string";
  Names names;
  std::string text = "struct<";
  for (const Member& member : type.members) {
    if (text.back() != '<') text += ',';
    text += names.add(member.key) + ":" + to_hive(member.type);
  }
  return text + ">";
}

std::string column_name(std::string_view key) {
  std::string name;
  for (const char c : key) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    name += plain ? lower : '_';
  }
  constexpr std::size_t name_max = 255;
  if (name.size() > name_max) name.resize(name_max);
  return name.empty() ? "_" : name;
}

std::string unique_name(std::string name, const std::vector<std::string>& taken) {
  Names names;
  for (const std::string& each : taken) names.take(each);
  return names.add(name);
}

}  // namespace millrace::catalog
