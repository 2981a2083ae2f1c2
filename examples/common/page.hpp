// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// A self-contained page that needs no network and no script, light and dark, and the same tables
/// for a terminal.
namespace examples {

struct ReportNumber {
  std::string name;
  std::uint64_t value = 0;
};

struct ReportPlace {
  std::string what;
  std::string path;
};

/// Rows of as many cells as there are columns.
struct Table {
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// A whole page around `body`, which is HTML.
std::string page(std::string_view title, std::string_view body);

std::string numbers_html(const std::vector<ReportNumber>& numbers);
std::string places_html(const std::vector<ReportPlace>& places);
std::string places_text(const std::vector<ReportPlace>& places);
/// Without its title, which is read to those who do not see the page.
std::string table_html(const Table& table);
std::string table_text(const Table& table);

}  // namespace examples
