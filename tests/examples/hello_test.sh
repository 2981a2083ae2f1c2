#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# hello prints what its README shows, and says what is wrong with an input that is not there.
set -euo pipefail
hello=$1
root=$(cd "$(dirname "$0")/../.." && pwd)

diff - <("$hello" "$root/examples/01-hello/bids.csv") <<'END'
2020-04-15T08:00:00  vase   7.50
2020-04-15T08:00:00  lamp  11.00
2020-04-15T08:10:00  lamp  10.00
END

if said=$("$hello" no-such.csv 2>&1); then
  echo "hello succeeded without its input: $said"
  exit 1
fi
grep -q 'no-such.csv' <<<"$said"
