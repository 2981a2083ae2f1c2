# SPDX-License-Identifier: BSL-1.0
"""What was found so far: a line of JSON for each run of checks, known by the code that was checked."""
import collections
import hashlib
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKED = ("CMakeLists.txt", "cmake", "include", "src", "examples", "tests/release",
           "tests/checkpoint", "tests/examples", "tests/log", "tests/seeds", "tests/sim")


def git(*words):
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def code():
    """(commit, a digest of the code that is checked): commits that differ in documents only count
    together. Nothing is known without git."""
    commit = git("rev-parse", "--short=12", "HEAD")
    if commit is None:
        return None, None
    parts = [git("ls-tree", "HEAD", *CHECKED), git("diff", "HEAD", "--", *CHECKED)]
    for name in (git("ls-files", "--others", "--exclude-standard", "--", *CHECKED) or "").splitlines():
        parts.append(name + hashlib.sha1((ROOT / name).read_bytes()).hexdigest())
    digest = hashlib.sha1("\n".join(part or "" for part in parts).encode()).hexdigest()[:16]
    return commit.strip(), digest


class Results:
    """`path` None: nothing is kept."""

    def __init__(self, path, build):
        self.path, self.build = path, build
        self.commit, self.digest = code()
        self.found = collections.defaultdict(dict)  # goal: {first: (end, counts, failures)}
        if path and self.digest and path.exists():
            for line in path.read_text().splitlines():
                self.take(json.loads(line))

    def take(self, line):
        if (line["code"], line["build"]) == (self.digest, self.build):
            self.found[line["goal"]][line["first"]] = (line["end"], line["counts"],
                                                       line["failures"])

    def add(self, goal, first, end, counts, failures):
        line = {"code": self.digest, "commit": self.commit, "build": self.build, "goal": goal,
                "first": first, "end": end, "counts": dict(counts), "failures": failures}
        self.take(line)
        if self.path and self.digest:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a") as file:
                file.write(json.dumps(line) + "\n")

    def missing(self, goal, total, step):
        """(first, end) of what is not done of 0 to `total`, `step` at a time at most."""
        at = 0
        while at < total:
            if at in self.found[goal]:
                at = self.found[goal][at][0]
                continue
            later = min((first for first in self.found[goal] if first > at), default=total)
            end = min(at + step, later, total)
            yield at, end
            at = end

    def summary(self, goal, total):
        """(how many are done, their counts, failures in words)."""
        done, counts, failures = 0, collections.Counter(), []
        for first, (end, found, words) in sorted(self.found[goal].items()):
            if first < total:
                done += end - first
                counts.update(found)
                failures += words
        return done, counts, failures
