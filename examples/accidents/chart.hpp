// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Pieces of a self-contained page: text that is safe in HTML, numbers that read well, columns as
/// inline SVG.
namespace accidents {

/// `text` with the five characters that HTML reserves written as entities.
std::string escaped(std::string_view text);

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

struct Column {
  std::string label;  ///< what the column stands for: shown on hover, and the ends' under the axis
  double value = 0;
};

struct Chart {
  std::string title;
  std::string css_class;  ///< colours come from the page's style
  std::vector<Column> columns;
};

/// A chart of columns as <figure> with an inline SVG: a scale that starts at zero, the first and
/// last label under the axis, each column's label and value on hover. A reader of the page that
/// does not see it is told the range and the sum.
std::string columns_figure(const Chart& chart);

/// At most `most` columns, neighbours summed.
std::vector<Column> condensed(std::vector<Column> columns, std::size_t most);

}  // namespace accidents
