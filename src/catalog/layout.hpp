// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/group.hpp"

namespace millrace::catalog {

/// The partition keys of a group and which of them its folders give.
class Layout {
 public:
  explicit Layout(const Group& group);

  const std::vector<Column>& keys() const { return keys_; }
  /// The folder's values, or why it has none.
  Result<std::vector<std::string>> values(const std::string& folder) const;
  /// The path of the partition that the folder is or lies in.
  std::string partition_folder(const std::string& folder) const;

 private:
  void count(const Group& group);
  void name_levels(std::size_t levels);

  std::string root_;
  std::vector<std::map<std::string, std::uint64_t>> names_;  // objects a level by `name=`
  std::map<std::size_t, std::uint64_t> depths_;              // objects by their folder's depth
  std::uint64_t objects_ = 0;
  std::vector<Column> keys_;
  std::vector<std::string> expected_;  // a level: `name` of its elements, or empty
};

}  // namespace millrace::catalog
