// SPDX-License-Identifier: BSL-1.0
#include "chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace examples {
namespace {

constexpr double width = 640;
constexpr double height = 150;
constexpr double left = 52;
constexpr double top = 10;
constexpr double bottom = 22;
constexpr std::size_t columns_max = 240;

std::string grouped_digits(std::string digits) {
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

/// The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is not below `value`.
double nice_ceiling(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 2.5, 5.0})
    if (step * power >= value) return step * power;
  return 10 * power;
}

std::string line_at(double y, double value) {
  char text[220];
  std::snprintf(text, sizeof text,
                "<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                left, width, y, y, left - 6, y + 4, shown(value).c_str());
  return text;
}

std::string column_at(double x, double room, double y, double floor_y, const Column& column) {
  char shape[160];
  std::snprintf(shape, sizeof shape,
                "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>", x, y,
                std::max(room * 0.86, 0.5), std::max(floor_y - y, 0.0));
  return shape + escaped(column.label) + ": " + shown(column.value) + "</title></rect>";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string grouped(std::uint64_t number) { return grouped_digits(std::to_string(number)); }

std::string decimal(double value) {
  char text[400];
  std::snprintf(text, sizeof text, "%.2f", std::abs(value));
  const std::string digits(text, std::strchr(text, '.'));
  return (value < 0 ? "-" : "") + grouped_digits(digits) + std::strchr(text, '.');
}

std::string shown(double value) {
  if (value < 0) return "-" + shown(-value);
  return value == std::floor(value) ? grouped(static_cast<std::uint64_t>(value)) : decimal(value);
}

std::vector<Column> condensed(std::vector<Column> columns, std::size_t most) {
  const std::size_t group = (columns.size() + most - 1) / most;
  if (group <= 1) return columns;
  std::vector<Column> out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i % group == 0)
      out.push_back(std::move(columns[i]));
    else
      out.back().value += columns[i].value;
  }
  for (Column& column : out) column.label += " and the next " + std::to_string(group - 1);
  return out;
}

std::string columns_figure(const Chart& chart) {
  double sum = 0;
  double most = 0;
  for (const Column& column : chart.columns) sum += column.value;
  const std::vector<Column> columns = condensed(chart.columns, columns_max);
  for (const Column& column : columns) most = std::max(most, column.value);
  std::string figure = "<figure class=\"" + chart.css_class + "\"><figcaption>" +
                       escaped(chart.title) + " <span>" + shown(sum) + "</span></figcaption>";
  if (columns.empty()) return figure + "<p class=\"none\">nothing yet</p></figure>\n";

  const double ceiling = nice_ceiling(most);
  const double floor_y = height - bottom;
  const double scale = (floor_y - top) / ceiling;
  const double room = (width - left) / static_cast<double>(columns.size());
  figure += "<svg viewBox=\"0 0 640 150\" role=\"img\" aria-label=\"" + escaped(chart.title) +
            ": " + shown(sum) + " in all, from " + escaped(chart.columns.front().label) + " to " +
            escaped(chart.columns.back().label) + ", at most " + shown(most) + " a column\">";
  for (const double part : {0.0, 0.5, 1.0})
    figure += line_at(floor_y - part * ceiling * scale, part * ceiling);
  for (std::size_t i = 0; i < columns.size(); ++i)
    figure += column_at(left + static_cast<double>(i) * room, room,
                        floor_y - columns[i].value * scale, floor_y, columns[i]);
  figure += "<text x=\"52\" y=\"146\">" + escaped(chart.columns.front().label) + "</text>";
  if (chart.columns.size() > 1)
    figure += "<text x=\"640\" y=\"146\" text-anchor=\"end\">" +
              escaped(chart.columns.back().label) + "</text>";
  return figure + "</svg></figure>\n";
}

std::string bars_figure(const Chart& chart) {
  constexpr double step = 22, from = 120, room = width - from - 70;
  double most = 0;
  std::string values;
  for (const Column& bar : chart.columns) {
    most = std::max(most, bar.value);
    values += ", " + bar.label + " " + shown(bar.value);
  }
  std::string figure = "<figure class=\"" + chart.css_class + "\"><figcaption>" +
                       escaped(chart.title) + "</figcaption>";
  if (chart.columns.empty()) return figure + "<p class=\"none\">nothing yet</p></figure>\n";
  char shape[220];
  std::snprintf(shape, sizeof shape, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
                width, step * static_cast<double>(chart.columns.size()));
  figure += shape + escaped(chart.title + values) + "\">";
  double y = 0;
  for (const Column& bar : chart.columns) {
    const double length = most > 0 ? std::max(bar.value, 0.0) / most * room : 0;
    std::snprintf(shape, sizeof shape, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">", from - 8,
                  y + 15);
    figure += shape + escaped(bar.label) + "</text>";
    std::snprintf(shape, sizeof shape,
                  "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.2f\" height=\"%.0f\"/>"
                  "<text x=\"%.2f\" y=\"%.0f\">",
                  from, y + 3, length, step - 6, from + length + 6, y + 15);
    figure += shape + shown(bar.value) + "</text>";
    y += step;
  }
  return figure + "</svg></figure>\n";
}

}  // namespace examples
