// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_decode.hpp"

namespace millrace::csv::detail {

Error shape_error(std::string_view row, char delimiter) {
  const RowScan::Flaw flaw = RowScan::flaw(row, delimiter);
  return {Errc::invalid_input, "csv: byte " + std::to_string(flaw.at + 1) + ": " + flaw.reason};
}

Error count_error(std::size_t seen, std::size_t wanted) {
  return {Errc::invalid_input, "csv: the record has " + std::to_string(seen) +
                                   (seen == 1 ? " field" : " fields") + ", the header has " +
                                   std::to_string(wanted)};
}

Error field_error(std::string_view name, std::uint32_t column, std::size_t at, std::string reason) {
  return {Errc::invalid_input, "csv: field " + seen(name) + " (column " +
                                   std::to_string(column + 1) + ", byte " + std::to_string(at + 1) +
                                   "): " + std::move(reason)};
}

void throw_not_described() {
  throw Failure({Errc::invalid_input,
                 "csv: where() names a member that describe() does not list; add it there"});
}

void check_delimiter(char delimiter) {
  if (delimiter == '"' || delimiter == '\n' || delimiter == '\r')
    throw Failure({Errc::invalid_input,
                   "csv: the delimiter can't be a quote or a line break; try ',' or '|'"});
}

}  // namespace millrace::csv::detail
