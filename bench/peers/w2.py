#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""w2.py IN.events: W2 on Bytewax, one worker, the events in memory.

Runs twice, the first time to warm up, and prints `seconds S count N sum HEX` of the second time.
"""
import struct
import sys
import time
from datetime import datetime, timedelta, timezone

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import TestingSource, run_main

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LENGTH = timedelta(seconds=10)


class Summing(StatelessSinkPartition):
    def __init__(self, check):
        self.check = check

    def write_batch(self, items):
        for key, (window, (count, total)) in items:
            end_us = (window + 1) * 10_000_000
            mixed = (int(key) * 0x9E3779B97F4A7C15 ^ end_us) + count * 0xD1B54A32D192ED03
            self.check[0] += 1
            self.check[1] += mixed + total * 31


class Sink(DynamicSink):
    def __init__(self, check):
        self.check = check

    def build(self, *_):
        return Summing(self.check)


def fold(totals, event):
    totals[0] += 1
    totals[1] += event[1]
    return totals


def merge(one, other):
    return [one[0] + other[0], one[1] + other[1]]


def dataflow(events, check):
    flow = Dataflow("w2")
    stream = op.input("events", flow, TestingSource(events, batch_size=10_000))
    # Its watermark follows the wall clock, too, and would make late what it is slow to take: this
    # clock stands still.
    clock = win.EventClock(ts_getter=lambda event: event[0],
                           wait_for_system_duration=timedelta(seconds=5), now_getter=lambda: EPOCH)
    windows = win.fold_window("totals", stream, clock,
                              win.TumblingWindower(length=LENGTH, align_to=EPOCH),
                              lambda: [0, 0], fold, merge, ordered=False)
    op.output("sum", windows.down, Sink(check))
    return flow


with open(sys.argv[1], "rb") as file:
    # A key must be a string.
    events = [(str(key), (EPOCH + timedelta(microseconds=us), value))
              for us, key, value in struct.iter_unpack("<qII", file.read())]
for _ in range(2):
    check = [0, 0]
    flow = dataflow(events, check)
    begin = time.perf_counter()
    run_main(flow)
    seconds = time.perf_counter() - begin
print("seconds", seconds, "count", check[0], "sum", f"{check[1] % 2**64:016x}")
