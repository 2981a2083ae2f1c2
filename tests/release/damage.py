# SPDX-License-Identifier: BSL-1.0
"""R7 and R8: damage.cpp does them in process; when one of them takes it down, it is found out which."""
import collections

import process


def how_many(tools, kind):
    return int(process.run([tools.damage, kind, "count"]).said)


def run(tools, kind, first, end, bug="none"):
    """(counts, failures in words) of a range."""
    ended = process.run([tools.damage, kind, first, end, bug])
    lines = ended.said.splitlines()
    if ended.code == 0 and lines and lines[-1].startswith("counts "):
        words = lines[-1].split()[1:]
        return collections.Counter(dict(zip(words[::2], map(int, words[1::2])))), lines[:-1]
    if end - first == 1:
        return collections.Counter(died=1), [f"died: {first}: {ended}"]
    middle = (first + end) // 2
    counts, failures = run(tools, kind, first, middle, bug)
    more, more_failures = run(tools, kind, middle, end, bug)
    return counts + more, failures + more_failures
