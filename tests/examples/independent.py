#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What the accidents job must give, computed the plain way: Python's csv module, one loop, exact
sums. It shares no code with the library. Prints the totals, one JSON object a line.

    independent.py accidents.csv [--stamp-start T] [--stamp-step 20ms] [--window 60] ...
"""
import argparse
import csv
import datetime
import json
import re
from fractions import Fraction

EPOCH = datetime.datetime(1970, 1, 1)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?$")
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?$")

TEXTS = ("Source Description Street Side City County State Zipcode Country Timezone Airport_Code "
         "Wind_Direction Weather_Condition Sunrise_Sunset Civil_Twilight Nautical_Twilight "
         "Astronomical_Twilight").split()
NUMBERS = ("End_Lat End_Lng Number Temperature(F) Wind_Chill(F) Humidity(%) Pressure(in) "
           "Visibility(mi) Wind_Speed(mph) Precipitation(in)").split()
MUST_BE_NUMBERS = "Start_Lat Start_Lng Distance(mi)".split()
FLAGS = ("Amenity Bump Crossing Give_Way Junction No_Exit Railway Roundabout Station Stop "
         "Traffic_Calming Traffic_Signal Turning_Loop").split()


def parse_time(text):
    """The ISO form of any of the forms in the file."""
    if match := MONTH_FIRST.match(text):
        month, day, year, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime.datetime(year, month, day, hour, minute, second).isoformat()
    if match := ISO.match(text):
        *parts, fraction = match.groups()
        micros = int(((fraction or ".")[1:7]).ljust(6, "0"))
        return datetime.datetime(*(int(part) for part in parts), micros).isoformat()
    raise ValueError(f"no time: {text!r}")


def parse_number(text):
    if not NUMBER.match(text):
        raise ValueError(f"no number: {text!r}")
    return float(text)


def parse_row(header, row):
    """A good row as the raw layer's JSON object; ValueError for a bad one."""
    if len(row) != len(header):
        raise ValueError(f"{len(row)} fields in place of {len(header)}")
    cells = dict(zip(header, row))
    out = {"ID": cells["ID"], "Severity": int(cells["Severity"])}
    for name in ("Start_Time", "End_Time"):
        out[name] = parse_time(cells[name])
    for name in MUST_BE_NUMBERS:
        out[name] = parse_number(cells[name])
    for name in TEXTS:
        out[name] = cells.get(name) or None
    for name in NUMBERS:
        out[name] = parse_number(cells[name]) if cells.get(name) else None
    for name in FLAGS:
        out[name] = {"true": True, "false": False, "": None}[cells[name].lower()]
    out["Weather_Timestamp"] = (parse_time(cells["Weather_Timestamp"])
                                if cells["Weather_Timestamp"] else None)
    return out


def rows_of(path):
    """(header, rows); a row is None when it can't be read as CSV at all (cut inside quotes)."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, None)
        rows = []
        while True:
            try:
                rows.append(next(reader))
            except StopIteration:
                return header, rows
            except csv.Error:
                rows.append(None)


def mix(number):
    """splitmix64's output for one state."""
    mask = (1 << 64) - 1
    z = (number + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def stamp(options, row):
    """The time that row `row` (of the good ones, from 0) is sent, in microseconds."""
    late = mix(options.seed + row) % (options.disorder_us + 1)
    return options.start_us + row * options.step_us + late


def compute(path, options):
    """Everything the job leaves behind."""
    header, rows = rows_of(path)
    out = {"accidents": [], "skipped": 0, "dead": 0, "severe": [], "metric": [], "alerts": []}
    totals = {}
    for row in rows:
        if row is not None and not any(row):
            out["skipped"] += 1
            continue
        try:
            if row is None:
                raise ValueError("cut")
            accident = parse_row(header, row)
        except (ValueError, KeyError):
            out["dead"] += 1
            continue
        at = stamp(options, len(out["accidents"]))
        accident["Txn_Timestamp"] = iso(at)
        out["accidents"].append(accident)
        severity = accident["Severity"]
        cell = totals.setdefault((at // options.window_us, severity), [0, Fraction(0)])
        cell[0] += 1
        cell[1] += Fraction(accident["Distance(mi)"])
        if severity > options.threshold:
            severe = {name: accident[name]
                      for name in ("ID", "Severity", "City", "County", "Txn_Timestamp")}
            out["severe"].append(severe)
            if severity > 2:
                out["metric"].append(severe)
            if severity >= 4:
                out["alerts"].append(severe)
    out["totals"] = [total(options, key, *cell) for key, cell in sorted(totals.items())]
    return out


def iso(micros):
    return (EPOCH + datetime.timedelta(microseconds=micros)).isoformat()


def total(options, key, count, distance):
    window, severity = key
    return {"window_start": iso(window * options.window_us),
            "window_end": iso((window + 1) * options.window_us), "severity": severity,
            "accidents": count, "distance_mi": float(distance),
            "mean_distance_mi": float(distance / count)}


def micros(text):
    return int((datetime.datetime.fromisoformat(text) - EPOCH) / datetime.timedelta(microseconds=1))


def options_from(args=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", nargs="?")
    parser.add_argument("--stamp-start", dest="start_us", type=micros, default=micros("2022-12-24"))
    parser.add_argument("--stamp-step-us", dest="step_us", type=int, default=20_000)
    parser.add_argument("--disorder-us", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--window-us", type=int, default=60_000_000)
    parser.add_argument("--threshold", type=int, default=3)
    return parser.parse_args(args)


if __name__ == "__main__":
    chosen = options_from()
    for line in compute(chosen.input, chosen)["totals"]:
        print(json.dumps(line))
