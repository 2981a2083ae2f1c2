# SPDX-License-Identifier: BSL-1.0
import os
import unittest

from driver import ToolTest


class Outputs(ToolTest):
    def run_of(self, name, **sinks):
        os.mkdir(self.path(name))
        for file, lines in sinks.items():
            sink, subtask = file.rsplit("_", 1)
            self.write(f"{name}/{sink}.{subtask}.lines", b"".join(line + b"\n" for line in lines))
        return self.path(name)

    def test_equal_runs_are_equal_whatever_the_order_and_the_subtask(self):
        before = self.run_of("a", out_0=[b"1", b"2", b"2"], late_0=[])
        after = self.run_of("b", out_0=[b"2"], out_1=[b"2", b"1"], late_0=[])
        self.assertEqual(self.good("outputs", "diff", before, after),
                         b"late: 0 equal, 0 only before, 0 only after\n"
                         b"out: 3 equal, 0 only before, 0 only after\n")

    def test_differences_are_shown_from_both_sides_and_refused(self):
        before = self.run_of("a", out_0=[b"1", b"2", b"2", b"3"], gone_0=[b"x"])
        after = self.run_of("b", out_0=[b"2", b"4", b"\x1b5", b"6"])
        done = self.run_tool("outputs", "diff", "--show", "2", before, after)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout,
                         b"gone: 0 equal, 1 only before, 0 only after\n"
                         b"  - x\n"
                         b"out: 1 equal, 3 only before, 3 only after\n"
                         b"  - 1\n  - 2\n  - ... and 1 more\n"
                         b"  + \\x1B5\n  + 4\n  + ... and 1 more\n")
        self.assertEqual(done.stderr, b"millrace: 2 of 2 sinks got other records\n")

    def test_a_directory_without_outputs_is_refused(self):
        before = self.run_of("a", out_0=[b"1"])
        os.mkdir(self.path("empty"))
        self.assertIn("there is no file named *.lines",
                      self.refused("outputs", "diff", before, self.path("empty")))
        self.refused("outputs", "diff", before, self.path("nowhere"))


unittest.main()
