// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_encode.hpp"

#include "millrace/formats/explain.hpp"

namespace millrace::csv::detail {

void write_text(std::string_view text, char delimiter, TextWriter& out) {
  bool plain = true;
  for (const char c : text) plain &= c != delimiter && c != '"' && c != '\n' && c != '\r';
  if (plain) {
    out.append(text);
    return;
  }
  char* p = out.reserve(2 * text.size() + 2);
  *p++ = '"';
  for (const char c : text) {
    if (c == '"') *p++ = '"';
    *p++ = c;
  }
  *p++ = '"';
  out.advance(p);
}

Error write_error(std::string_view name, std::string reason) {
  return {Errc::invalid_input, "csv: field " + seen(name) + ": " + std::move(reason)};
}

}  // namespace millrace::csv::detail
