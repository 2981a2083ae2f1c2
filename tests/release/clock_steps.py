# SPDX-License-Identifier: BSL-1.0
"""R16: the wall clock of the accidents job is stepped while it runs, at even parts of what a run takes;
its output must not show it."""
import os
import subprocess
import threading
import time

import outcome
import process

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
TO_2038_MS = 2_147_483_647_000
TO_2100_MS = 4_107_542_400_000  # the first of March, after the leap day that does not come

# What the clock is ahead by, step by step; "at" makes it what the time is at a moment, instead.
CLOCKS = {
    "an hour on": [0, HOUR_MS],
    "an hour back": [0, -HOUR_MS],
    "an hour on and back": [0, HOUR_MS, 0],
    "a second back, again and again": [-1000 * n for n in range(20)],
    "summer time begins and ends": [0, HOUR_MS, HOUR_MS, 0],
    "2038": ["at", TO_2038_MS - 100],
    "2100": ["at", TO_2100_MS - 100],
    "a day back": [0, -DAY_MS],
}


def run(tools, job, number):
    name, steps = list(CLOCKS.items())[number]
    directory, clock = process.fresh(tools.directory / "job"), tools.directory / "clock"
    if steps[0] == "at":
        now_ms = int(subprocess.run(["date", "+%s%3N"], capture_output=True, text=True).stdout)
        steps = [at - now_ms for at in steps[1:]]
    started = time.monotonic()
    process.run(job.command(directory))
    pause_s = (time.monotonic() - started) / max(2, len(steps))
    process.fresh(directory)
    set_clock(clock, steps[0])
    ended = threading.Event()
    stepper = threading.Thread(target=step, args=(clock, steps[1:], pause_s, ended))
    stepper.start()
    env = dict(os.environ, LD_PRELOAD=process.preload(tools.shim), FILE_SHIM_CLOCK=str(clock))
    done = process.run(job.command(directory), env)
    ended.set()
    stepper.join()
    result = outcome.Outcome()
    if done.code != 0:
        result.add("stuck", f"{name}: {done}")
    else:
        outcome.at_the_end(result, job.wanted(), job.seen(directory))
    return result


def step(clock, steps, pause_s, ended):
    for ahead_ms in steps:
        if ended.wait(pause_s):
            return
        set_clock(clock, ahead_ms)


def set_clock(clock, ahead_ms):
    """In place and of one length: the shim reads the same file at any time."""
    with open(clock, "r+b" if clock.exists() else "wb") as file:
        file.write(f"{ahead_ms:<20}".encode())
