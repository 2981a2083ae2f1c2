// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/step_file.hpp"

#include <string_view>

namespace millrace::detail {

std::string step_file_name(const std::string& step, std::uint32_t subtask) {
  constexpr std::string_view kept =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr char hex[] = "0123456789ABCDEF";
  std::string name;
  for (const char c : step) {
    const auto byte = static_cast<unsigned char>(c);
    if (kept.find(c) != std::string_view::npos)
      name += c;
    else
      name += {'%', hex[byte >> 4], hex[byte & 15]};
  }
  return name + '.' + std::to_string(subtask);
}

}  // namespace millrace::detail
