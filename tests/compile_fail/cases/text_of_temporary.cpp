// SPDX-License-Identifier: BSL-1.0
// error: use of deleted function .*Text\(std::(__cxx11::)?(string|basic_string).*&&\)
#include <string>

#include "millrace/core/text.hpp"

std::string name();

millrace::Text borrowed(const std::string& kept) {
#ifdef MISUSE
  return millrace::Text(name());  // dangles at once
#else
  return millrace::Text(kept);
#endif
}
