// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/formats/split.hpp"

namespace millrace::csv {

/// Finds the records of a CSV file, in whose quoted fields line breaks may stand; see Splitter.
/// Quotes are counted, not judged: one that stands where none may swallows what follows up to the
/// next one, and the decoder reports the whole.
/// Source: RFC 4180.
class RecordSplitter : public Splitter {
 public:
  explicit RecordSplitter(SplitOptions options = {}) : Splitter(Quotes::double_quote, options) {}
};

}  // namespace millrace::csv
