#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# include_time.sh <compiler> <include dir> <ratio>: the processor time that the compiler takes for
# #include <millrace/millrace.hpp> must not be above <ratio> times what the standard's headers alone
# take that it includes. Seconds would measure the machine: one and the same file took 0.64 s and
# 0.94 s on different days. Both are compiled in turns, anything else that runs only adds to either,
# so the least of up to 20 runs counts, and the first pair that is good enough ends them.
set -euo pipefail
compiler=$1 include=$2 limit=$3
exec 3>&2  # the compiler's own words, if it has any
TIMEFORMAT='%U %S'
all='#include <millrace/millrace.hpp>'
ours=$("$compiler" -std=c++20 -fsyntax-only -H -I "$include" -x c++ - <<<"$all" 2>&1 |
  sed -n "s#^\.\.* \($include/\)#\1#p" | sort -u)
standard=$(xargs grep -hE '^#include <[a-z_]+>' <<<"$ours" | sort -u)

# spent <text>: seconds that it takes to compile
spent() {
  { time "$compiler" -std=c++20 -O0 -fsyntax-only -I "$include" -x c++ - <<<"$1" 2>&3; } 2>&1 |
    awk '{ print $1 + $2 }'
}
least() { awk -v a="$1" -v b="$2" 'BEGIN { print a == "" || b < a ? b : a }'; }
good() { awk -v a="$whole" -v b="$base" -v limit="$limit" 'BEGIN { exit !(b > 0 && a <= limit * b) }'; }

whole= base=
for n in {1..20}; do
  whole=$(least "$whole" "$(spent "$all")")
  base=$(least "$base" "$(spent "$standard")")
  if [ "$n" -ge 3 ] && good; then break; fi
done
awk -v a="$whole" -v b="$base" -v limit="$limit" 'BEGIN {
  printf "%s: %.2f s, the standard headers alone %.2f s, ratio %.2f, at most %.2f\n",
    "#include <millrace/millrace.hpp>", a, b, a / b, limit }'
good
