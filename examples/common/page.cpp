// SPDX-License-Identifier: BSL-1.0
#include "page.hpp"

#include <algorithm>

#include "chart.hpp"

namespace examples {
namespace {

constexpr std::string_view head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
)";
constexpr std::string_view style = R"(<style>
:root { color-scheme: light dark; --ground: #fbfaf8; --card: #fff; --ink: #1d2329; --soft: #59636e;
  --line: #dcdfe3; --one: #2f7d62; --two: #2b6cb0; --three: #a85f00; --four: #bb2f3b;
  --metric: #6b4fa0; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171b; --card: #1c2126; --ink: #e8eaed;
  --soft: #a3adb8; --line: #353c44; --one: #59b893; --two: #6aa9ea; --three: #e0a04a;
  --four: #f0808a; --metric: #b29be0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; } h2 { margin: 2.2rem 0 .6rem; font-size: 1.2rem; }
p { margin: .3rem 0; } .none, caption, .soft { color: var(--soft); }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .8rem;
  margin: 1.2rem 0 0; padding: 0; }
.numbers div, figure { background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; }
.numbers div { padding: .7rem .9rem; display: flex; flex-direction: column-reverse; }
.numbers dt { color: var(--soft); font-size: .85rem; }
.numbers dd { margin: 0; font-size: 1.45rem; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr));
  gap: .8rem; align-items: start; }
figure { margin: 0; padding: .8rem .9rem; }
figcaption { font-weight: 600; } figcaption span { float: right; font-weight: 400;
  font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: auto; margin-top: .4rem; }
svg text { fill: var(--soft); font-size: 11px; } .grid { stroke: var(--line); }
rect { fill: var(--tone); } rect:hover { fill: var(--ink); }
.one { --tone: var(--one); } .two { --tone: var(--two); } .three { --tone: var(--three); }
.four { --tone: var(--four); } .metric { --tone: var(--metric); }
.scroll { overflow-x: auto; } figure table { width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { padding: .25rem 1.2rem .25rem 0; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child, .text { text-align: left; } td { white-space: nowrap; }
.bar { text-align: left; width: 40%; min-width: 8rem; }
.bar i { display: block; height: .8rem; border-radius: 2px; background: var(--metric); }
summary { cursor: pointer; margin-top: 1rem; } code { font-size: .9em; overflow-wrap: anywhere; }
</style></head><body><main>
)";

bool is_number(const std::string& cell) {
  return cell.find_first_not_of("-0123456789,. %") == cell.npos;
}

/// So that what follows stands in columns: texts to the left, numbers to the right. Control bytes,
/// which a terminal would obey, become '?'.
std::string padded(std::string cell, std::size_t width) {
  for (char& c : cell)
    if ((c >= 0 && c < ' ') || c == 0x7f) c = '?';
  const std::string blanks(width - cell.size(), ' ');
  return is_number(cell) ? blanks + cell : cell + blanks;
}

}  // namespace

std::string page(std::string_view title, std::string_view body) {
  return std::string(head) + "<title>" + escaped(title) + "</title>\n" + std::string(style) +
         std::string(body) + "</main></body></html>\n";
}

std::string numbers_html(const std::vector<ReportNumber>& numbers) {
  std::string html = "<dl class=\"numbers\">";
  for (const ReportNumber& number : numbers)
    html +=
        "<div><dt>" + escaped(number.name) + "</dt><dd>" + grouped(number.value) + "</dd></div>";
  return html + "</dl>\n";
}

std::string table_html(const Table& table) {
  const auto side = [](const std::string& cell) {
    return is_number(cell) ? ">" : " class=\"text\">";
  };
  std::string html =
      "<div class=\"scroll\"><table aria-label=\"" + escaped(table.title) + "\"><thead><tr>";
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    html += std::string("<th scope=\"col\"") +
            side(table.rows.empty() ? table.columns[i] : table.rows[0][i]) +
            escaped(table.columns[i]) + "</th>";
  html += "</tr></thead><tbody>";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (const std::string& cell : row)
      html += std::string("<td") + side(cell) + escaped(cell) + "</td>";
    html += "</tr>";
  }
  return html + "</tbody></table></div>\n";
}

std::string table_text(const Table& table) {
  std::vector<std::size_t> widths;
  for (const std::string& name : table.columns) widths.push_back(name.size());
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  const auto line = [&](const std::vector<std::string>& row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) text += "  " + padded(row[i], widths[i]);
    return text.erase(text.find_last_not_of(' ') + 1) + "\n";
  };
  std::string text = table.title + "\n" + line(table.columns);
  for (const auto& row : table.rows) text += line(row);
  return text;
}

std::string places_html(const std::vector<ReportPlace>& places) {
  std::string html = "<h2>Where to look</h2><ul>";
  for (const ReportPlace& place : places)
    html += "<li>" + escaped(place.what) + ": <code>" + escaped(place.path) + "</code></li>";
  return html + "</ul>\n";
}

std::string places_text(const std::vector<ReportPlace>& places) {
  std::string text = "Where to look:\n";
  for (const ReportPlace& place : places) text += "  " + place.path + "  " + place.what + "\n";
  return text;
}

}  // namespace examples
