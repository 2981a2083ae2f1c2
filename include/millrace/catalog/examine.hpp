// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/catalog/infer.hpp"
#include "millrace/catalog/table.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/units.hpp"

namespace millrace::catalog {

/// Whether the first row of delimited text names the columns.
enum class Header : unsigned char {
  detect,  ///< it does when all its cells are texts that differ, and some cell below one is no text
  present,
  absent,
};

struct ExamineOptions {
  InferOptions infer = {};
  /// Between cells; 0 tries , | tab ; and Ctrl-A, and takes the one that gives each row the same
  /// number of cells, at least two, in at least two rows.
  char delimiter = '\0';
  Header header = Header::detect;
  /// What is looked at of an object, before and after it is unpacked; a record that this cuts is
  /// left out.
  ByteSize sample{1u << 20};
};

/// Whether the bytes are all of an object.
enum class Extent : unsigned char { whole, beginning };

/// What an object's bytes say of it.
struct ObjectSchema {
  Classification classification = Classification::unknown;
  Compression compression = Compression::none;
  Type record = {};  ///< a structure; of delimited text, in the columns' order
  CsvFormat csv = {};
  std::uint64_t records = 0;      ///< that gave the schema
  std::uint64_t bad_records = 0;  ///< that could not be read
  /// Of an unknown object why it is; of another, what a reader of it should know.
  std::vector<std::string> notes = {};
};

/// Classifies an object by its bytes and infers its records' type: gzip and Parquet by their magic
/// bytes, JSON by a brace or bracket at its front (texts on lines of their own or one after the
/// other), delimited text by its delimiter, a column without a name is col0, col1, ... Parquet is
/// not opened. An empty object is unknown without a note.
/// Cost: a pass or two over the sample; no more memory than the sample unpacked.
MILLRACE_EXPORT ObjectSchema examine(std::string_view bytes, Extent extent = Extent::whole,
                                     const ExamineOptions& options = {});

/// How much two schemas have in common, from 0 to 1: members of one name and compatible types (of
/// delimited text: at one position), of those of the smaller or of both together.
enum class Share : unsigned char { of_smaller, of_union };
MILLRACE_EXPORT double similarity(const ObjectSchema& a, const ObjectSchema& b, Share share);

/// Widens `into` by a schema of the same classification.
MILLRACE_EXPORT void merge(ObjectSchema& into, const ObjectSchema& from);

}  // namespace millrace::catalog
