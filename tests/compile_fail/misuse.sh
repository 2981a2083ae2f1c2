#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# misuse.sh <compiler> <include dir> <case.cpp>: the case compiles as it is, and with -DMISUSE it
# fails with one error, whose line matches the pattern after `// error: ` in the case.
set -euo pipefail
compiler=$1 include=$2 case=$3
pattern=$(sed -n 's#^// error: ##p' "$case")
[ -n "$pattern" ] || { echo "$case has no line '// error: <pattern>'"; exit 1; }
compile=("$compiler" -std=c++20 -fsyntax-only -I "$include" "$case")

"${compile[@]}" -Wall -Wextra -Werror || { echo "the right use does not compile"; exit 1; }
if said=$("${compile[@]}" -DMISUSE 2>&1); then
  echo "the misuse compiles"
  exit 1
fi
errors=$(grep -E '(fatal )?error: ' <<<"$said")
if [ "$(wc -l <<<"$errors")" -ne 1 ]; then
  printf '%s\nmore than one error; the first should be the only one\n' "$errors"
  exit 1
fi
grep -qE "$pattern" <<<"$errors" || {
  printf '%s\ndoes not match: %s\n' "$errors" "$pattern"
  exit 1
}
echo "$errors"
