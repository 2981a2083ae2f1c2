// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <array>
#include <string_view>

namespace millrace::catalog {

/// True for a word that DDL takes for its own unless it stands in back quotes.
/// Source: the Athena user guide's list of reserved keywords, and the names of types.
inline bool is_reserved(std::string_view word) {
  static constexpr auto words = std::to_array<std::string_view>({
      "all",           "alter",       "and",       "array",         "as",
      "authorization", "between",     "bigint",    "binary",        "boolean",
      "both",          "by",          "case",      "cast",          "char",
      "column",        "commit",      "conf",      "constraint",    "create",
      "cross",         "cube",        "current",   "current_date",  "current_timestamp",
      "cursor",        "database",    "date",      "dayofweek",     "decimal",
      "delete",        "describe",    "distinct",  "div",           "double",
      "drop",          "else",        "end",       "exchange",      "exists",
      "extended",      "external",    "extract",   "false",         "fetch",
      "float",         "floor",       "following", "for",           "foreign",
      "from",          "full",        "function",  "grant",         "group",
      "grouping",      "having",      "if",        "import",        "in",
      "inner",         "insert",      "int",       "integer",       "intersect",
      "interval",      "into",        "is",        "join",          "lateral",
      "left",          "less",        "like",      "local",         "macro",
      "map",           "more",        "none",      "not",           "null",
      "numeric",       "of",          "on",        "only",          "or",
      "order",         "out",         "outer",     "over",          "partialscan",
      "partition",     "percent",     "preceding", "precision",     "preserve",
      "primary",       "procedure",   "range",     "reads",         "reduce",
      "references",    "regexp",      "revoke",    "right",         "rlike",
      "rollback",      "rollup",      "row",       "rows",          "select",
      "set",           "smallint",    "start",     "string",        "struct",
      "table",         "tablesample", "then",      "time",          "timestamp",
      "tinyint",       "to",          "transform", "trigger",       "true",
      "truncate",      "unbounded",   "union",     "uniquejoin",    "uniontype",
      "update",        "user",        "using",     "utc_timestamp", "values",
      "varchar",       "views",       "when",      "where",         "window",
      "with",
  });
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace millrace::catalog
