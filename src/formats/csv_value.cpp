// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_value.hpp"

namespace millrace::csv::detail {
namespace {

bool same_letters(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) | 0x20) != static_cast<unsigned char>(lower[i]))
      return false;
  return true;
}

}  // namespace

char* unescape(std::string_view inside, char* out) {
  for (std::size_t i = 0; i < inside.size(); ++i) {
    *out++ = inside[i];
    if (inside[i] == '"') ++i;
  }
  return out;
}

bool read_bool(std::string_view text, bool& out) {
  out = same_letters(text, "true");
  return out || same_letters(text, "false");
}

}  // namespace millrace::csv::detail
