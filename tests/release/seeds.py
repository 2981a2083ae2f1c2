# SPDX-License-Identifier: BSL-1.0
"""R9: ranges of seeds, one job a range, in sim_seeds, which simulates the job without a fault and with
many. A seed counts only when it had as much as sim::telling wants of each."""
import collections
import re

import process
import results

# In turn; three of them are there twice.
JOBS = ("windows", "sliding", "log", "late", "accidents", "files",
        "copy", "joins", "log", "late", "accidents", "bank")
# Who looks at the log after a crash recovers it first; sweep.log dies there.
ELSEWHERE = {"log.tail_cut"}
HANGS_AFTER_S = 3600
AT = "at "  # counts of crashes at a step of the protocol have names that begin with it

FAILED = re.compile(r"^[a-z]+: (seed \d+.*)", re.MULTILINE)
SITE = re.compile(r"^([a-z_.]+): \d+ visits, \d+ faults, (\d+) crashes$", re.MULTILINE)
NAMED = re.compile(r'(?:reached|fires|delay)\("([a-z_]+\.[a-z_]+)"\)')
KINDS = (("lost", r"\d+ lost: "), ("doubled", r"visible \d+ times: |visible twice: "),
         ("retracted", "was visible and is no more: "), ("few", "it says too little: "))


def kind_of(failure):
    return next((kind for kind, words in KINDS if re.search(words, failure)), "wrong")


def run(program, first, end, job):
    """(counts, failures in words) of the seeds after `first` up to `end`."""
    counts, failures = collections.Counter(), []
    ended = process.run([program, first + 1, end, job], hangs_after_s=HANGS_AFTER_S)
    for failure in FAILED.findall(ended.said):
        counts[kind_of(failure)] += 1
        failures.append(f"{job}: {failure}")
    for site, crashes in SITE.findall(ended.said):
        counts[AT + site] += int(crashes)
    if ended.code not in (0, 1) or (ended.code == 1) != bool(failures):
        counts["died"] += 1
        failures.append(f"{job}: seeds {first + 1} to {end}: {ended}")
    return counts, failures


def steps():
    """The names that steps of the protocol have in the library."""
    found = set()
    for folder in ("include", "src"):
        for path in (results.ROOT / folder).rglob("*.?pp"):
            found |= set(NAMED.findall(path.read_text()))
    return found


def too_rare(counts, wanted):
    """The steps at which fewer processes died than wanted."""
    known = steps() | {name[len(AT):] for name in counts if name.startswith(AT)}
    return sorted(step for step in known - ELSEWHERE if counts[AT + step] < wanted)
