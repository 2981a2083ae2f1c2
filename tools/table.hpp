// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

namespace millrace::tool {

/// Rows of words in columns as wide as their widest word; columns of numbers are set to
/// the right.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Writes it to stdout, each line after `indent`. Nothing but a head: nothing.
  void print(const std::string& indent = "") const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace millrace::tool
