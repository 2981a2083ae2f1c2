# SPDX-License-Identifier: BSL-1.0
"""Runs the millrace command for the tests beside this file."""
import os
import subprocess
import sys
import tempfile
import unittest


class ToolTest(unittest.TestCase):
    """Gives each test a directory of its own and the command."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.dir = holder.name

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, contents):
        with open(self.path(name), "wb") as file:
            file.write(contents)
        return self.path(name)

    def run_tool(self, *words, stdin=b""):
        return subprocess.run([TOOL, *words], input=stdin, capture_output=True, timeout=60)

    def good(self, *words, stdin=b""):
        """The stdout of a command that must end with 0 and say nothing on stderr."""
        done = self.run_tool(*words, stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (0, b""), words)
        return done.stdout

    def refused(self, *words, stdin=b"", code=1):
        """The reason, one line, of a command that must end with `code` and give no record."""
        done = self.run_tool(*words, stdin=stdin)
        self.assertEqual(done.returncode, code, (words, done))
        self.assertTrue(done.stderr.startswith(b"millrace: ") and done.stderr.endswith(b"\n"))
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
        return done.stderr[len(b"millrace: "):-1].decode("utf-8", "replace")

    def usage(self, *words):
        return self.refused(*words, code=2)


TOOL = sys.argv.pop(1)


