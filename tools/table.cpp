// SPDX-License-Identifier: BSL-1.0
#include "table.hpp"

#include <algorithm>

#include "streams.hpp"

namespace millrace::tool {
namespace {

bool is_number(const std::string& word) {
  return std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void Table::print(const std::string& indent) const {
  if (rows_.size() == 1) return;
  std::vector<std::size_t> widths(rows_[0].size());
  std::vector<bool> numbers(rows_[0].size(), true);
  for (std::size_t r = 0; r < rows_.size(); ++r)
    for (std::size_t c = 0; c < widths.size(); ++c) {
      widths[c] = std::max(widths[c], rows_[r][c].size());
      if (r > 0 && !is_number(rows_[r][c])) numbers[c] = false;
    }
  for (const auto& row : rows_) {
    std::string line = indent;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) line += "  ";
      const std::string room(widths[c] - row[c].size(), ' ');
      line += numbers[c] ? room + row[c] : row[c] + room;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    print_line(line);
  }
}

}  // namespace millrace::tool
