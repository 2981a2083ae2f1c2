#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Reads what the jobs and a delivery leave behind with DuckDB, pandas and Python's zipfile, and
compares it with what the jobs print and with a plain computation over the CSV.

    peers_test.py CASE --bank PATH --accidents PATH --deliver PATH

Uses the interpreter in build/peers, which scripts/test --peers makes, when it is there. Without a
peer a case exits with 77: skipped; with MILLRACE_PEERS=required in the environment it fails.
"""
import argparse
import collections
import csv
import importlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "examples/bank/data/bank.csv"
SKIPPED = 77


def use_own_interpreter():
    """Goes on in the interpreter that has the peers, if there is one."""
    own = ROOT / "build/peers/bin/python"
    if own.exists() and pathlib.Path(sys.prefix) != own.parents[1]:
        os.execv(own, [str(own), "-B", *sys.argv])


def peer(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed; scripts/test --peers installs it into build/peers")
        sys.exit(1 if os.environ.get("MILLRACE_PEERS") == "required" else SKIPPED)


def table(said, title, head):
    """A table that a job has printed: its rows' cells, without their thousands' commas."""
    lines = said[said.index(title):].split("\n\n")[0].splitlines()[head:]
    return sorted(re.split(r"\s{2,}", line.strip().replace(",", "")) for line in lines)


def equal(found, wanted, at_least):
    found = sorted(found)
    assert len(wanted) >= at_least, wanted
    assert found == wanted, f"found\n{found}\nwanted\n{wanted}"


def run(binary, command, directory, *flags):
    done = subprocess.run([binary, command, "--dir", directory, *flags], capture_output=True,
                          text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def bank(arguments, directory):
    """(clients and mean balance by job and deposit as the job prints them, its lake)."""
    said = run(arguments.bank, "run", directory, "--input", str(DATA), "--size", "20KiB")
    return table(said, "Clients and mean balance", 2), f"{directory}/lake"


def as_printed(rows):
    return [[job, deposit, str(n), f"{mean:.2f}"] for job, deposit, n, mean in rows]


def case_bank_duckdb(arguments, directory):
    """The bank's lake by DuckDB: clients and mean balance by job and deposit, and the total."""
    duckdb = peer("duckdb")
    wanted, lake = bank(arguments, directory)
    rows = f"read_json('{lake}/2*/**/to-lake-*', format='newline_delimited')"
    equal(as_printed(duckdb.sql(f"select Job, Deposit, count(*), avg(Balance) from {rows} "
                                "group by 1, 2").fetchall()), wanted, 20)
    assert duckdb.sql(f"select count(*) from {rows}").fetchall() == [(1000,)]
    files = duckdb.sql(f"select count(*) from glob('{lake}/2*/**/to-lake-*')").fetchall()
    assert files > [(5,)], files


def case_bank_pandas(arguments, directory):
    """The same by pandas."""
    pandas = peer("pandas")
    wanted, lake = bank(arguments, directory)
    files = list(pathlib.Path(lake).glob("2*/**/to-lake-*"))
    rows = pandas.concat(pandas.read_json(file, lines=True) for file in files)
    groups = rows.groupby(["Job", "Deposit"])["Balance"]
    equal(as_printed((*key, len(of), of.mean()) for key, of in groups), wanted, 20)
    assert len(rows) == 1000 and len(files) > 5, (len(rows), len(files))


def accidents(arguments, directory):
    """(accidents and mean distance by severity as the job prints them, the table in its lake)."""
    said = run(arguments.accidents, "run", directory, "--rows", "20000", "--lake-size", "1MiB")
    found, = pathlib.Path(directory).glob("lake/*/us_accidents/us/accidents")
    return table(said, "severity ", 1), found


def case_accidents_duckdb(arguments, directory):
    """The accidents' lake by DuckDB, with the days from the keys: hive_partitioning."""
    duckdb = peer("duckdb")
    wanted, lake = accidents(arguments, directory)
    rows = (f"read_json('{lake}/**/*.json', format='newline_delimited', hive_partitioning=true, "
            "columns={'Severity': 'INTEGER', 'Distance(mi)': 'DOUBLE'})")
    equal([[str(severity), str(n), f"{mean:.3f}"] for severity, n, mean in duckdb.sql(
        f'select Severity, count(*), avg("Distance(mi)") from {rows} group by 1').fetchall()],
        wanted, 4)
    by_day = collections.Counter()
    for file in lake.rglob("*.json"):
        day = tuple(int(part.split("=")[1]) for part in file.relative_to(lake).parts[:3])
        by_day[day] += len(file.read_text().splitlines())
    found = duckdb.sql(f"select year, month, day, count(*) from {rows} group by all").fetchall()
    assert {tuple(map(int, row[:3])): row[3] for row in found} == by_day, found
    assert sum(by_day.values()) == 20000


def case_accidents_pandas(arguments, directory):
    """The same by pandas."""
    pandas = peer("pandas")
    wanted, lake = accidents(arguments, directory)
    rows = pandas.concat(pandas.read_json(file, lines=True) for file in lake.rglob("*.json"))
    groups = rows.groupby("Severity")["Distance(mi)"]
    equal([[str(key), str(len(of)), f"{of.mean():.3f}"] for key, of in groups], wanted, 4)


def delivered(arguments, directory, compression):
    """(what the CSV has, the lake that a delivery with dynamic partitioning makes of it)."""
    subprocess.run([arguments.deliver, str(DATA), directory, compression], check=True, timeout=200)
    groups = collections.defaultdict(list)
    with open(DATA, newline="") as file:
        for row in csv.DictReader(file):
            groups[row["job"], row["deposit"]].append(int(row["balance"]))
    wanted = sorted([*key, str(len(of)), f"{sum(of) / len(of):.2f}"] for key, of in groups.items())
    return wanted, pathlib.Path(directory, "clients")


def case_hive_duckdb(arguments, directory):
    """GZIP objects by partition keys: DuckDB takes job and deposit from the keys alone."""
    duckdb = peer("duckdb")
    wanted, lake = delivered(arguments, directory, "GZIP")
    found = duckdb.sql("select job, deposit, count(*), avg(balance) from "
                       f"read_json('{lake}/**/*.gz', format='newline_delimited', "
                       "hive_partitioning=true, columns={'balance': 'BIGINT'}) group by 1, 2")
    equal(as_printed(found.fetchall()), wanted, 20)


def case_hive_pandas(arguments, directory):
    """The same objects by pandas."""
    pandas = peer("pandas")
    wanted, lake = delivered(arguments, directory, "GZIP")
    rows = pandas.concat(pandas.read_json(file, lines=True) for file in lake.rglob("*.gz"))
    groups = rows.groupby(["job", "deposit"])["balance"]
    equal(as_printed((*key, len(of), of.mean()) for key, of in groups), wanted, 20)


def case_zip(arguments, directory):
    """ZIP objects by Python's zipfile, which checks sizes and sums."""
    wanted, lake = delivered(arguments, directory, "ZIP")
    groups = collections.defaultdict(list)
    for path in lake.rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            name, = archive.namelist()
            for row in map(json.loads, archive.read(name).splitlines()):
                groups[row["job"], row["deposit"]].append(row["balance"])
    equal(as_printed((*key, len(of), sum(of) / len(of)) for key, of in groups.items()), wanted, 20)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    for binary in ("--bank", "--accidents", "--deliver"):
        parser.add_argument(binary)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        globals()[f"case_{arguments.case}"](arguments, directory)


if __name__ == "__main__":
    use_own_interpreter()
    main()
