# SPDX-License-Identifier: BSL-1.0
"""The goals that release_checks.py knows: for each what it counts, how often, and what runs a range."""
import collections
import functools

import power_loss
import small
import sweep


class Tools:
    """What was built, and a directory that belongs to this process."""

    def __init__(self, build, directory):
        self.build, self.directory = build, directory
        self.small_job = build / "tests/release/small_job"
        self.shim = build / "tests/release/libfile_shim.so"


class Goal:
    """A number of alike checks, counted from 0. `bad` are the counts that must stay 0, `told` those
    that are only told; any other count is bad, too."""

    name, unit, about = "", "", ""
    quick, full = 0, 0  # how many; full may be text for --list when total() knows better
    step = 10           # so many are done and kept at a time
    bad = ("lost", "doubled", "wrong")
    told = ()
    not_quick = False   # takes too long to be one of the quick ones

    def total(self, tools, quick):
        return self.quick if quick else self.full

    def run(self, tools, first, end):
        counts, failures = collections.Counter(), []
        for n in range(first, end):
            found = self.one(tools, n)
            counts.update(found.counts)
            if not found.good():
                failures.append(f"{self.unit} {n}: {found}")
        return counts, failures

    def one(self, tools, n):
        """The outcome.Outcome of check number `n`."""
        raise NotImplementedError


class Sweep(Goal):
    quick, full = 100, "all"
    sinks = ("store", "index")

    def points(self, tools):
        return points_of(self.name, tools.directory, tools)

    def total(self, tools, quick):
        everything = len(self.points(tools))
        return min(self.quick, everything) if quick else everything


@functools.lru_cache(maxsize=None)
def points_of(name, directory, tools):
    goal = BY_NAME[name]
    return sweep.points_of(tools, directory / "recorded", goal.sinks, goal.faults_at)


class R4(Sweep):
    name, unit = "R4", "kills"
    about = "SIGKILL before and after each call that changes a file, and a start behind it"
    faults_at = staticmethod(sweep.kills_at)

    def one(self, tools, n):
        return sweep.hit(tools, tools.directory / "job", self.points(tools)[n])


class R5(R4):
    name, unit = "R5", "faults"
    about = "ENOSPC and EIO at each such call, once and from there on, and short writes"
    faults_at = staticmethod(sweep.errors_at)


class R6(Goal):
    name, unit = "R6", "states"
    about = "what a disk may hold when power goes, two models: the job starts on it"
    quick, full = 100, "5000 each model, and one after each call"
    step = 20

    def points(self, tools):
        return power_loss.points_of(recorded(tools.directory, tools), 5000)

    def total(self, tools, quick):
        return self.quick if quick else len(self.points(tools))

    def run(self, tools, first, end):
        self.chosen = self.points(tools)
        return super().run(tools, first, end)

    def one(self, tools, n):
        return power_loss.lose_power(tools, recorded(tools.directory, tools),
                                     tools.directory / "recorded", tools.directory / "state",
                                     self.chosen[n])


@functools.lru_cache(maxsize=None)
def recorded(directory, tools):
    return {sinks: sweep.record(tools, small.Small(tools.small_job, sinks), directory / "recorded")
            for sinks in ("store", "index")}


BY_NAME = {goal.name: goal for goal in (R4(), R5(), R6())}
