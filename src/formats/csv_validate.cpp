// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_validate.hpp"

#include <algorithm>
#include <array>

#include "millrace/formats/csv_scan.hpp"
#include "millrace/formats/csv_split.hpp"

namespace millrace::csv {
namespace {

Error at(std::string_view text, const char* place, const std::string& reason) {
  const std::string_view before(text.data(), static_cast<std::size_t>(place - text.data()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {Errc::invalid_input, "csv: line " + std::to_string(line) + ", column " +
                                   std::to_string(before.size() - line_start + 1) + ": " + reason};
}

}  // namespace

Result<Shape> validate(std::string_view text, char delimiter) {
  RecordSplitter splitter({.max_record = {0xffffffff}});
  RowScan scan;
  Shape shape;
  std::array<Text, 64> records;
  for (std::string_view rest = text;;) {
    const Split split = splitter.split(rest, Input::ended, records);
    for (std::size_t i = 0; i < split.records; ++i) {
      const std::string_view record = records[i];
      if (record.empty()) continue;
      if (!scan.scan(record, delimiter)) {
        const RowScan::Flaw flaw = RowScan::flaw(record, delimiter);
        return at(text, record.data() + flaw.at, flaw.reason);
      }
      if (shape.records == 0) shape.fields = scan.fields();
      if (scan.fields() != shape.fields)
        return at(text, record.data(),
                  "the record has " + std::to_string(scan.fields()) + " fields, the first one " +
                      std::to_string(shape.fields));
      ++shape.records;
    }
    rest.remove_prefix(split.consumed);
    if (split.stop == Split::Stop::ended) return shape;
    if (split.stop == Split::Stop::too_long)
      return at(text, rest.data(), "the record is longer than 4 GiB");
  }
}

}  // namespace millrace::csv
