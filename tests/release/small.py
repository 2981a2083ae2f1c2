# SPDX-License-Identifier: BSL-1.0
"""The small job: how it is started, what it must leave behind, and what it has."""
import collections
import json
import pathlib
import shutil
import sqlite3
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "examples"))
import logfile  # noqa: E402

NUMBERS = 50
SINKS = ("store", "index")


class Small:
    """`sinks` is store or index, or one of the planted bugs that small_job.cpp knows."""

    def __init__(self, binary, sinks):
        self.binary, self.sinks = binary, sinks

    def command(self, directory, *more):
        return [self.binary, self.sinks, directory, *more]

    def wanted(self):
        """Every id that must be there at the end, with its value."""
        wanted = {("in", i): number(i) for i in range(NUMBERS)}
        if self.sinks == "index":
            return wanted | {("document", i): number(i) for i in range(NUMBERS)}
        wanted |= {("out", i): number(i) for i in range(1, NUMBERS, 2)}
        totals = collections.defaultdict(list)
        for i in range(NUMBERS):
            totals[second(i // 10), i % 3].append(i)
        return wanted | {("total", *key): (len(ids), sum(ids)) for key, ids in totals.items()}

    def seen(self, directory):
        """(id, value) of all that is visible now, to a reader that is not of this project."""
        directory = pathlib.Path(directory)
        seen = log(directory, "in")
        if self.sinks == "index":
            return seen + documents(directory / "index")
        return seen + log(directory, "out") + totals_in(directory / "lake")


def second(n):
    return f"1970-01-01T00:00:{n:02}"


def number(i):
    return (i % 3, second(i // 10) + (f".{i % 10}00000" if i % 10 else ""))


def value_of(record):
    return record["key"], record["time"]


def log(directory, name):
    records = (json.loads(data) for _, _, data in logfile.records(directory / name))
    return [((name, record["id"]), value_of(record)) for record in records]


def totals_in(lake):
    lines = (json.loads(line) for path in lake.rglob("totals_*.json")
             for line in path.read_text().splitlines())
    return [(("total", t["second"], t["key"]), (t["count"], t["sum"])) for t in lines]


def documents(index):
    records = (json.loads(text) for text in texts_of(index, "numbers"))
    return [(("document", record["id"]), value_of(record)) for record in records]


def texts_of(directory, index):
    """The documents as SQLite finds them in a copy: opening the files themselves would change them."""
    if not (directory / "index.sqlite").exists():
        return []
    with tempfile.TemporaryDirectory() as copy:
        for path in directory.glob("index.sqlite*"):
            shutil.copy(path, copy)
        connection = sqlite3.connect(f"{copy}/index.sqlite")
        row = connection.execute("select n from indices where name = ?", [index]).fetchone()
        texts = connection.execute(f"select source from d{row[0]}").fetchall() if row else []
        connection.close()
    return [text for text, in texts]
