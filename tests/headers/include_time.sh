#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# include_time.sh <compiler> <include dir> <seconds>: the processor time that the compiler takes for
# #include <millrace/millrace.hpp> alone must not be above <seconds>. Least of five, since anything
# else that runs only adds to it.
set -euo pipefail
compiler=$1 include=$2 limit=$3
exec 3>&2  # the compiler's own words, if it has any
TIMEFORMAT='%U %S'
for _ in 1 2 3 4 5; do
  { time "$compiler" -std=c++20 -O0 -fsyntax-only -I "$include" -x c++ - \
    <<<'#include <millrace/millrace.hpp>' 2>&3; } 2>&1
done | awk -v limit="$limit" '
  { seconds = $1 + $2 }
  NR == 1 || seconds < least { least = seconds }
  END {
    printf "#include <millrace/millrace.hpp>: %.2f s, goal %.2f s\n", least, limit
    exit NR != 5 || least <= 0 || least > limit
  }'
