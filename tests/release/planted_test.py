#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The release checks find what they are for: each one is given a program with the bug.

    planted_test.py <build directory>
"""
import pathlib
import random
import sys
import tempfile
import unittest

import clock_steps
import damage
import goals
import kill_loop
import outcome
import power_loss
import process
import release_checks
import results
import seeds
import small
import sweep

LINES = 40


class Made:
    """A job of a few lines of Python: it must leave the numbers below LINES in a file, once each."""

    HEAD = "import os, signal, sys, time; out = os.open(sys.argv[1] + '/out', 1025 | 64, 0o600)\n"

    def __init__(self, body):
        self.body = body

    def command(self, directory, *_):
        return [sys.executable, "-c", self.HEAD + self.body, directory]

    def wanted(self):
        return {number: None for number in range(LINES)}

    def seen(self, directory, ended=True):
        out = directory / "out"
        return [(int(n), None) for n in out.read_text().split()] if out.exists() else []


AT_LEAST_ONCE = "for n in range(40): os.write(out, b'%d\\n' % n); time.sleep(0.005)"
DEAF = """
for n in range(40):
    try: os.write(out, b'%d\\n' % n)
    except OSError: pass
"""
BY_WALL_CLOCK = """
began = time.time()
time.sleep(0.3)
for n in range(40 if abs(time.time() - began) < 60 else 39): os.write(out, b'%d\\n' % n)
"""
STAYS = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(0.2)\n" + AT_LEAST_ONCE
TAKES_BACK = "os.ftruncate(out, 0)\n" + AT_LEAST_ONCE


class PlantedTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.dir = pathlib.Path(holder.name).resolve()
        self.tools = goals.Tools(BUILD, self.dir, self.dir)

    def loop(self, body, deaths=3, **options):
        total = outcome.Outcome()
        loop = kill_loop.Loop(Made(body), self.dir / "job", 1, **options)
        for found in loop.run(deaths):
            total.counts.update(found.counts)
        return total.counts

    def after_fault(self, body, **fault):
        job, directory = Made(body), process.fresh(self.dir / "job")
        ended = process.run(job.command(directory), process.shim(self.tools.shim, directory, **fault))
        return sweep.judge(job, directory, ended).counts

    def test_a_kill_loop_finds_a_sink_that_doubles(self):
        self.assertGreater(self.loop(AT_LEAST_ONCE)["doubled"], 0)

    def test_a_kill_loop_finds_what_is_taken_back(self):
        self.assertGreater(self.loop(TAKES_BACK, deaths=8)["retracted"], 0)

    def test_a_kill_loop_finds_a_program_that_ends_badly(self):
        self.assertGreater(self.loop("os.abort()", deaths=0)["stuck"], 0)

    def test_a_drain_that_takes_too_long_is_found(self):
        longest, kill_loop.DRAIN_S = kill_loop.DRAIN_S, 0.1
        self.addCleanup(setattr, kill_loop, "DRAIN_S", longest)
        self.assertGreater(self.loop(STAYS, signal_=15)["slow"], 0)

    def test_a_kill_at_a_call_finds_a_sink_that_doubles(self):
        self.assertGreater(self.after_fault(AT_LEAST_ONCE, at=20, do="kill_after")["doubled"], 0)

    def test_an_error_that_nobody_looks_at_is_found(self):
        self.assertEqual(self.after_fault(DEAF, at=20, do=28)["lost"], 1)
        self.assertGreater(self.after_fault(DEAF, at=20, do=5, sticky=1)["lost"], 1)

    def test_a_program_that_dies_of_an_error_is_found(self):
        self.assertEqual(self.after_fault("os.abort()", at=999, do="kill")["died"], 1)

    def test_windows_by_the_wall_clock_are_found(self):
        job = Made(BY_WALL_CLOCK)
        self.assertEqual(clock_steps.run(self.tools, job, 0).counts["lost"], 1)
        self.assertEqual(clock_steps.run(self.tools, Made(DEAF), 0).counts["lost"], 0)


class PowerLossTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        directory = pathlib.Path(holder.name).resolve()
        cls.tools = goals.Tools(BUILD, directory, directory)
        cls.recorded = sweep.recorded(cls.tools)

    def test_what_was_written_down_is_all_that_was_done(self):
        for sinks, calls in self.recorded.items():
            root = self.tools.shared / sinks
            disk = power_loss.Disk(root, "ext4")
            for call in calls:
                disk.call(call)
            for content in disk.files.values():
                content.sync()
            there = {str(path): None if path.is_dir() else path.read_bytes()
                     for path in root.rglob("*")}
            rebuilt = {path: None if what == power_loss.DIRECTORY else bytes(what.durable)
                       for path, what in disk.names.items() if path != str(root)}
            self.assertEqual(rebuilt, there, sinks)

    def test_the_job_makes_few_enough_calls(self):
        for sinks, calls in self.recorded.items():
            self.assertLessEqual(len(calls), 400, sinks)

    def test_a_job_without_syncs_is_found(self):
        for kind in ("sync", "sync_names"):
            made = {sinks: [call for call in calls if call.kind != kind]
                    for sinks, calls in self.recorded.items()}
            found = sum(not power_loss.lose_power(self.tools, made, point).good()
                        for point in power_loss.points_of(made, 0)[:30])
            self.assertGreater(found, 0, kind)


class DamageTest(unittest.TestCase):
    """A source that does something else with what is damaged than to say so."""
    tools = property(lambda _: goals.Tools(BUILD, BUILD, BUILD))

    def found(self, bug, kind="flips", first=0, end=400):
        return damage.run(self.tools, kind, first, end, bug)[0]

    def test_what_it_leaves_out_is_found(self):
        self.assertGreater(self.found("skips")["wrong"], 0)
        tears = damage.how_many(self.tools, "tears")
        self.assertGreater(self.found("skips", "tears", tears - 400, tears)["wrong"], 0)

    def test_an_error_without_the_file_is_found(self):
        self.assertGreater(self.found("mute")["unnamed"], 0)

    def test_a_source_that_waits_for_ever_is_found(self):
        self.assertGreater(self.found("waits")["stuck"], 0)

    def test_one_that_takes_the_process_down_is_found(self):
        self.assertGreater(self.found("dies", end=100)["died"], 0)


class ResultsTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.path = pathlib.Path(holder.name) / "results.jsonl"

    def kept(self, build="dev", digest="abc"):
        kept = results.Results(None, build)
        kept.path, kept.digest = self.path, digest
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                kept.take(results.json.loads(line))
        return kept

    def test_counts_add_up_over_sittings_and_nothing_is_done_twice(self):
        self.kept().add("R4", 0, 10, {"lost": 0}, [])
        self.kept().add("R4", 20, 30, {"lost": 2}, ["kills 21: lost"])
        kept = self.kept()
        self.assertEqual(list(kept.missing("R4", 35, 10)), [(10, 20), (30, 35)])
        self.assertEqual(kept.summary("R4", 35), (20, {"lost": 2}, ["kills 21: lost"]))
        goal = goals.BY_NAME["R4"]
        self.assertEqual(release_checks.line(goal, 35, kept),
                         ("R4 20 of 35 kills lost 2 doubled 0 wrong 0 goal MISSED", 2, False))

    def test_results_of_other_code_do_not_count(self):
        self.kept().add("R4", 0, 10, {}, [])
        self.assertEqual(self.kept(digest="other").summary("R4", 10)[0], 0)
        self.assertEqual(self.kept(build="asan").summary("R4", 10)[0], 0)

    def test_a_goal_is_met_when_all_is_done_and_nothing_is_bad(self):
        kept = self.kept()
        kept.add("R4", 0, 10, {"lost": 0, "died": 0}, [])
        goal = goals.BY_NAME["R4"]
        self.assertEqual(release_checks.line(goal, 20, kept)[0],
                         "R4 10 of 20 kills lost 0 doubled 0 wrong 0 so far")
        kept.add("R4", 10, 20, {}, [])
        self.assertEqual(release_checks.line(goal, 20, kept)[0],
                         "R4 20 kills lost 0 doubled 0 wrong 0 goal met")
        kept.add("R4", 10, 20, {"died": 1}, [])
        self.assertIn("died 1 goal MISSED", release_checks.line(goal, 20, kept)[0])


class SeedsTest(unittest.TestCase):
    def said(self, text, code=1):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        program = pathlib.Path(holder.name) / "sim_seeds"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {code}\n")
        program.chmod(0o700)
        return seeds.run(program, 0, 20, "copy")

    def test_what_a_seed_fails_by_is_counted_by_its_kind(self):
        failures = {"lost": "out: 2 lost: a, b", "doubled": "out: visible 2 times: a",
                    "retracted": "out: was visible and is no more: a", "wrong": "liveness: 60s after",
                    "few": "it says too little: of checkpoints there are 9, 10 are wanted"}
        for kind, why in failures.items():
            counts, words = self.said(f"copy: seed 7: {why} (at 5us, start 2)\nagain: sim::check")
            self.assertEqual((counts, len(words)), ({kind: 1}, 1))

    def test_a_program_that_ends_badly_is_found(self):
        self.assertEqual(self.said("", code=134)[0], {"died": 1})
        self.assertEqual(self.said("nothing is wrong, it says", code=1)[0], {"died": 1})

    def test_a_step_at_which_no_process_died_is_found(self):
        counts, _ = self.said("sink.commit: 90 visits, 0 faults, 12 crashes\n"
                              "log.tail_cut: 7 visits, 0 faults, 0 crashes", code=0)
        self.assertNotIn("log.tail_cut", seeds.too_rare(counts, 10))
        self.assertIn("checkpoint.decided", seeds.too_rare(counts, 10))
        self.assertNotIn("sink.commit", seeds.too_rare(counts, 10))
        self.assertIn("sink.commit", seeds.too_rare(counts, 13))
        self.assertGreater(goals.BY_NAME["R9"].judge(counts, 20_000)[0]["rare"], 20)


class OutcomeTest(unittest.TestCase):
    def test_each_difference_has_its_name(self):
        result = outcome.Outcome()
        outcome.at_the_end(result, {1: "a", 2: "b", 3: "c"}, [(1, "a"), (1, "a"), (2, "x"), (9, "")],
                           before=[3])
        self.assertEqual(result.counts, {"lost": 1, "doubled": 1, "wrong": 2, "retracted": 1})

    def test_power_loss_may_leave_any_part_of_what_was_not_synced(self):
        styles = set()
        for seed in range(200):
            content = power_loss.Content()
            content.since = [(0, b"a" * 1024), (512, b"b" * 1024)]
            rng = random.Random(seed)
            styles.add(content.after_power_loss(rng, "out of order")[:1024])
        self.assertGreater(len(styles), 6)


BUILD = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None

if __name__ == "__main__":
    unittest.main()
