// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>
#include <unordered_set>

#include "catalog/texts.hpp"
#include "millrace/formats/csv_scan.hpp"
#include "millrace/formats/explain.hpp"
#include "millrace/formats/split.hpp"
#include "millrace/formats/utf8.hpp"

namespace millrace::catalog {
namespace {

using Cells = std::vector<std::string>;

// The rows but for empty ones and for one that the sample's end cuts.
std::vector<Text> rows_of(std::string_view text, Extent extent) {
  Splitter splitter(Splitter::Quotes::double_quote, {.max_record = {text.size() + 1}});
  std::vector<Text> rows;
  std::array<Text, 256> some;
  for (bool more = true; more;) {
    const Split split = splitter.split(text, Input::ended, some);
    text.remove_prefix(split.consumed);
    for (std::size_t i = 0; i < split.records; ++i)
      if (!some[i].empty()) rows.push_back(some[i]);
    more = split.stop == Split::Stop::full;
    if (!more && extent == Extent::beginning && split.cut != Split::Cut::none && !rows.empty())
      rows.pop_back();
  }
  return rows;
}

// How many cells each of the first rows has, or 0 when they differ or are not legal.
std::size_t common_width(const std::vector<Text>& rows, char delimiter) {
  constexpr std::size_t looked_at = 100;
  std::size_t width = 0;
  csv::RowScan scan;
  for (std::size_t i = 0; i < std::min(rows.size(), looked_at); ++i) {
    if (!scan.scan(rows[i], delimiter)) return 0;
    if (width != 0 && scan.fields() != width) return 0;
    width = scan.fields();
  }
  return width;
}

char find_delimiter(const std::vector<Text>& rows) {
  std::size_t most = 1;
  char found = '\0';
  if (rows.size() < 2) return found;
  for (const char delimiter : {',', '|', '\t', ';', '\x01'})
    if (const std::size_t width = common_width(rows, delimiter); width > most) {
      most = width;
      found = delimiter;
    }
  return found;
}

// A cell's text without its quotes.
std::string plain(std::string_view cell, bool& quoted) {
  if (!cell.starts_with('"')) return std::string(cell);
  quoted = true;
  std::string text;
  for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
    text += cell[i];
    if (cell[i] == '"') ++i;
  }
  return text;
}

// Glue's rule, and that names differ: texts, short but for the last, which alone may be empty.
bool may_be_header(const Cells& cells, const InferOptions& options) {
  constexpr std::size_t long_name = 150;
  std::unordered_set<std::string> names;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool last = i + 1 == cells.size();
    const TypeKind kind = infer_cell(cells[i], options);
    if (kind != TypeKind::string && !(last && kind == TypeKind::unknown)) return false;
    if (!last && cells[i].size() >= long_name) return false;
    if (!names.insert(cells[i]).second) return false;
  }
  return true;
}

class Rows {
 public:
  Rows(char delimiter, const ExamineOptions& options) : options_(options) {
    out_.classification = Classification::csv;
    out_.csv.delimiter = delimiter;
    out_.record.kind = TypeKind::structure;
  }

  void add(std::string_view row) {
    if (!scan_.scan(row, out_.csv.delimiter))
      return bad(csv::RowScan::flaw(row, out_.csv.delimiter).reason);
    if (first_.empty()) {
      for (std::size_t i = 0; i < scan_.fields(); ++i)
        first_.push_back(plain(scan_.field(i), out_.csv.quoted));
      out_.record.members.resize(first_.size());
      return;
    }
    if (scan_.fields() != first_.size())
      return bad("it has " + std::to_string(scan_.fields()) + " cells, the first row " +
                 std::to_string(first_.size()));
    for (std::size_t i = 0; i < first_.size(); ++i)
      merge(out_.record.members[i].type,
            {infer_cell(plain(scan_.field(i), out_.csv.quoted), options_.infer)});
    ++out_.records;
  }

  ObjectSchema finish() {
    auto& columns = out_.record.members;
    if (columns.size() > options_.infer.max_members)
      return {.notes = {"more than " + std::to_string(options_.infer.max_members) + " columns"}};
    if (columns.empty()) return {.notes = std::move(out_.notes)};
    out_.csv.header =
        options_.header == Header::present || (options_.header == Header::detect && seems_header());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].key = "col" + std::to_string(i);
      if (!out_.csv.header)
        merge(columns[i].type, {infer_cell(first_[i], options_.infer)});
      else if (!first_[i].empty())
        // Delimited text is read by position; what is no UTF-8 can't be kept as it is.
        columns[i].key =
            utf8_prefix(first_[i]) == first_[i].size() ? first_[i] : column_name(first_[i]);
    }
    if (!out_.csv.header) ++out_.records;
    return std::move(out_);
  }

 private:
  bool seems_header() const {
    const auto is_no_text = [](const Member& column) {
      return column.type.kind != TypeKind::string && column.type.kind != TypeKind::unknown;
    };
    return may_be_header(first_, options_.infer) &&
           std::any_of(out_.record.members.begin(), out_.record.members.end(), is_no_text);
  }
  void bad(const std::string& reason) {
    if (++out_.bad_records == 1)
      out_.notes.push_back("row " + std::to_string(out_.records + (first_.empty() ? 1 : 2)) +
                           " can't be read: " + reason);
  }

  const ExamineOptions& options_;
  csv::RowScan scan_;
  Cells first_;
  ObjectSchema out_;
};

}  // namespace

ObjectSchema examine_csv(std::string_view text, Extent extent, const ExamineOptions& options) {
  if (text.find('\0') != std::string_view::npos) return {.notes = {"binary, of no known format"}};
  const std::vector<Text> rows = rows_of(text, extent);
  const char delimiter = options.delimiter != '\0' ? options.delimiter : find_delimiter(rows);
  if (delimiter == '\0')
    return {.notes = {"text that is neither JSON nor rows of equally many cells: " +
                      detail::seen(text.substr(0, text.find('\n'))) +
                      "; give the delimiter if there is one"}};
  Rows table(delimiter, options);
  for (const Text row : rows) table.add(row);
  return table.finish();
}

}  // namespace millrace::catalog
