// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/catalog/examine.hpp"

namespace millrace::catalog {

/// What examine() does with text that begins with a brace or bracket, and with any other.
ObjectSchema examine_json(std::string_view text, Extent extent, const ExamineOptions& options);
ObjectSchema examine_csv(std::string_view text, Extent extent, const ExamineOptions& options);

}  // namespace millrace::catalog
