#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs the accidents job as a user does and compares what it leaves behind with independent.py.

    accidents_test.py path/to/accidents [case ...]
"""
import collections
import datetime
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import independent
import logfile

HERE = pathlib.Path(__file__).resolve().parent
STAMPS = ["--stamp-start", "2022-12-24T00:00:00", "--stamp-step", "20ms",
          "--stamp-disorder", "2s", "--seed", "42"]
OPTIONS = independent.options_from([])


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

    def totals(self):
        """The last total of each window and severity: a later one corrects it."""
        last = {}
        for total in self.lines("totals.jsonl"):
            key = total["window_start"], total["severity"]
            assert total.pop("fire") == last.get(key, (0,))[0] + 1, total
            last[key] = (last.get(key, (0,))[0] + 1, total)
        return [total for _, total in last.values()]

    def stream(self, number):
        """(key, record) of each record of a stream."""
        return [(key, json.loads(data))
                for _, key, data in logfile.records(self.dir / f"out/stream-{number}")]

    def metric(self):
        """The metric's data, as the records of stream 2 that they stand for."""
        out = []
        for datum in self.lines("metrics/metrics.jsonl"):
            shape = {key: datum[key] for key in ("Namespace", "MetricName", "Unit", "Value",
                                                 "StorageResolution")}
            assert shape == {"Namespace": "accidents_reports_namespace",
                             "MetricName": "us_accidents_severity_high", "Unit": "Count",
                             "Value": 1, "StorageResolution": 1}, datum
            by_name = {d["Name"]: d["Value"] for d in datum["Dimensions"]}
            out.append({"ID": datum["Id"], "Severity": int(by_name["severity_accident"]),
                        "City": by_name["city_accident"], "County": by_name["county_accident"],
                        "Txn_Timestamp": datum["Timestamp"]})
        return out

    def alerts(self):
        return self.lines("alerts/notifications.jsonl")

    def lake(self):
        return [json.loads(line)
                for path in (self.dir / "out/lake").rglob("accidents_*.json")
                for line in path.read_text().splitlines()]


def same(name, seen, wanted):
    """Equal as multisets; floats to 1e-9."""
    def frozen(record):
        return json.dumps({key: value if isinstance(value, bool) or not isinstance(value, (int, float))
                           else f"{value:.9g}" for key, value in record.items()}, sort_keys=True)

    seen = collections.Counter(map(frozen, seen))
    wanted = collections.Counter(map(frozen, wanted))
    missing, extra = list((wanted - seen).elements()), list((seen - wanted).elements())
    assert not missing and not extra, (
        f"{name}: {len(missing)} missing, {len(extra)} too many, for example\n"
        f"  missing {missing[:2]}\n  extra {extra[:2]}")


def check_alerts(job, wanted):
    """An alert for each record of Severity 4 and above, once."""
    same("alerts", [{"ID": alert["Id"], "Subject": alert["Subject"]} for alert in job.alerts()],
         [{"ID": record["ID"], "Subject": f"Accident of severity {record['Severity']} in "
           f"{record['City']}, {record['County']}"} for record in wanted["alerts"]])


def check_all(job, path):
    """Everything in the job's directory is what the plain computation gives for this input."""
    wanted = independent.compute(path, OPTIONS)
    same("totals", job.totals(), wanted["totals"])
    same("raw layer", job.lake(), wanted["accidents"])
    for number, records in ((1, wanted["accidents"]), (2, wanted["severe"])):
        stream = job.stream(number)
        same(f"stream {number}", [record for _, record in stream], records)
        assert all(key == str(record["Severity"]) for key, record in stream)
    same("metric", job.metric(), wanted["metric"])
    check_alerts(job, wanted)
    letters = job.lines("rejects/producer.jsonl")
    assert len(letters) == wanted["dead"], f"{len(letters)} letters, {wanted['dead']} bad rows"
    for quiet in ("rejects/analyst.jsonl", "rejects/watcher.jsonl", "late.jsonl"):
        assert job.lines(quiet) == [], quiet
    return wanted


def wait_for(what, holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, f"no {what} in 30 s"
        time.sleep(0.01)


def case_totals(job):
    """A seeded input with all traps: everything equals the plain computation."""
    path = job.generate("--rows", 5000, "--bad-rows", 8, "--seed", 7)
    said = job.run("run", "--input", path, *STAMPS)
    wanted = check_all(job, path)
    assert wanted["skipped"] == 20 and wanted["dead"] == 9, (wanted["skipped"], wanted["dead"])
    assert "20 empty ones skipped, 9 dead letters" in said, said
    page = (job.dir / "out/report.html").read_text()
    for total in wanted["totals"]:
        assert (f"<td>{total['window_start']}</td><td>{total['severity']}</td>"
                f"<td>{total['accidents']:,}</td>") in page, total


def case_expected_file(job):
    """The demo's seed gives the totals that are kept beside this test."""
    job.run("demo", "--rows", 10000)
    expected = [json.loads(line) for line in
                (HERE / "expected_totals.jsonl").read_text().splitlines()]
    same("totals", job.totals(), expected)
    check_all(job, job.dir / "out/input.csv")


def case_generate(job):
    """A file of any size; one that is there is kept."""
    path = job.generate("--bytes", "3MB")
    made = path.read_bytes()
    assert 3_000_000 <= len(made) < 3_003_000, len(made)
    assert made.count(b"\n") > 5000
    job.generate("--bytes", "1MB")
    assert path.read_bytes() == made


def case_46_columns(job):
    """The later release: columns are found by name, what it has not is null."""
    path = job.generate("--rows", 2000, "--columns", 46)
    job.run("run", "--input", path, *STAMPS)
    check_all(job, path)


def case_small_inputs(job):
    """Zero rows, an empty file, one row without a newline, a file cut within quotes."""
    header, first, *_ = job.generate("--rows", 3).read_text().splitlines()
    cells = first.split(",")
    inputs = {"header-none": "", "header": header + "\n", "header-cut": header, "one": header + "\n" + first,
              "crlf": header + "\r\n" + first + "\r\n",
              "in-quotes": header + "\n" + first + "\n" + ",".join(cells[:9]) + ',"cut he'}
    for name, text in inputs.items():
        small = Job(job.binary, job.dir / name)
        small.dir.mkdir()
        path = small.dir / "small.csv"
        path.write_text(text, newline="")
        small.run("run", "--input", path, *STAMPS)
        check_all(small, path)
        assert len(small.lake()) == (0 if name.startswith("header") else 1), name
    letter = Job(job.binary, job.dir / "in-quotes").lines("rejects/producer.jsonl")[0]
    assert letter["bytes"].endswith(',"cut he'), letter


def case_bad_row(job):
    """A bad row keeps its bytes and says what is wrong; the others go on."""
    lines = job.generate("--rows", 100, "--cut-last-row", "no").read_text().splitlines()
    bad = [lines[1].replace(",", ",lots of ", 1), lines[2] + ",more", "no row at all",
           lines[3].replace("A-", '"A"-', 1)]
    path = job.dir / "bad.csv"
    path.write_text("\n".join(lines[:50] + bad + lines[50:]) + "\n")
    job.run("run", "--input", path, *STAMPS)
    check_all(job, path)
    letters = job.lines("rejects/producer.jsonl")
    assert [letter["bytes"] for letter in letters] == bad, letters
    for letter, reason in zip(letters, ("Severity", "48", "1", "quote")):
        assert reason in letter["reason"], letter
        assert letter["step"] == "parse-row" and letter["source"] == "csv", letter


def case_bad_input(job):
    """What can't be run says why, with another exit code."""
    for flags, code, reason in (
            (["run", "--input", job.dir / "no.csv"], 1, "no.csv"),
            (["run", "--rowz", 3], 2, "did you mean \"--rows\""),
            (["runn"], 2, "did you mean \"run\""),
            (["run", "--rows", "many"], 2, "a whole number"),
            (["run", "--window", "0s"], 2, "--window must be positive"),
            (["run", "--parallelism", 0], 2, "--parallelism must be at least 1")):
        done = subprocess.run([job.binary, *map(str, flags),
                               *(["--dir", str(job.dir / "out")] if code == 1 else [])],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == code and reason in done.stdout + done.stderr, done
    path = job.dir / "other.csv"
    path.write_text("ID,Severity\nA-1,2\n")
    said = job.run("run", "--dir", job.dir / "other", "--input", path)
    assert "1 dead letters" in said, said


def case_suspended(job):
    """SIGTERM again and again: the next start goes on, with another parallelism, and the totals are
    those of one run."""
    path = job.generate("--rows", 4000, "--bad-rows", 4)
    flags = ["--input", path, "--rate", 3000, *STAMPS]
    stops = 0
    for parallelism, pause in ((1, 0.4), (3, 0.3), (2, 0.5)):
        running = job.start("run", *flags, "--parallelism", parallelism)
        time.sleep(pause)
        running.send_signal(signal.SIGTERM)
        said, _ = running.communicate(timeout=30)
        assert running.returncode in (0, 130), said
        stops += running.returncode == 130
    assert stops > 0, "never suspended: the test's pauses are too long"
    job.run("run", *flags[:2], *STAMPS)
    check_all(job, path)


def case_killed(job):
    """SIGKILL again and again: the next start goes on from a checkpoint, with another parallelism, and
    everything is there once."""
    path = job.generate("--rows", 4000, "--bad-rows", 4)
    flags = ["--input", path, *STAMPS, "--checkpoint-interval", "50ms"]
    kills = 0
    for parallelism, records in ((1, 200), (3, 1000), (2, 2000)):
        running = job.start("run", *flags, "--rate", 3000, "--parallelism", parallelism)
        wait_for("records", lambda: len(job.stream(1)) >= records or running.poll() is not None)
        kills += running.poll() is None
        running.kill()
        running.communicate(timeout=30)
    assert kills > 0, "never killed: the job is too fast"
    job.run("run", *flags)
    check_all(job, path)


def case_separate_processes(job):
    """A producer and a consumer in processes of their own, at the same time, give what one gives."""
    path = job.generate("--rows", 3000, "--bad-rows", 4)
    consumer = job.start("consume", "--start", "TRIM_HORIZON")
    job.run("produce", "--input", path, "--rate", 5000, *STAMPS)
    said, _ = consumer.communicate(timeout=60)
    assert consumer.returncode == 0, said
    check_all(job, path)


def case_run_again(job):
    """A finished job that is started again adds nothing; report makes the same page again."""
    path = job.generate("--rows", 500)
    job.run("run", "--input", path, *STAMPS)
    page = (job.dir / "out/report.html").read_text()
    job.run("run", "--input", path, *STAMPS)
    check_all(job, path)
    (job.dir / "out/report.html").unlink()
    job.run("report")
    assert (job.dir / "out/report.html").read_text() == page


def case_alerts_in_time(job):
    """With a checkpoint each second, from an incident to its alert in the file: at most 2 s (p99)."""
    path = job.generate("--rows", 12000)
    running = job.start("run", "--input", path, "--rate", 1000)
    latencies = []
    alerts, rest = None, ""
    while running.poll() is None:
        if alerts is None and (job.dir / "out/alerts/notifications.jsonl").exists():
            alerts = open(job.dir / "out/alerts/notifications.jsonl", encoding="utf-8")
        *lines, rest = (rest + (alerts.read() if alerts else "")).split("\n")
        now = datetime.datetime.now(datetime.timezone.utc)
        for line in lines:
            happened = datetime.datetime.fromisoformat(json.loads(line)["Timestamp"])
            latencies.append((now - happened.replace(tzinfo=now.tzinfo)).total_seconds())
        time.sleep(0.005)
    said, _ = running.communicate(timeout=30)
    assert running.returncode == 0, said
    assert len(latencies) > 400, len(latencies)
    latencies.sort()
    p50, p99 = (latencies[len(latencies) * part // 100] for part in (50, 99))
    print(f"{len(latencies)} alerts, p50 {p50:.2f} s, p99 {p99:.2f} s, max {latencies[-1]:.2f} s")
    assert p99 <= 2, f"p99 {p99:.2f} s"


def main(module):
    """Runs the cases of a module of tests, those named on the command line or all."""
    binary, *chosen = sys.argv[1:]
    cases = {name.removeprefix("case_"): case for name, case in module.items()
             if name.startswith("case_")}
    for name in chosen or cases:
        with tempfile.TemporaryDirectory() as directory:
            start = time.monotonic()
            cases[name](Job(binary, directory))
            print(f"{name}: {time.monotonic() - start:.1f} s, as it should be")


if __name__ == "__main__":
    main(globals())
