// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <set>
#include <span>
#include <string>
#include <vector>

#include "catalog/survey.hpp"

namespace millrace::catalog {

/// Folders whose objects are a table, or one object that is.
struct Group {
  std::string root = {};  ///< a folder's path, or the object's key
  const Table* known = nullptr;
  std::vector<Folders::const_pointer> folders = {};  ///< in the order of their paths
  const Seen* object = nullptr;                      ///< when it is one object
  std::vector<std::string> notes = {};
};

/// Finds out which folders belong to one table; see crawl().
class Grouping {
 public:
  Grouping(const Folders& folders, const CrawlOptions& options, std::span<const Table> known);
  /// Errors: limit_exceeded past max_tables.
  Result<std::vector<Group>> run();

 private:
  using Range = std::span<const Folders::const_pointer>;
  bool declared(Folders::const_pointer folder, std::string& root, const Table*& known) const;
  const Table* known_above(std::string_view folder, std::string& root) const;
  void split(std::string_view node, Range range);
  bool is_one(std::string_view node, Range range) const;
  void own_objects(std::string_view node, Folders::const_pointer folder, bool alone);

  const Folders& folders_;
  const CrawlOptions& options_;
  std::map<std::string, const Table*> known_;  // by their folder in the store
  std::map<std::string, Group> declared_;      // by their root
  std::vector<Group> groups_;
};

}  // namespace millrace::catalog
