// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "millrace/catalog/type.hpp"

namespace millrace::catalog {

/// Names that are given once: of the columns of a table, the members of a structure, the tables of
/// a database.
class Names {
 public:
  /// Says that a name is taken, as it is.
  void take(std::string name) { taken_.insert(std::move(name)); }
  bool has(const std::string& name) const { return taken_.contains(name); }

  /// The key's name as a column, with _1, _2, ... when it is taken.
  std::string add(std::string_view key) {
    std::string name = column_name(key);
    if (taken_.insert(name).second) return name;
    // Where the last search for this name ended, so that a thousand equal names cost a thousand.
    for (std::size_t& number = last_[name];;) {
      const std::string suffix = "_" + std::to_string(++number);
      std::string other = name.substr(0, name_max - suffix.size()) + suffix;
      if (taken_.insert(other).second) return other;
    }
  }

 private:
  static constexpr std::size_t name_max = 255;
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, std::size_t> last_;
};

}  // namespace millrace::catalog
