#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""check.py PROGRAM [--records FILE] [--record [--raise]]

Runs the short benchmarks and compares them with what was recorded on such a processor. It fails
when in each of three tries a ratio (the library's time through the loop's) is more than 15 % above
the recorded one, or when the loop's own time, through the time that memory takes for a byte, is
more than 30 % off: then it is another loop, or another machine, and the ratio means nothing.

--record writes what was measured where it is lower, or new; --raise also where it is higher, and
the commit that does so says why. A processor without records passes, and is told so.
"""
import argparse
import pathlib
import re
import subprocess
import sys

WORKLOADS = ["W1", "W2", "W3", "W4"]
SIZES = ["--cpu-time", "--repetitions", "3", "--events", "5000000", "--rows", "100000"]
TRIES, SLOWER, OFF = 3, 1.15, 1.30

RESULT = re.compile(
    r"^(\S+) library_ns [\d.]+ loop_ns ([\d.]+) ratio ([\d.]+) .*memory_GB/s ([\d.]+)", re.M)
MACHINE = re.compile(r"^machine (.*), \d+ cores", re.M)


def measure(program, workloads):
    """The processor, and for each workload its ratio and its loop's bytes: the loop's time as the
    bytes that memory would have brought meanwhile."""
    done = subprocess.run([program, *workloads, *SIZES], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{program} failed with {done.returncode}:\n{done.stdout}")
    machine = MACHINE.search(done.stdout)
    found = {
        name: (float(ratio), float(ns) * float(bandwidth))
        for name, ns, ratio, bandwidth in RESULT.findall(done.stdout)
    }
    if not machine or not found:
        sys.exit(f"{program} printed no results:\n{done.stdout}")
    return machine[1], found


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
    if not record[1] / OFF <= loop <= record[1] * OFF:
        return (f"the loop takes what memory needs for {loop:.1f} bytes, recorded {record[1]:.1f}: "
                "more than 30 % off")
    return ""


def check(program, records):
    """Prints a line a workload; True when none is worse than its record."""
    workloads = WORKLOADS
    for attempt in range(1, TRIES + 1):
        machine, found = measure(program, workloads)
        known = records.get(machine)
        if known is None:
            print(f"no records for {machine}: nothing compared; bench/check.py --record makes them")
            return True
        bad = []
        if attempt == 1:
            for name in sorted(known.keys() - found.keys()):
                print(f"{name} recorded, but not measured in this build")
        for name, result in sorted(found.items()):
            if name not in known:
                print(f"{name} ratio {result[0]:.2f}, not recorded")
                continue
            reason = wrong(result, known[name])
            print(f"{name} ratio {result[0]:.2f} recorded {known[name][0]:.2f}"
                  + (f"  try {attempt} of {TRIES}: {reason}" if reason else ""))
            if reason:
                bad.append(name)
        if not bad:
            return True
        workloads = bad
    print(f"worse than recorded in {TRIES} tries: {' '.join(workloads)}")
    return False


def record(program, records, higher_too):
    for _ in range(TRIES):
        machine, found = measure(program, WORKLOADS)
        known = records.setdefault(machine, {})
        for name, result in found.items():
            if higher_too or name not in known or result[0] < known[name][0]:
                known[name] = result
                print(f"{name} ratio {result[0]:.2f} recorded")
        higher_too = False


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--records", type=pathlib.Path,
                        default=pathlib.Path(__file__).with_name("records.txt"))
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--raise", dest="higher_too", action="store_true")
    options = parser.parse_args()
    records = read(options.records)
    if not options.record:
        return 0 if check(options.program, records) else 1
    record(options.program, records, options.higher_too)
    write(options.records, records)
    return 0


if __name__ == "__main__":
    sys.exit(main())
