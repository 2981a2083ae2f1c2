// SPDX-License-Identifier: BSL-1.0
#include "catalog/group.hpp"

#include <algorithm>

namespace millrace::catalog {
namespace {

bool is_number(std::string_view element) {
  return !element.empty() && element.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Grouping::Grouping(const Folders& folders, const CrawlOptions& options,
                   std::span<const Table> known)
    : folders_(folders), options_(options) {
  for (const Table& table : known)
    if (table.location.starts_with(options.location))
      known_.emplace(table.location.substr(options.location.size()), &table);
}

const Table* Grouping::known_above(std::string_view folder, std::string& root) const {
  for (std::size_t size = folder.size();;) {
    if (const auto found = known_.find(std::string(folder.substr(0, size)));
        found != known_.end()) {
      root = found->first;
      return found->second;
    }
    if (size == 0) return nullptr;
    const std::size_t slash = folder.substr(0, size - 1).rfind('/');
    size = slash == std::string_view::npos ? 0 : slash + 1;
  }
}

// Whether the path itself says which table the folder is of.
bool Grouping::declared(Folders::const_pointer folder, std::string& root,
                        const Table*& known) const {
  const std::string& path = folder->first;
  known = known_above(path, root);
  if (known) return true;
  const std::vector<std::string_view> parts = elements(path, "");
  std::size_t size = 0;
  if (options_.table_level) {
    for (std::size_t i = 0; i < std::min<std::size_t>(parts.size(), *options_.table_level); ++i)
      size += parts[i].size() + 1;
    root = path.substr(0, size);
    return true;
  }
  for (const std::string_view part : parts) {
    if (!named_value(part).name.empty()) {
      root = path.substr(0, size);
      return true;
    }
    size += part.size() + 1;
  }
  return false;
}

Result<std::vector<Group>> Grouping::run() {
  std::vector<Folders::const_pointer> rest;
  for (const auto& folder : folders_) {
    std::string root;
    const Table* known = nullptr;
    if (!declared(&folder, root, known)) {
      rest.push_back(&folder);
      continue;
    }
    Group& group = declared_[root];
    group.root = root;
    group.known = known;
    group.folders.push_back(&folder);
  }
  // What lies right in the folder of a table that the others' paths declare belongs to it.
  std::erase_if(rest, [&](Folders::const_pointer folder) {
    const auto group = declared_.find(folder->first);
    if (group == declared_.end()) return false;
    group->second.folders.insert(group->second.folders.begin(), folder);
    return true;
  });
  for (auto& [root, group] : declared_) groups_.push_back(group);
  const std::size_t slash = options_.prefix.rfind('/');
  split(slash == std::string::npos ? "" : options_.prefix.substr(0, slash + 1), rest);
  if (groups_.size() > options_.max_tables)
    return Error(Errc::limit_exceeded,
                 "crawl of " + options_.location + options_.prefix + ": " +
                     std::to_string(groups_.size()) + " tables, the limit is " +
                     std::to_string(options_.max_tables) +
                     "; say at which level of the path the tables are, or raise the limit");
  std::sort(groups_.begin(), groups_.end(),
            [](const Group& a, const Group& b) { return a.root < b.root; });
  return std::move(groups_);
}

// `range` are the folders at and below `node`.
void Grouping::split(std::string_view node, Range range) {
  if (range.empty()) return;
  if (is_one(node, range)) {
    groups_.push_back({.root = std::string(node), .folders = {range.begin(), range.end()}});
    return;
  }
  if (range.front()->first == node) {
    own_objects(node, range.front(), range.size() == 1);
    range = range.subspan(1);
  }
  while (!range.empty()) {
    const std::string& path = range.front()->first;
    const std::string_view child =
        std::string_view(path).substr(0, path.find('/', node.size()) + 1);
    std::size_t count = 0;
    while (count != range.size() && range[count]->first.starts_with(child)) ++count;
    split(child, range.first(count));
    range = range.subspan(count);
  }
}

// Whether all below `node` may be one table.
bool Grouping::is_one(std::string_view node, Range range) const {
  const bool looked_at_whole =
      options_.prefix.ends_with('/') && node.size() >= options_.prefix.size();
  const bool below = node.size() > options_.prefix.size();
  const bool only_own = range.size() == 1 && range.front()->first == node;
  if (!looked_at_whole && !below && !only_own) return false;
  const auto inside = declared_.lower_bound(std::string(node));
  if (inside != declared_.end() && inside->first.starts_with(node)) return false;
  ObjectSchema all;
  for (const Folders::const_pointer folder : range) {
    const std::vector<ObjectSchema>& schemas = folder->second.schemas;
    if (schemas.size() != 1) return false;
    if (all.classification == Classification::unknown) {
      all = schemas.front();
      continue;
    }
    const auto parts = elements(folder->first, node);
    const bool dated = std::all_of(parts.begin(), parts.end(), is_number);
    if (similarity(all, schemas.front(), dated ? Share::of_smaller : Share::of_union) <
        options_.similarity)
      return false;
    merge(all, schemas.front());
  }
  return true;
}

// The objects right in `node`, whose folders are other tables unless it stands alone.
void Grouping::own_objects(std::string_view node, Folders::const_pointer folder, bool alone) {
  if (folder->second.schemas.size() == 1) {
    Group group{.root = std::string(node), .folders = {folder}};
    if (!alone)
      group.notes.emplace_back(
          "folders of other tables lie in its folder, and readers take these, too: move its "
          "objects to one of their own");
    groups_.push_back(std::move(group));
    return;
  }
  for (const Seen& object : folder->second.objects)
    groups_.push_back({.root = object.key, .folders = {folder}, .object = &object});
}

}  // namespace millrace::catalog
