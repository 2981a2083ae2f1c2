#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""check_test.py CHECK: bench/check.py refuses what is slower than its record, and nothing else. A
program that prints what a test wants stands in for the benchmarks."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = sys.argv.pop()

PROGRAM = """#!/usr/bin/env python3
import pathlib, sys
answers = pathlib.Path(__file__).with_name("answers").read_text().splitlines()
tried = pathlib.Path(__file__).with_name("tried")
n = int(tried.read_text()) if tried.exists() else 0
tried.write_text(str(n + 1))
stat = pathlib.Path(__file__).with_name("stat")
if stat.exists():  # others work a thousand seconds meanwhile
    stat.write_text("cpu " + str(int(stat.read_text().split()[1]) + 100000) + " 0 0 0 0 0 0 0")
print("machine A processor, 2 cores, compiler 12")
for part in answers[min(n, len(answers) - 1)].split(";"):
    name, ratio, loop = part.split()
    if name in sys.argv or name.split("-")[0] in sys.argv:
        print(f"{name} library_ns 1.00 loop_ns {loop} ratio {ratio} goal 1.00 memory_GB/s 10.0")
"""

RECORDS = "[A processor]\nW1 1.50 40.0\nW2-100 1.20 30.0\n"


class Checked(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.room = pathlib.Path(self.scratch.name)
        (self.room / "program").write_text(PROGRAM)
        (self.room / "program").chmod(0o755)

    def run_check(self, answers, records=RECORDS, *more):
        (self.room / "tried").unlink(missing_ok=True)
        (self.room / "answers").write_text("\n".join(answers))
        (self.room / "records").write_text(records)
        return subprocess.run(
            [sys.executable, "-B", CHECK, str(self.room / "program"), "--records",
             str(self.room / "records"), "--stat", str(self.room / "stat"), *more], stdout=subprocess.PIPE, text=True)

    def records(self):
        return (self.room / "records").read_text()

    def test_passes_what_is_as_recorded(self):
        done = self.run_check(["W1 1.70 4.0;W2-100 1.20 3.0"])
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("W1 ratio 1.70 recorded 1.50", done.stdout)

    def test_refuses_a_ratio_that_is_too_high_three_times(self):
        done = self.run_check(["W1 1.50 4.0;W2-100 1.40 3.0"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("worse than recorded in 3 tries: W2-100", done.stdout)

    def test_passes_when_the_third_try_is_good(self):
        done = self.run_check(["W1 1.80 4.0", "W1 1.80 4.0", "W1 1.55 4.0"])
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_does_not_judge_while_others_use_the_machine_and_says_so(self):
        (self.room / "stat").write_text("cpu 0 0 0 0 0 0 0 0")
        done = self.run_check(["W1 9.00 4.0"])
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("cores meanwhile: this try does not count", done.stdout)
        self.assertIn("not judged, as others used the machine: W1", done.stdout)
        self.run_check(["W1 1.00 4.0"], RECORDS, "--record")
        self.assertIn("W1 1.50 40.0", self.records())

    def test_refuses_a_loop_that_is_slower_than_the_recorded_one(self):
        done = self.run_check(["W1 1.00 6.0"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("a slower loop flatters the ratio", done.stdout)

    def test_welcomes_a_loop_that_is_faster(self):
        self.assertEqual(self.run_check(["W1 1.50 2.0"]).returncode, 0)

    def test_compares_nothing_on_a_processor_without_records_and_says_so(self):
        done = self.run_check(["W1 9.00 4.0"], "[Another]\nW1 1.50 40.0\n")
        self.assertEqual(done.returncode, 0)
        self.assertIn("no records for A processor: nothing compared", done.stdout)

    def test_fails_when_the_program_does(self):
        (self.room / "program").write_text("#!/bin/sh\nexit 3\n")
        self.assertNotEqual(self.run_check(["W1 1.00 4.0"]).returncode, 0)

    def test_records_what_is_new_or_lower_and_keeps_the_rest(self):
        self.run_check(["W1 1.30 4.0;W2-100 1.90 3.0;W3 1.10 5.0"], RECORDS, "--record")
        self.assertIn("W1 1.30 40.0", self.records())
        self.assertIn("W2-100 1.20 30.0", self.records())
        self.assertIn("W3 1.10 50.0", self.records())

    def test_records_the_median_of_its_runs(self):
        self.run_check(["W1 1.10 4.0", "W1 1.40 4.4", "W1 1.30 3.0", "W1 9.00 4.2", "W1 1.20 5.0"],
                       RECORDS, "--record")
        self.assertIn("W1 1.30 42.0", self.records())

    def test_records_what_is_higher_only_when_told_to(self):
        self.run_check(["W1 1.90 4.0"], "[A processor]\nW1 1.50 40.0\n", "--record", "--raise")
        self.assertIn("W1 1.90 40.0", self.records())


if __name__ == "__main__":
    unittest.main()
