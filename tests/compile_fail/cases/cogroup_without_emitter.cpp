// SPDX-License-Identifier: BSL-1.0
// error: millrace: cogroup<U>\(name, f\): f must be callable with
#include "quotes.hpp"

void build(const Quotes& quotes) {
#ifdef MISUSE
  by_minute(quotes).cogroup<std::size_t>(
      "groups", [](const std::string&, const auto& a, const auto&) { return a.size(); });
#else
  by_minute(quotes).cogroup<std::size_t>(
      "groups",
      [](const std::string&, const auto& a, const auto&, auto& out) { out.emit(a.size()); });
#endif
}
