#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# if_cpu_has.sh <flag>[,<flag>...] <program>: runs it, or ends with 77 where the processor lacks one
# of them.
for flag in $(echo "$1" | tr , ' '); do
  if ! grep -qw "$flag" /proc/cpuinfo; then
    echo "skipped: this processor has no $flag"
    exit 77
  fi
done
shift
exec "$@"
