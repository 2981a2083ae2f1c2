#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""run.py END_TO_END DIRECTORY [NAME...]: the library beside what a user would take instead.

Each workload's input is written to DIRECTORY once and read by all. In each of three turns every
program runs twice, first to warm up; what it came to is compared with what a hand-written loop
came to, and a difference ends the run. A line for each peer, by the best turns:

  W1-file library_ns 80.1 polars_1_ns 460 times 5.7 goal 3.0
"""
import importlib.metadata
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import zlib

HERE = pathlib.Path(__file__).parent
TURNS = 3
JAVA = ["java", "--add-opens=java.base/java.util=ALL-UNNAMED",
        "--add-opens=java.base/java.lang=ALL-UNNAMED"]


def output(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def named(line):
    """`count 3 sum ff` as a dictionary."""
    words = line.split()
    return dict(zip(words[::2], words[1::2]))


def python(program, *arguments):
    return [sys.executable, str(HERE / program), *arguments]


def flink(build, *arguments):
    return [*JAVA, "-cp", f"{build}/classes:{build}/dependency/*", "W2", *arguments]


def file_check(path):
    """What end_to_end says of W1: lines, and the sum of their CRC-32."""
    lines = path.read_bytes().splitlines()
    return len(lines), f"{sum(map(zlib.crc32, lines)):016x}"


class Workload:
    """One input, and who reads it. `workload` is end_to_end's name of it, `measured` that of the
    library's run."""

    def __init__(self, name, workload, peers, measured=None, events=None):
        self.name, self.workload, self.peers = name, workload, peers
        self.measured = measured or workload
        self.options = ["--events", str(events)] if events else []

    def end_to_end(self, where, *arguments):
        return output([where.end_to_end, "--files", str(where.data), *self.options, *arguments])

    def run(self, where):
        for old in where.data.iterdir():
            old.unlink()
        expected = named(self.end_to_end(where, "--write-inputs", self.workload).split(" ", 1)[1])
        os.sync()  # else the input is being written to the disk while it is read
        records = int(expected["records"])
        library, others = [], {peer.name: [] for peer in self.peers}
        for _ in range(TURNS):
            said = self.end_to_end(where, "--repetitions", "1", self.measured)
            found = re.search(rf"^{self.measured} library_ns ([\d.]+)", said, re.MULTILINE)
            library.append(float(found.group(1)))
            for peer in self.peers:
                others[peer.name].append(peer.turn(where, self.workload, expected, records))
        print(f"  library  {self.name}, {records} records: ns {spread(library)}")
        for peer in self.peers:
            peer.report(self.name, min(library), others[peer.name])
        sys.stdout.flush()


def spread(turns):
    return f"best {min(turns):.5g} median {statistics.median(turns):.5g}"


class Peer:
    def __init__(self, name, command, goal=None):
        self.name, self.command, self.goal = name, command, goal

    def turn(self, where, workload, expected, records):
        """Nanoseconds a record: without and with what a job's start takes."""
        out = where.data / "out"
        source = where.data / (workload + (".csv" if workload == "W1" else ".events"))
        said = named(output(self.command(where, str(source), str(out))))
        if "count" in said:
            came_to = int(said["count"]), said["sum"]
        else:
            came_to = file_check(out)
            out.unlink()
        if came_to != (int(expected["count"]), expected["sum"]):
            sys.exit(f"{workload}: {self.name} came to {came_to}, and not to {expected}")
        seconds, start = float(said["seconds"]), float(said.get("start", 0))
        return (seconds - start) / records * 1e9, seconds / records * 1e9

    def report(self, name, library_ns, turns):
        net, whole = zip(*turns)
        start = f"; with the job's start {spread(whole)}" if net != whole else ""
        print(f"  peer     {self.name}: ns {spread(net)}{start}")
        times = min(net) / library_ns
        goal = f" goal {self.goal:.1f}" if self.goal else ""
        missed = "  (missed)" if self.goal and times < self.goal else ""
        print(f"{name} library_ns {library_ns:.5g} {self.name}_ns {min(net):.5g} "
              f"times {times:.1f}{goal}{missed}")


def w1(program):
    return lambda where, source, out: python("w1.py", program, source, out)


def w2_flink(goal):
    return [Peer("flink", lambda where, source, out: flink(where.flink, source), goal)]


def w2_bytewax(where, source, out):
    return python("w2.py", source)


WORKLOADS = (
    Workload("W1-file", "W1", [Peer("polars_1", w1("polars"), 3), Peer("duckdb_1", w1("duckdb"))],
             measured="W1-file"),
    Workload("W2-100", "W2-100", w2_flink(30)),
    Workload("W2-100k", "W2-100k", w2_flink(45)),
    Workload("W2-1M", "W2-1M", w2_flink(60)),
    Workload("W2-few", "W2-100", [Peer("bytewax", w2_bytewax)], events=1_000_000),
)


class Where:
    def __init__(self, end_to_end, directory):
        self.end_to_end, self.flink = end_to_end, pathlib.Path(directory) / "flink"
        self.data = pathlib.Path(directory) / "data"
        self.data.mkdir(parents=True, exist_ok=True)


def versions(where):
    yield from (f"{name} {importlib.metadata.version(name)}"
                for name in ("polars", "duckdb", "bytewax"))
    yield f"python {platform.python_version()}"
    for jar in (where.flink / "dependency").glob("flink-streaming-java-*.jar"):
        yield f"flink {jar.stem.rsplit('-', 1)[1]}"
        said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True)
        yield said.stderr.splitlines()[0]


def main(end_to_end, directory, *names):
    where = Where(end_to_end, directory)
    print(output([end_to_end, "none"]).strip())
    print("versions", ", ".join(versions(where)))
    for workload in WORKLOADS:
        if names and workload.name not in names and workload.name.split("-")[0] not in names:
            continue
        workload.run(where)
    for file in where.data.iterdir():
        file.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
