// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/catalog/crawl.hpp"

namespace millrace::catalog {

/// An object that has a format.
struct Seen {
  std::string key;
  std::uint64_t size = 0;
  std::size_t schema = 0;  ///< in its folder's schemas
};

/// The objects whose keys share all up to the last '/', and their schemas: similar ones as one.
struct Folder {
  std::vector<Seen> objects;
  std::vector<ObjectSchema> schemas;
};

/// By path: empty, or with a '/' at its end.
using Folders = std::map<std::string, Folder>;

/// Lists and examines.
class Survey {
 public:
  Survey(const detail::StoreView& store, const CrawlOptions& options, Crawl& crawl)
      : store_(store), options_(options), crawl_(crawl) {}
  Result<Folders> run();

 private:
  Result<void> look_at(const store::ObjectInfo& object);
  void keep(const store::ObjectInfo& object, ObjectSchema schema);

  const detail::StoreView& store_;
  const CrawlOptions& options_;
  Crawl& crawl_;
  Folders folders_;
};

/// Counts an object that is in no table.
void skip(Crawl& crawl, std::string_view key, std::string reason);

/// What stands between the slashes of a folder's path below `root`. Contract: it begins with it.
std::vector<std::string_view> elements(std::string_view folder, std::string_view root);

/// The name and value of `name=value`; no name when the element is none.
struct NamedValue {
  std::string_view name;
  std::string_view value;
};
NamedValue named_value(std::string_view element);

}  // namespace millrace::catalog
