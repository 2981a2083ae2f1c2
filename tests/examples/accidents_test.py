#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs the accidents job as a user does and compares what it leaves behind with independent.py.

    accidents_test.py path/to/accidents [case ...]
"""
import collections
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import independent

HERE = pathlib.Path(__file__).resolve().parent
STAMPS = ["--stamp-start", "2022-12-24T00:00:00", "--stamp-step", "20ms",
          "--stamp-disorder", "2s", "--seed", "42"]
OPTIONS = independent.options_from([])
HEADER = independent.HEADER_47


class Job:
    """A directory, and the program run in it."""

    def __init__(self, binary, directory):
        self.binary = binary
        self.dir = pathlib.Path(directory)

    def command(self, command, *flags):
        return [self.binary, command, "--dir", str(self.dir / "out"), *map(str, flags)]

    def run(self, command, *flags, code=0):
        done = subprocess.run(self.command(command, *flags), capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == code, f"{done.args}\n{done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self, command, *flags):
        return subprocess.Popen(self.command(command, *flags), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def generate(self, *flags):
        path = self.dir / "input.csv"
        subprocess.run([self.binary, "generate", "--output", path, *map(str, flags)], check=True,
                       capture_output=True, timeout=60)
        return path

    def lines(self, name):
        path = self.dir / "out" / name
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines()]

    def lake(self):
        return [json.loads(line)
                for path in (self.dir / "out/lake").rglob("accidents_*.json")
                for line in path.read_text().splitlines()]


def same(name, seen, wanted):
    """Equal as multisets; floats to 1e-9."""
    def frozen(record):
        return json.dumps({key: float(f"{value:.9g}") if isinstance(value, float) else value
                           for key, value in record.items()}, sort_keys=True)

    seen = collections.Counter(map(frozen, seen))
    wanted = collections.Counter(map(frozen, wanted))
    missing, extra = list((wanted - seen).elements()), list((seen - wanted).elements())
    assert not missing and not extra, (
        f"{name}: {len(missing)} missing, {len(extra)} too many, for example\n"
        f"  missing {missing[:2]}\n  extra {extra[:2]}")


def check_all(job, path, raw_numbers=True):
    """Everything in the job's directory is what the plain computation gives for this input."""
    wanted = independent.compute(path, OPTIONS)
    same("totals", job.lines("totals.jsonl"), wanted["totals"])
    same("stream 2", job.stream_2(), wanted["severe"])
    same("raw layer", job.lake(), wanted["accidents"])
    same("metric", job.metric(), wanted["metric"])
    same("alerts", job.alerts(), wanted["alerts"])
    letters = job.lines("rejects/produce.jsonl")
    assert len(letters) == wanted["dead"], f"{len(letters)} letters, {wanted['dead']} bad rows"
    return wanted
