#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""scripts/release-checks [GOAL ...] [--quick] [options]

Checks the promises of docs/RELIABILITY.md on the built programs and prints a line a goal:

    R1 1000 kills lost 0 doubled 0 wrong 0 retracted 0 goal met

  scripts/release-checks --list         the goals, what each does, and its counts
  scripts/release-checks --quick        all goals with small counts, some minutes
  scripts/release-checks R1 R7          two goals with full counts, for as long as it takes
  scripts/release-checks R6 --minutes 30   a sitting of half an hour; the next one goes on from there
  scripts/release-checks R9 --count 20000  so many in place of the full count

What was done is kept in a file, by the code that was checked and the range of seeds, kills or points,
so that long counts add up over sittings: "R1 340 of 1000 kills ..." is a goal that is not done. A new
commit that changes the code begins anew.

Exit code: 0 when every goal is met, 1 when one is not, 3 when nothing is wrong but not all is done.
"""
import argparse
import concurrent.futures
import os
import pathlib
import sys
import tempfile
import time

import goals
import results

SHOWN_FAILURES = 3


def line(goal, total, results_):
    done, counts, _ = results_.summary(goal.name, total)
    counts, _ = goal.judge(counts, done)
    shown = {kind: counts.pop(kind, 0) for kind in goal.bad}
    bad = sum(shown.values()) + sum(counts[kind] for kind in counts if kind not in goal.told)
    shown |= {kind: n for kind, n in sorted(counts.items()) if n or kind in goal.told}
    text = " ".join(f"{kind} {n:g}" for kind, n in shown.items())
    number = f"{total}" if done >= total else f"{done} of {total}"
    verdict = "goal MISSED" if bad else "goal met" if done >= total else "so far"
    return f"{goal.name} {number} {goal.unit} {text} {verdict}", bad, done >= total


def one_range(name, build, shared, first, end):
    """Runs in a process of its own, in a directory of its own."""
    mine = shared / f"worker-{os.getpid()}"
    mine.mkdir(exist_ok=True)
    tools = goals.Tools(build, mine, shared)
    counts, failures = goals.BY_NAME[name].run(tools, first, end)
    return first, end, counts, failures


def check(goal, options, kept, directory):
    """Whether it is met: True, False, or None when it is not done."""
    tools = goals.Tools(options.build, directory, directory)
    total = options.count or goal.total(tools, options.quick)
    deadline = time.monotonic() + options.minutes * 60 if options.minutes else None
    ranges = list(kept.missing(goal.name, total, goal.step))
    told = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        pending = set()
        while ranges or pending:
            late = deadline is not None and time.monotonic() > deadline
            while ranges and len(pending) < options.jobs and not late:
                pending.add(pool.submit(one_range, goal.name, options.build, directory,
                                        *ranges.pop(0)))
            if not pending:
                break
            ended, pending = concurrent.futures.wait(
                pending, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in ended:
                kept.add(goal.name, *future.result())
            if time.monotonic() - told > 15:
                told = time.monotonic()
                print("  " + line(goal, total, kept)[0], file=sys.stderr, flush=True)
    text, bad, done = line(goal, total, kept)
    number, counts, failures = kept.summary(goal.name, total)
    for failure in (failures + goal.judge(counts, number)[1])[:SHOWN_FAILURES]:
        print(f"  {goal.name} {failure}", flush=True)
    print(text, flush=True)
    return False if bad else True if done else None


def parse():
    parser = argparse.ArgumentParser(prog="scripts/release-checks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage=argparse.SUPPRESS)
    parser.add_argument("goals", nargs="*", metavar="GOAL", help="such as R1; all when none is given")
    parser.add_argument("--quick", action="store_true", help="small counts")
    parser.add_argument("--count", type=int, help="so many of each goal")
    parser.add_argument("--list", action="store_true", help="say what there is and end")
    parser.add_argument("--minutes", type=float, help="begin nothing new after so long, each goal")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at a time; as many as cores")
    parser.add_argument("--again", action="store_true", help="don't go on from what is kept")
    parser.add_argument("--results", type=pathlib.Path,
                        help="where it is kept; release-results.jsonl in the build's directory")
    parser.add_argument("--build", type=pathlib.Path, default=results.ROOT / "build/release",
                        help="of what is checked")
    options = parser.parse_args()
    unknown = [name for name in options.goals if name not in goals.BY_NAME]
    if unknown:
        parser.exit(2, f"release-checks: there is no goal {unknown[0]}; there are "
                       f"{', '.join(goals.BY_NAME)}\n")
    return options


def main():
    options = parse()
    chosen = [goals.BY_NAME[name] for name in options.goals] or [
        goal for goal in goals.BY_NAME.values() if not (options.quick and goal.not_quick)]
    if options.list:
        for goal in chosen:
            print(f"{goal.name:4}{goal.unit}: quick {goal.quick}, full {goal.full}\n"
                  f"    {goal.about}")
        return 0
    options.build = options.build.resolve()
    path = None if options.again else options.results or options.build / "release-results.jsonl"
    kept = results.Results(path, options.build.name)
    with tempfile.TemporaryDirectory(prefix="release-") as directory:
        met = [check(goal, options, kept, pathlib.Path(directory).resolve()) for goal in chosen]
    return 1 if False in met else 3 if None in met else 0


if __name__ == "__main__":
    sys.exit(main())
