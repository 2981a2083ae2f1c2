#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs the bank job as a user does and compares what it says and leaves behind with a plain
computation over the CSV.

    bank_test.py path/to/bank [case ...]
"""
import base64
import collections
import csv
import json
import pathlib
import re
import signal
import time

import logfile
from accidents_test import Job, main, same, wait_for

DATA = pathlib.Path(__file__).resolve().parents[2] / "examples/bank/data/bank.csv"
KEYS = ["Age", "Job", "Marital", "Education", "Default", "Balance", "Housing", "Loan", "Contact",
        "Days", "Month", "Duration", "Campaign", "PDays", "Previous", "Poutcome", "Deposit"]
INTEGERS = {"Balance", "Days", "PDays", "Previous"}


def documents(path):
    with open(path, newline="") as file:
        return [{key: int(cell) if key in INTEGERS else cell for key, cell in zip(KEYS, row)}
                for row in list(csv.reader(file))[1:]]


def lake(job):
    return [json.loads(line) for path in (job.dir / "out/lake").glob("[0-9]*/**/to-lake-*")
            for line in path.read_text().splitlines()]


def failed(job, where):
    return [json.loads(line) for path in (job.dir / "out" / where).rglob("to-*")
            for line in path.read_text().splitlines()]


def sent(job):
    return len(list(logfile.records(job.dir / "out/data-stream")))


def in_index(job):
    page = (job.dir / "out/report.html").read_text()
    return int(re.search("documents in index1</dt><dd>([0-9,]+)<", page)[1].replace(",", ""))


def table(said, title):
    """A table that the job has printed: its rows' cells, without their thousands' commas."""
    lines = said[said.index(title):].split("\n\n")[0].splitlines()[2:]
    return sorted(re.split(r"\s{2,}", line.strip().replace(",", "")) for line in lines)


def grouped(rows, *keys):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return groups.items()


def mean(rows):
    return f"{sum(row['Balance'] for row in rows) / len(rows):.2f}"


def check_all(job, said, rows):
    """Lake, index, panels and query are what the plain computation gives for these rows."""
    same("lake", lake(job), rows)
    assert all(list(row) == KEYS for row in lake(job)), "keys are out of order"
    assert in_index(job) == len({json.dumps(row) for row in rows})
    deposits = [(key[0], [row["Deposit"] for row in of].count("yes"), len(of))
                for key, of in grouped(rows, "Job")]
    assert table(said, "Deposits by job") == sorted(
        [name, str(yes), str(n), f"{100 * yes / n:.2f} %"] for name, yes, n in deposits), said
    assert table(said, "Mean balance by education") == sorted(
        [key[0], mean(of), str(len(of))] for key, of in grouped(rows, "Education")), said
    assert table(said, "Contacts by month") == sorted(
        [key[0], str(len(of))] for key, of in grouped(rows, "Month")), said
    assert table(said, "Clients and mean balance") == sorted(
        [*key, str(len(of)), mean(of)] for key, of in grouped(rows, "Job", "Deposit")), said


def case_totals(job):
    """The rows that come with the job: everything equals the plain computation."""
    said = job.run("run", "--input", DATA)
    rows = documents(DATA)
    assert len(rows) == 1000
    check_all(job, said, rows)
    rows_sent = [data.decode() for _, _, data in logfile.records(job.dir / "out/data-stream")]
    cells = [line.replace(",", "|") for line in DATA.read_text().splitlines()[1:]]
    assert sorted(rows_sent) == sorted(cells)
    shards = collections.Counter(shard for shard, _, _ in logfile.records(job.dir / "out/data-stream"))
    assert len(shards) == 4 and min(shards.values()) > 200, shards
    tables = table(said, "Catalog: database bankdata")
    years = {path.name for path in (job.dir / "out/lake").glob("[0-9]*")}
    assert [row[:3] for row in tables] == [[year, "20", "json"] for year in sorted(years)], tables
    assert "Records that failed" not in said
    months = table(said, "Contacts by month")
    assert said.index("  jan ") < said.index("  feb ") < said.index("  dec "), months


def case_bad_rows(job):
    """Rows of 16 and 18 fields and a balance that is no number are error lines with their bytes."""
    lines = DATA.read_text().splitlines()[:101]
    bad = [lines[1].rsplit(",", 1)[0], lines[2] + ",more"]
    bad.append(",".join([*lines[3].split(",")[:5], "NaN", *lines[3].split(",")[6:]]))
    path = job.dir / "bad.csv"
    path.write_text("\n".join(lines[:50] + bad + lines[50:]) + "\n")
    said = job.run("run", "--input", path)
    good = job.dir / "good.csv"
    good.write_text("\n".join(lines) + "\n")
    check_all(job, said, documents(good))
    wanted = sorted(row.replace(",", "|") for row in bad)
    for where in ("backup/es/processing-failed", "lake/processing-failed"):
        found = failed(job, where)
        assert sorted(base64.b64decode(line["rawData"]).decode() for line in found) == wanted, found
        assert {line["errorCode"] for line in found} == {"Lambda.ProcessingFailedStatus"}, found
    assert all(row[:90] in said for row in wanted), said


def case_run_again(job):
    """A finished job that is started again adds nothing; report says the same again."""
    first = job.run("run", "--input", DATA)
    second = job.run("run", "--input", DATA)
    check_all(job, second, documents(DATA))
    said = first[first.index("Deposits by job"):first.index("Where to look")]
    assert said in second and said in job.run("report")
    elsewhere = job.run("report", "--dir", f"{job.dir}/./out")  # by another path
    assert table(elsewhere, "Clients and mean") == table(first, "Clients and mean")


def case_killed(job):
    """A killed producer sends each row once, and a killed consumer delivers each once, to the index and
    to the lake."""
    flags = ["--checkpoint-interval", "50ms"]
    producer = job.start("produce", "--input", DATA, "--rate", 1000, *flags)
    wait_for("records", lambda: sent(job) >= 300)
    producer.kill()
    producer.communicate(timeout=30)
    flags += ["--interval", "100ms"]
    consumer = job.start("consume", *flags)
    wait_for("objects", lambda: lake(job))
    consumer.kill()
    consumer.communicate(timeout=30)
    job.run("produce", "--input", DATA)
    job.run("consume", *flags)
    rows = documents(DATA)
    assert sent(job) == len(rows)
    assert in_index(job) == len(rows)
    stored = collections.Counter(json.dumps(row) for row in lake(job))
    assert stored == collections.Counter(json.dumps(row) for row in rows)


def case_suspended(job):
    """SIGTERM again and again: the next start goes on, with another parallelism, and each row is
    delivered once."""
    flags = ["--input", DATA, "--rate", 1000, "--checkpoint-interval", "100ms"]
    stops = 0
    for parallelism in (1, 3, 2):
        before = sent(job)
        running = job.start("run", *flags, "--parallelism", parallelism)
        wait_for("records", lambda: sent(job) > before or running.poll() is not None)
        time.sleep(0.1)
        running.send_signal(signal.SIGTERM)
        said, _ = running.communicate(timeout=30)
        assert running.returncode in (0, 130), said
        stops += running.returncode == 130
    assert stops > 0, "never suspended"
    check_all(job, job.run("run", *flags[:2]), documents(DATA))


def case_separate_processes(job):
    """A producer and a consumer in processes of their own, and a buffer of half a second."""
    consumer = job.start("consume", "--interval", "500ms")
    job.run("produce", "--input", DATA, "--rate", 1000)
    said, _ = consumer.communicate(timeout=60)
    assert consumer.returncode == 0, said
    check_all(job, said, documents(DATA))


def case_bad_input(job):
    """What can't be run says why, with another exit code."""
    for flags, code, reason in ((["run", "--input", job.dir / "no.csv"], 1, "no.csv"),
                                (["run", "--ratte", 3], 2, 'did you mean "--rate"'),
                                (["rum"], 2, 'did you mean "run"'),
                                (["run", "--shards", 0], 2, "--shards must be at least 1")):
        said = job.run(*flags, code=code)
        assert reason in said, said


if __name__ == "__main__":
    main(globals())
