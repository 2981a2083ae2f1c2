// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/json_validate.hpp"

#include <string_view>

#include "millrace/formats/json_cursor.hpp"

namespace millrace::json {

Result<void> validate(std::string_view text, const ValidateOptions& options) {
  Cursor cursor(text, options.max_depth);
  cursor.skip_space();
  if (cursor.skip_value() && cursor.finish()) return {};
  return cursor.error(options.first_line);
}

Result<std::uint64_t> validate_lines(std::string_view block, const ValidateOptions& options) {
  std::uint64_t texts = 0;
  ValidateOptions at = options;
  for (; !block.empty(); ++at.first_line) {
    const std::size_t end = block.find('\n');
    std::string_view line = block.substr(0, end);
    block.remove_prefix(end == std::string_view::npos ? block.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (Result<void> checked = validate(line, at); !checked) return checked.take_error();
    ++texts;
  }
  return texts;
}

}  // namespace millrace::json
