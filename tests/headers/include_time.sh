#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# include_time.sh <compiler> <include dir> <seconds>: the processor time that the compiler takes for
# #include <millrace/millrace.hpp> alone must not be above <seconds>. Anything else that runs only
# adds to it, so the least of up to 20 runs counts, and the first that is low enough ends them.
set -euo pipefail
compiler=$1 include=$2 limit=$3
exec 3>&2  # the compiler's own words, if it has any
TIMEFORMAT='%U %S'
least=
for _ in {1..20}; do
  spent=$({ time "$compiler" -std=c++20 -O0 -fsyntax-only -I "$include" -x c++ - \
    <<<'#include <millrace/millrace.hpp>' 2>&3; } 2>&1)
  least=$(awk -v least="$least" '{ s = $1 + $2; print least == "" || s < least ? s : least }' \
    <<<"$spent")
  awk -v least="$least" -v limit="$limit" 'BEGIN { exit !(least > 0 && least <= limit) }' && break
done
printf '#include <millrace/millrace.hpp>: %.2f s, goal %.2f s\n' "$least" "$limit"
awk -v least="$least" -v limit="$limit" 'BEGIN { exit !(least > 0 && least <= limit) }'
