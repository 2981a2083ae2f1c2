// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "harness.hpp"

/// I1: bank rows into the document index, 1,000 a transaction: 17 columns with an index each and
/// one full text.
namespace bench::index {

struct Row {
  std::string id;
  std::string document;
  std::vector<std::string> words;     ///< of the keyword columns
  std::vector<std::int64_t> numbers;  ///< of the integer columns
  std::string note;
};
std::vector<Row> generate(std::size_t rows);

/// Prepared statements of SQLite's that fill the same tables and indexes, from values that are
/// ready; pragmas and transactions are the same.
Check loop(const std::vector<Row>& rows);
/// Store::bulk() with the documents as JSON, which it checks and takes apart.
Check library(const std::vector<Row>& rows);

}  // namespace bench::index
