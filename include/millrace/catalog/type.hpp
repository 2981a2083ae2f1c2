// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::catalog {

/// The kinds of Hive's types that values can be of.
enum class TypeKind : unsigned char {
  unknown,  ///< no evidence: nothing but nulls was seen; written as string
  boolean,
  int32,      ///< int
  int64,      ///< bigint
  float32,    ///< float
  float64,    ///< double
  decimal,    ///< decimal(38,0)
  decimal20,  ///< decimal(20,0): what 64 bits without a sign need
  date,       ///< yyyy-MM-dd
  timestamp,  ///< yyyy-MM-dd HH:mm:ss[.f]
  string,
  array,
  structure,
};

struct Member;

/// A column's type as values give evidence of it.
struct Type {
  // Constructors, since a vector of what is not yet complete can't have a default here.
  Type(TypeKind of = TypeKind::unknown);
  Type(TypeKind of, std::vector<Member> with);

  TypeKind kind;
  /// Of a structure, in the order in which they were first seen; an array has one, its elements.
  std::vector<Member> members;
  bool operator==(const Type&) const;
};

/// A member of a structure under the name that the data gives it.
struct Member {
  std::string key;
  Type type;
  bool operator==(const Member&) const = default;
};

inline Type::Type(TypeKind of) : kind(of) {}
inline Type::Type(TypeKind of, std::vector<Member> with) : kind(of), members(std::move(with)) {}
inline bool Type::operator==(const Type& other) const {
  return kind == other.kind && members == other.members;
}

/// Widens `into` so that it also holds what is a `from`: int and bigint give bigint, a number and a
/// double give double, structures their fields' union, arrays likewise, no evidence gives the
/// other; anything else is a string.
MILLRACE_EXPORT void merge(Type& into, const Type& from);
/// True when merge() keeps what both are and does not fall back to string.
MILLRACE_EXPORT bool compatible(const Type& a, const Type& b);

/// The type in Hive's words: `struct<x:int,y:array<double>>`. What has no evidence is a string.
MILLRACE_EXPORT std::string to_hive(const Type& type);

/// Checks a type in Hive's words, read from outside, for its form: brackets, names, what each word
/// takes. Errors: invalid_input with the column; limit_exceeded past 131072 bytes or 128 levels.
MILLRACE_EXPORT Result<void> check_hive_type(std::string_view text);

/// A name for a column that Hive takes: lower case, all but [a-z0-9_] becomes '_'; "_" for nothing.
MILLRACE_EXPORT std::string column_name(std::string_view key);
/// The name, or the first of name_1, name_2, ... that is not in `taken`.
MILLRACE_EXPORT std::string unique_name(std::string name, const std::vector<std::string>& taken);

}  // namespace millrace::catalog
