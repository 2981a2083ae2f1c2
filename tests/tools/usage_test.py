# SPDX-License-Identifier: BSL-1.0
import unittest

from driver import ToolTest


class Usage(ToolTest):
    def test_help_lists_every_command(self):
        text = self.good("--help").decode()
        for words in ("log append", "log dump", "log tail", "log verify", "store put",
                      "store get", "store ls", "store rm", "parse json", "parse csv",
                      "firehose prefix", "checkpoint ls", "checkpoint show", "checkpoint verify",
                      "checkpoint diff"):
            self.assertIn("millrace " + words, text)
        self.assertIn("store put", self.good("store", "--help").decode())
        self.assertNotIn("log dump", self.good("store", "--help").decode())

    def test_each_command_teaches_with_an_example(self):
        for line in self.good("--help").decode().splitlines():
            if not line.startswith("  millrace "):
                continue
            group, name = line.split()[1:3]
            text = self.good(group, name, "--help").decode()
            self.assertTrue(text.startswith(f"usage: millrace {group} {name} "), text)
            self.assertGreaterEqual(text.count(f"millrace {group} {name}"), 2, text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100, text)

    def test_a_wrong_command_line_ends_with_2_and_the_remedy(self):
        self.assertEqual(self.usage(), "a command is missing; see millrace --help")
        self.assertEqual(self.usage("lgo"),
                         "unknown command lgo; there are log, store, parse, firehose, catalog, index, "
                         "checkpoint and outputs")
        self.assertEqual(self.usage("store"),
                         "store needs one more word; see millrace store --help")
        self.assertEqual(self.usage("store", "move"),
                         "unknown command store move; see millrace store --help")
        self.assertEqual(self.usage("store", "get", "lake"),
                         "usage: millrace store get [--range RANGE] DIR KEY")
        self.assertIn("unknown option --force; this command has --range",
                      self.usage("store", "get", "--force", "lake", "key"))
        self.assertIn("unknown option -x; this command has none",
                      self.usage("store", "rm", "-x", "lake", "key"))
        self.assertEqual(self.usage("store", "get", "lake", "key", "--range"),
                         "--range needs a value")
        self.assertEqual(self.usage("store", "ls", "--long=yes", "lake"), "--long takes no value")
        self.assertEqual(self.usage("parse", "json", "--max-depth", "many", "x"),
                         '--max-depth needs a number, not "many"')

    def test_version(self):
        self.assertRegex(self.good("--version").decode(), r"^\d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
