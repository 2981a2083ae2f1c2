// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/catalog/type.hpp"

namespace millrace::catalog {

/// Numbers by how much they hold; 0 for what is no number.
constexpr int width(TypeKind kind) {
  switch (kind) {
    case TypeKind::int32:
      return 1;
    case TypeKind::int64:
      return 2;
    case TypeKind::decimal20:
      return 3;
    case TypeKind::decimal:
      return 4;
    case TypeKind::float32:
      return 5;
    case TypeKind::float64:
      return 6;
    default:
      return 0;
  }
}

/// What holds values of two different kinds, neither of which is unknown.
constexpr TypeKind widened(TypeKind a, TypeKind b) {
  if (a == b) return a;
  if (width(a) == 0 || width(b) == 0) return TypeKind::string;
  // A float has no room for an integer's digits.
  if (a == TypeKind::float32 || b == TypeKind::float32) return TypeKind::float64;
  return width(a) > width(b) ? a : b;
}

}  // namespace millrace::catalog
