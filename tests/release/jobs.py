# SPDX-License-Identifier: BSL-1.0
"""The two example jobs, sized so that a life takes a fraction of a second: how they are started, what
they must leave behind, and what is visible of them at any time."""
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "examples"))
import accidents_test  # noqa: E402
import bank_test  # noqa: E402
import independent  # noqa: E402
import logfile  # noqa: E402
import process  # noqa: E402
import small  # noqa: E402

CHECKPOINTS = ("--checkpoint-interval", "20ms")


class Accidents:
    """log -> windows -> store: rows become a stream, a raw layer, totals, a stream of the severe ones,
    a metric and alerts."""

    ROWS = 1500

    def __init__(self, tools):
        self.binary = tools.build / "examples/accidents/accidents"
        self.input = tools.directory / "accidents.csv"
        process.run([self.binary, "generate", "--output", self.input, "--rows", self.ROWS,
                     "--bad-rows", 3, "--seed", 7])
        self.rows = independent.compute(self.input, accidents_test.OPTIONS)

    def command(self, directory, parallelism=1):
        return [self.binary, "run", "--dir", directory / "out", "--input", self.input, "--rate", 5000,
                "--parallelism", parallelism, *CHECKPOINTS, *accidents_test.STAMPS]

    def wanted(self):
        rows = self.rows
        wanted = {(layer, r["ID"]): r["Txn_Timestamp"]
                  for layer, records in (("stream-1", rows["accidents"]), ("lake", rows["accidents"]),
                                         ("stream-2", rows["severe"]), ("metric", rows["metric"]),
                                         ("alert", rows["alerts"])) for r in records}
        return wanted | {("total", t["window_start"], t["severity"]): total_of(t)
                         for t in rows["totals"]}

    def seen(self, directory, ended=True):
        job = accidents_test.Job(self.binary, directory)
        seen = []
        for layer, records in (("stream-1", (r for _, r in job.stream(1))), ("lake", job.lake()),
                               ("stream-2", (r for _, r in job.stream(2))),
                               ("metric", job.metric())):
            seen += [((layer, r["ID"]), r["Txn_Timestamp"]) for r in records]
        seen += [(("alert", a["Id"]), a["Timestamp"]) for a in job.alerts()]
        return seen + self.totals(job, ended)

    def totals(self, job, ended):
        """A total that late rows corrected stands again, with the next number: only the last one is
        what it must be, and only at the end."""
        wanted, last, again = self.wanted(), {}, []
        for total in job.lines("totals.jsonl"):
            name, fire = ("total", total["window_start"], total["severity"]), total["fire"]
            value = total_of(total)
            if not ended and name in wanted and value[0] < wanted[name][0]:
                value = wanted[name]
            if fire <= last.get(name, (0,))[0]:
                again.append((name, value))
            last[name] = max((fire, value), last.get(name, (0,)))
        return [(name, value) for name, (_, value) in last.items()] + again


def total_of(total):
    return total["accidents"], f"{total['distance_mi']:.9g}"


class Bank:
    """One stream, two deliveries: an index and a lake."""

    def __init__(self, tools):
        self.binary = tools.build / "examples/bank/bank"
        self.rows = [json.dumps(row) for row in bank_test.documents(bank_test.DATA)]

    def command(self, directory, parallelism=1):
        return [self.binary, "run", "--dir", directory / "out", "--input", bank_test.DATA, "--rate",
                3000, "--interval", "50ms", "--parallelism", parallelism, *CHECKPOINTS]

    def wanted(self):
        return {(layer, row): None for row in self.rows for layer in ("stream", "lake", "index")}

    def seen(self, directory, ended=True):
        job = bank_test.Job(self.binary, directory)
        lines = [data.decode() for _, _, data in logfile.records(job.dir / "out/data-stream")]
        seen = [(("stream", json.dumps(document(line))), None) for line in lines]
        seen += [(("lake", json.dumps(row)), None) for row in bank_test.lake(job)]
        return seen + [(("index", json.dumps(json.loads(text))), None)
                       for text in small.texts_of(job.dir / "out/index", "index1")]


def document(line):
    return {key: int(cell) if key in bank_test.INTEGERS else cell
            for key, cell in zip(bank_test.KEYS, line.split("|"))}
