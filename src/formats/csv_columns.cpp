// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_columns.hpp"

#include <algorithm>

#include "millrace/formats/csv_scan.hpp"
#include "millrace/formats/explain.hpp"

namespace millrace::csv {

std::string unquote(std::string_view field) {
  if (field.size() < 2 || field.front() != '"') return std::string(field);
  std::string out;
  for (std::size_t i = 1; i + 1 < field.size(); ++i) {
    out += field[i];
    if (field[i] == '"') ++i;
  }
  return out;
}

Result<std::vector<std::string>> split_record(std::string_view record, char delimiter) {
  RowScan scan;
  if (!scan.scan(record, delimiter)) {
    const RowScan::Flaw flaw = RowScan::flaw(record, delimiter);
    return Error(Errc::invalid_input,
                 "csv: byte " + std::to_string(flaw.at + 1) + ": " + flaw.reason);
  }
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < scan.fields(); ++i) fields.push_back(unquote(scan.field(i)));
  return fields;
}

bool Columns::has_bytes_of(std::string_view header) {
  if (!bound_ || header.size() != header_.size()) return false;
  const std::size_t size = header.data() == at_ ? decisive_ : header.size();
  if (header.substr(0, size) != std::string_view(header_).substr(0, size)) return false;
  if (in_batch_) steady_at_ = header.data();
  return true;
}

Result<void> Columns::bind(std::string_view header, char delimiter,
                           std::span<const Wanted> wanted) {
  bound_ = false;
  steady_at_ = nullptr;
  std::string_view record = header;
  if (record.starts_with("\xef\xbb\xbf")) record.remove_prefix(3);  // a byte order mark
  Result<std::vector<std::string>> names = split_record(record, delimiter);
  if (!names) return Error(Errc::invalid_input, "in the header: " + names.error().message());
  if (Result<void> found = bind(*names, wanted); !found) return found;
  header_ = header;
  at_ = header.data();
  decisive_ = header.size();
  const auto last = std::max_element(columns_.begin(), columns_.end());
  if (*last != no_column) {  // an absent column could appear anywhere
    RowScan scan;
    scan.scan(record, delimiter);
    const std::string_view field = scan.field(*last);
    decisive_ = static_cast<std::size_t>(field.data() + field.size() - header.data());
    decisive_ += decisive_ < header.size();  // the delimiter belongs to it
  }
  return {};
}

Result<void> Columns::bind(const std::vector<std::string>& names, std::span<const Wanted> wanted) {
  bound_ = false;
  steady_at_ = nullptr;
  header_.clear();
  at_ = nullptr;
  decisive_ = 0;
  columns_.assign(wanted.size(), no_column);
  count_ = names.size();
  const std::vector<std::string_view> views(names.begin(), names.end());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto found = std::find(views.begin(), views.end(), wanted[i].name);
    if (found == views.end()) {
      if (wanted[i].optional) continue;
      return Error(Errc::invalid_input, "csv: the header has no column " +
                                            detail::seen(wanted[i].name) +
                                            detail::did_you_mean(wanted[i].name, views));
    }
    if (std::find(found + 1, views.end(), wanted[i].name) != views.end())
      return Error(Errc::invalid_input, "csv: the column " + detail::seen(wanted[i].name) +
                                            " comes twice in the header");
    columns_[i] = static_cast<std::uint32_t>(found - views.begin());
  }
  bound_ = true;
  return {};
}

}  // namespace millrace::csv
