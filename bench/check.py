#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""check.py PROGRAM [--records FILE] [--stat FILE] [--record [--raise]]

Runs the short benchmarks and compares them with what was recorded on such a processor. It fails
when in each of three tries a ratio (the library's time through the loop's) is more than 15 % above
the recorded one, or when the loop's own time, through the time that memory takes for a byte, is
more than 30 % above its record: a slower loop would flatter the ratio.

While others take more than a quarter of a core nothing can be measured: such a try counts as none, and
after six tries what has not failed three times passes, which is said.

--record writes the medians of five runs where they are lower, or new; --raise also where it is higher, and
the commit that does so says why. A processor without records passes, and is told so.
"""
import argparse
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import time

WORKLOADS = ["W1", "W2", "W3", "W4"]
BY_DISK = "W1-file"  # measures the disk, too
SIZES = ["--cpu-time", "--repetitions", "5", "--events", "5000000", "--rows", "100000"]
FAILURES, TRIES, RECORDED = 3, 6, 5
SLOWER, OFF, OTHERS = 1.15, 1.30, 0.25

RESULT = re.compile(
    r"^(\S+) library_ns [\d.]+ loop_ns ([\d.]+) ratio ([\d.]+) .*memory_GB/s ([\d.]+)", re.M)
MACHINE = re.compile(r"^machine (.*), \d+ cores", re.M)


def busy_seconds(stat):
    """What all processors have worked since the start; 0 where the system does not say."""
    if not stat.exists():
        return 0.0
    user, nice, system, _, _, *rest = map(int, stat.read_text().splitlines()[0].split()[1:])
    return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(program, workloads, stat):
    """The processor, how many cores others used, and for each workload its ratio and its loop's
    bytes: the loop's time as the bytes that memory would have brought meanwhile."""
    begin, busy, own = time.monotonic(), busy_seconds(stat), own_seconds()
    done = subprocess.run([program, *workloads, *SIZES], stdout=subprocess.PIPE, text=True)
    others = busy_seconds(stat) - busy - (own_seconds() - own)
    if done.returncode != 0:
        sys.exit(f"{program} failed with {done.returncode}:\n{done.stdout}")
    machine = MACHINE.search(done.stdout)
    found = {
        name: (float(ratio), float(ns) * float(bandwidth))
        for name, ns, ratio, bandwidth in RESULT.findall(done.stdout)
        if name != BY_DISK
    }
    if not machine or not found:
        sys.exit(f"{program} printed no results:\n{done.stdout}")
    return machine[1], others / (time.monotonic() - begin), found


def read(path):
    """{processor: {workload: (ratio, loop's bytes)}} of a file of records."""
    records, here = {}, None
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("["):
            here = records.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, ratio, loop = line.split()
            here[name] = (float(ratio), float(loop))
    return records


def write(path, records):
    text = ["# Recorded by bench/check.py --record: workload, ratio, the loop's time in bytes of memory."]
    for machine in sorted(records):
        text += ["", f"[{machine}]"]
        text += [f"{name} {ratio:.2f} {loop:.1f}"
                 for name, (ratio, loop) in sorted(records[machine].items())]
    path.write_text("\n".join(text) + "\n")


def wrong(found, record):
    """What is to be said against a measurement; nothing when it is good."""
    ratio, loop = found
    if ratio > record[0] * SLOWER:
        return f"ratio {ratio:.2f}, recorded {record[0]:.2f}: more than 15 % slower"
    # A faster one is welcome; memory that neighbours slow down makes any loop look faster.
    if loop > record[1] * OFF:
        return (f"the loop takes what memory needs for {loop:.1f} bytes, recorded {record[1]:.1f}: "
                "a slower loop flatters the ratio")
    return ""


def check(program, records, stat):
    """Prints a line a workload; True when none was worse than its record three times."""
    failures = dict.fromkeys(WORKLOADS, 0)
    for attempt in range(1, TRIES + 1):
        machine, others, found = measure(program, list(failures), stat)
        known = records.get(machine)
        if known is None:
            print(f"no records for {machine}: nothing compared; bench/check.py --record makes them")
            return True
        if attempt == 1:
            for name in sorted(known.keys() - found.keys()):
                print(f"{name} recorded, but not measured in this build")
        before, failures = failures, {}
        for name, result in sorted(found.items()):
            if name not in known:
                print(f"{name} ratio {result[0]:.2f}, not recorded")
                continue
            reason = wrong(result, known[name])
            print(f"{name} ratio {result[0]:.2f} recorded {known[name][0]:.2f}"
                  + (f"  try {attempt}: {reason}" if reason else ""))
            if reason:
                failures[name] = before.get(name, 0) + (others <= OTHERS)
        if others > OTHERS:
            print(f"others used {others:.1f} cores meanwhile: this try does not count")
        bad = [name for name in failures if failures[name] == FAILURES]
        if bad:
            print(f"worse than recorded in {FAILURES} tries: {' '.join(bad)}")
            return False
        if not failures:
            return True
    print(f"not judged, as others used the machine: {' '.join(failures)}")
    return True


def record(program, records, stat, higher_too):
    """Runs vary, so the records are the medians of some."""
    measured = {}
    for _ in range(RECORDED):
        machine, others, found = measure(program, WORKLOADS, stat)
        if others > OTHERS:
            print(f"others used {others:.1f} cores meanwhile: not recorded")
            continue
        for name, result in found.items():
            measured.setdefault(name, []).append(result)
    known = records.setdefault(machine, {})
    for name, results in measured.items():
        middle = tuple(map(statistics.median, zip(*results)))
        if higher_too or name not in known or middle[0] < known[name][0]:
            known[name] = middle
            print(f"{name} ratio {middle[0]:.2f} recorded, of {len(results)} runs")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--records", type=pathlib.Path,
                        default=pathlib.Path(__file__).with_name("records.txt"))
    parser.add_argument("--stat", type=pathlib.Path, default=pathlib.Path("/proc/stat"))
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--raise", dest="higher_too", action="store_true")
    options = parser.parse_args()
    records = read(options.records)
    if not options.record:
        return 0 if check(options.program, records, options.stat) else 1
    record(options.program, records, options.stat, options.higher_too)
    write(options.records, records)
    return 0


if __name__ == "__main__":
    sys.exit(main())
