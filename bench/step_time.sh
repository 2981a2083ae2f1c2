#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# step_time.sh <compiler> <include dir> <ratio>: the processor time that the compiler takes at -O2 for
# one more step in a user's pipeline must not be above <ratio> times what it takes to include
# <millrace/millrace.hpp>. Pipelines of 2 and of 18 steps are compiled in turns, every other step a
# map, the others filters; whatever else runs only adds, so the least of up to 8 turns counts, and the
# first that is good enough ends them.
set -euo pipefail
compiler=$1 include=$2 limit=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
exec 3>&2
TIMEFORMAT='%U %S'

# pipeline <steps>
pipeline() {
  cat <<'END'
#include <millrace/millrace.hpp>
using namespace millrace;
struct Reading {
  long sensor = 0;
  double value = 0;
};
struct Readings {
  using value_type = Reading;
  long left = 1000;
  ReadStatus read(Batch<Reading>& out, Context&) {
    for (; !out.full() && left > 0; --left) out.push_back({left, 1.0}, Timestamp());
    return left == 0 ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};
struct Nothing {
  void write(const Batch<Reading>&, Context&) {}
};
void build(Topology& t) {
  t.source("in", Readings{})
END
  for ((i = 0; i < $1; i += 2)); do
    echo ".map(\"map $i\", [](const Reading& r) { return Reading{r.sensor + $i, r.value * $i}; })"
    echo ".filter(\"filter $i\", [](const Reading& r) { return r.value > $i; })"
  done
  echo '.to("out", Nothing{}); }'
}
pipeline 2 >"$work/2.cpp"
pipeline 18 >"$work/18.cpp"
echo '#include <millrace/millrace.hpp>' >"$work/0.cpp"

# spent <steps>: seconds that it takes to compile
spent() {
  { time "$compiler" -std=c++20 -O2 -DNDEBUG -I "$include" -c "$work/$1.cpp" -o "$work/out.o" 2>&3; } \
    2>&1 | awk '{ print $1 + $2 }'
}
least() { awk -v a="$1" -v b="$2" 'BEGIN { print a == "" || b < a ? b : a }'; }
good() {
  awk -v a="$few" -v b="$many" -v base="$base" -v limit="$limit" \
    'BEGIN { exit !(base > 0 && (b - a) / 16 <= limit * base) }'
}

few="" many="" base=""
for n in {1..8}; do
  base=$(least "$base" "$(spent 0)")
  few=$(least "$few" "$(spent 2)")
  many=$(least "$many" "$(spent 18)")
  if [ "$n" -ge 2 ] && good; then break; fi
done
awk -v a="$few" -v b="$many" -v base="$base" -v limit="$limit" 'BEGIN {
  printf "a step at -O2: %.3f s; the header %.2f s, ratio %.2f, at most %.2f\n", (b - a) / 16, base,
    (b - a) / 16 / base, limit }'
good
