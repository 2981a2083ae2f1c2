// SPDX-License-Identifier: BSL-1.0
#include "fields.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "millrace/formats/csv_columns.hpp"
#include "millrace/state/hash.hpp"

namespace bank {
namespace {

bool read(std::string_view field, Text& to) {
  to = field;
  return true;
}
bool read(std::string_view field, std::int64_t& to) {
  const char* const end = field.data() + field.size();
  const auto [rest, error] = std::from_chars(field.data(), end, to);
  return error == std::errc() && rest == end;
}

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

void pipe_row(const millrace::csv::Row& row, millrace::Timestamp time,
              millrace::Emitter<millrace::Message>& out) {
  std::string piped;
  const std::vector<std::string> fields = millrace::csv::split_record(row.text).value();
  for (const std::string& field : fields) piped += field + "|";
  piped.pop_back();
  out.emit({.data = out.text(piped), .key = out.text(hex(millrace::xxh64(piped)))}, time);
}

bool split_row(std::string_view row, Client& client) {
  std::array<std::string_view, millrace::field_count<Client>> fields;
  std::size_t count = 0;
  for (std::size_t begin = 0, end = 0; end != row.npos; begin = end + 1) {
    if (count == fields.size()) return false;
    end = row.find('|', begin);
    fields[count++] = row.substr(begin, end - begin);
  }
  bool good = count == fields.size();
  millrace::for_each_field<Client>(
      [&](auto i, const auto& field) { good = good && read(fields[i], client.*field.member); });
  return good;
}

}  // namespace bank
