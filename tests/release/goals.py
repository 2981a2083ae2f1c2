# SPDX-License-Identifier: BSL-1.0
"""The goals that release_checks.py knows: for each what it counts, how often, and what runs a range."""
import collections
import signal

import allocations
import clock_steps
import damage
import jobs
import kill_loop
import power_loss
import sanitizers
import seeds
import small
import sweep


class Tools:
    """What was built, a directory that belongs to this process, and one that all of them share."""

    def __init__(self, build, directory, shared):
        self.build, self.directory, self.shared = build, directory, shared
        self.small_job = build / "tests/release/small_job"
        self.sim_seeds = build / "tests/seeds/sim_seeds"
        self.shim = build / "tests/release/libfile_shim.so"
        self.damage = build / "tests/release/damage"


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
        """Called once, before any run(): what all runs share is made here."""
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

    def judge(self, counts, done):
        """(counts, failures in words) of all that was done, `done` of them, for the goal's line."""
        return counts, []


class KillLoop(Goal):
    """A check is a death; those of a range are one loop."""

    bad = ("lost", "doubled", "wrong", "retracted")
    job, signal = None, signal.SIGKILL

    def run(self, tools, first, end):
        counts, failures = collections.Counter(), []
        loop = kill_loop.Loop(self.job(tools), tools.directory / "job", first, self.signal)
        for found in loop.run(end - first):
            counts.update(found.counts)
            if not found.good():
                failures.append(f"seed {first}: {found}")
        return counts, failures


class R1(KillLoop):
    name, unit, quick, full, job = "R1", "kills", 20, 1000, jobs.Accidents
    about = ("SIGKILL of the accidents job at random moments, a quarter of them in a start's first "
             "ones; what is visible is looked at after each")


class R2(KillLoop):
    name, unit, quick, full, job = "R2", "kills", 10, 300, jobs.Bank
    about = "the same of the bank job: deliveries, index and lake"


class R18(KillLoop):
    name, unit, quick, full, job = "R18", "drains", 20, 500, jobs.Accidents
    about = "SIGTERM at random moments: the accidents job ends by itself within 5 s"
    bad = KillLoop.bad + ("slow",)
    signal = signal.SIGTERM


class Points(Goal):
    """A check is one of many points, all known once what nothing disturbs was recorded."""

    def total(self, tools, quick):
        everything = len(self.points(tools))
        return min(self.quick, everything) if quick else everything

    def run(self, tools, first, end):
        self.chosen = self.points(tools)
        return super().run(tools, first, end)


class R4(Points):
    name, unit, quick, full = "R4", "kills", 100, "all"
    about = "SIGKILL before and after each call that changes a file, and a start behind it"
    faults_at = staticmethod(sweep.kills_at)

    def points(self, tools):
        return sweep.points_of(sweep.recorded(tools), self.faults_at)

    def one(self, tools, n):
        return sweep.hit(tools, self.chosen[n])


class R5(R4):
    name, unit = "R5", "faults"
    about = "ENOSPC and EIO at each such call, once and from there on, and short writes"
    faults_at = staticmethod(sweep.errors_at)


class R6(Points):
    name, unit, quick, full = "R6", "states", 100, "5000 each model, and one after each call"
    about = "what a disk may hold when power goes, in two models: the job starts on it"
    step = 20

    def points(self, tools):
        return power_loss.points_of(sweep.recorded(tools), 5000)

    def one(self, tools, n):
        return power_loss.lose_power(tools, sweep.recorded(tools), self.chosen[n])


class R7(Goal):
    name, unit, quick, full = "R7", "tears", 15_000, "all"
    about = ("files cut, or zeros or garbage from there on, at every offset: a log's tail, from its end "
             "on, and all files of a job that was killed, in process")
    step = 500
    bad = Goal.bad + ("stuck", "unnamed")
    told = ("detected", "harmless")
    kind = "tears"

    def total(self, tools, quick):
        everything = damage.how_many(tools, self.kind)
        return min(self.quick, everything) if quick else everything

    def run(self, tools, first, end):
        return damage.run(tools, self.kind, first, end)


class R8(R7):
    name, unit, quick, full, kind = "R8", "flips", 1000, 100_000, "flips"
    about = "one bit of such a job's log segments, manifests, state files, spools or indexes turned over"

    def total(self, tools, quick):
        return self.quick if quick else self.full


class R9(Goal):
    """A range is of one job; the jobs take turns."""

    name, unit, quick, full = "R9", "seeds", 300, 100_000
    about = ("a simulated job with disk, process and clock faults: 2,000 records, 10 checkpoints, 3 "
             "crashes, 10 faults and a restart at another parallelism at least")
    step = 20
    bad = ("lost", "doubled", "wrong", "retracted")
    seeds_a_death = 1000  # so many at most, at each step of the protocol: 100 of the full count

    def run(self, tools, first, end):
        job = seeds.JOBS[first // self.step % len(seeds.JOBS)]
        return seeds.run(tools.sim_seeds, first, end, job)

    def judge(self, counts, done):
        wanted = done // self.seeds_a_death
        rare = seeds.too_rare(counts, wanted) if wanted >= 10 else []  # fewer may be chance
        judged = {name: n for name, n in counts.items() if not name.startswith(seeds.AT)}
        if rare:
            judged["rare"] = len(rare)
        return judged, [f"too few processes died at {name}: {counts[seeds.AT + name]}"
                        for name in rare]


class R16(Goal):
    name, unit = "R16", "clocks"
    about = "the wall clock steps while the accidents job runs: an hour, seconds, DST, 2038, 2100"
    quick = full = len(clock_steps.CLOCKS)
    step = 1

    def one(self, tools, n):
        return clock_steps.run(tools, jobs.Accidents(tools), n)


class R21(Goal):
    name, unit = "R21", "sanitizers"
    about = "all tests, with the quick counts of the goals, under ASan with UBSan, and under TSan"
    quick = full = len(sanitizers.PRESETS)
    step = 1
    bad = ("reports",)
    not_quick = True

    def one(self, tools, n):
        return sanitizers.run(n)


class R22(Points):
    name, unit, quick, full = "R22", "allocations", 100, "all"
    about = "operator new fails in a run with checkpoints, or in a recovery: an error, nothing worse"

    def points(self, tools):
        return allocations.points_of(tools)

    def one(self, tools, n):
        return allocations.fail(tools, self.chosen[n])


BY_NAME = {goal.name: goal for goal in (R1(), R2(), R4(), R5(), R6(), R7(), R8(), R9(), R16(), R18(),
                                        R21(), R22())}
