// SPDX-License-Identifier: BSL-1.0
#include "catalog/layout.hpp"

#include <algorithm>

#include "catalog/names.hpp"
#include "millrace/formats/explain.hpp"
#include "millrace/formats/utf8.hpp"

namespace millrace::catalog {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = static_cast<char>(c | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// Hive writes what can't stand in a path as %XX.
std::string unescaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool escaped =
        value[i] == '%' && i + 2 < value.size() && hex(value[i + 1]) >= 0 && hex(value[i + 2]) >= 0;
    out += escaped ? static_cast<char>(hex(value[i + 1]) * 16 + hex(value[i + 2])) : value[i];
    if (escaped) i += 2;
  }
  const bool is_text = utf8_prefix(out) == out.size() && out.find('\0') == std::string::npos;
  return is_text ? out : std::string(value);
}

}  // namespace

Layout::Layout(const Group& group) : root_(group.root) {
  if (group.object) return;
  if (group.known) {
    keys_ = group.known->partition_keys;
    expected_.resize(keys_.size());
    return;
  }
  count(group);
  // Where most objects have `name=value`, that level is a partition key and the others are strays.
  std::size_t levels = 0;
  for (std::size_t i = 0; i < names_.size(); ++i)
    for (const auto& [name, objects] : names_[i])
      if (objects * 2 > objects_) levels = i + 1;
  for (const auto& [depth, objects] : depths_)
    if (depth >= levels) {
      levels = depth;  // of the highest that are no strays; what lies deeper is in their partition
      break;
    }
  name_levels(levels);
}

void Layout::count(const Group& group) {
  for (const Folders::const_pointer folder : group.folders) {
    const auto parts = elements(folder->first, root_);
    const std::uint64_t objects = folder->second.objects.size();
    objects_ += objects;
    depths_[parts.size()] += objects;
    if (names_.size() < parts.size()) names_.resize(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (const std::string_view name = named_value(parts[i]).name; !name.empty())
        names_[i][std::string(name)] += objects;
  }
}

void Layout::name_levels(std::size_t levels) {
  Names taken;
  for (std::size_t i = 0; i < levels; ++i) {
    std::string name;
    for (const auto& [each, objects] : names_[i])
      if (objects * 2 > objects_) name = each;
    keys_.push_back({.name = taken.add(name.empty() ? "partition_" + std::to_string(i) : name)});
    expected_.push_back(std::move(name));
  }
}

Result<std::vector<std::string>> Layout::values(const std::string& folder) const {
  const auto parts = elements(folder, root_);
  if (parts.size() < keys_.size())
    return Error(Errc::invalid_input, "it lies above the folders of the table's " +
                                          std::to_string(keys_.size()) + " partition keys");
  std::vector<std::string> values;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const auto [name, value] = named_value(parts[i]);
    const bool named = !name.empty() && (expected_[i].empty() ? column_name(name) == keys_[i].name
                                                              : name == expected_[i]);
    if (!expected_[i].empty() && !named)
      return Error(Errc::invalid_input, "its path has " + millrace::detail::seen(parts[i]) +
                                            " where " + expected_[i] + "= is expected");
    const std::string_view shown = named ? value : parts[i];
    if (shown.empty())
      return Error(Errc::invalid_input,
                   "an empty path element is no value of partition key " + keys_[i].name);
    values.push_back(named ? unescaped(shown) : std::string(shown));
  }
  return values;
}

std::string Layout::partition_folder(const std::string& folder) const {
  std::size_t size = root_.size();
  for (std::size_t i = 0; i < keys_.size(); ++i) size = folder.find('/', size) + 1;
  return folder.substr(0, size);
}

}  // namespace millrace::catalog
