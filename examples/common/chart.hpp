// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Pieces of a self-contained page: text that is safe in HTML, numbers that read well, columns as
/// inline SVG.
namespace examples {

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

/// A chart of horizontal bars, one a column of `chart`, for few that are not in a row of time: each
/// label stands beside its bar, and its value after it.
std::string bars_figure(const Chart& chart);

/// 1330.716 as "1,330.72".
std::string decimal(double value);

/// A value as charts write it: grouped when it is whole, else with two decimals.
std::string shown(double value);

/// At most `most` columns, neighbours summed.
std::vector<Column> condensed(std::vector<Column> columns, std::size_t most);

}  // namespace examples
