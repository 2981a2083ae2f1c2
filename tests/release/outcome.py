# SPDX-License-Identifier: BSL-1.0
"""Compares what a job has left behind with what it must: by id, at its end and at any time before."""
import collections


class Outcome:
    """Counts of what is not as it should be, and a few examples in words."""

    def __init__(self):
        self.counts = collections.Counter(lost=0, doubled=0, wrong=0, retracted=0)
        self.examples = []

    def add(self, kind, what, count=1):
        self.counts[kind] += count
        if len(self.examples) < 5:
            self.examples.append(f"{kind}: {what}")

    def good(self):
        return not any(self.counts.values())

    def __str__(self):
        return "; ".join(self.examples)


def at_any_time(outcome, wanted, seen, before=()):
    """`seen` is (id, value) pairs: each wanted, none twice, all that was seen `before` still there.
    Gives their ids."""
    ids = collections.Counter()
    for name, value in seen:
        ids[name] += 1
        if name not in wanted:
            outcome.add("wrong", f"{name} was never put in")
        elif wanted[name] != value:
            outcome.add("wrong", f"{name} is {value} in place of {wanted[name]}")
    for name, times in ids.items():
        if times > 1:
            outcome.add("doubled", f"{name} is there {times} times", times - 1)
    for name in before:
        if name not in ids:
            outcome.add("retracted", f"{name} was there and is gone")
    return ids.keys()


def at_the_end(outcome, wanted, seen, before=()):
    """The same, and nothing is missing."""
    there = at_any_time(outcome, wanted, seen, before)
    for name in wanted:
        if name not in there:
            outcome.add("lost", str(name))
