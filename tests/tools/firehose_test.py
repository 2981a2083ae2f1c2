# SPDX-License-Identifier: BSL-1.0
import unittest

from driver import ToolTest

AT = "2026-07-13T14:05:09.987"


class Firehose(ToolTest):
    def prefix(self, *words):
        return self.good("firehose", "prefix", *words).decode().rstrip("\n")

    def refusal(self, *words):
        return self.refused("firehose", "prefix", *words)

    def test_expressions_are_evaluated_at_a_time_in_a_zone(self):
        self.assertEqual(self.prefix("", "--at", AT), "2026/07/13/14/")
        self.assertEqual(self.prefix("legacy", "--at", AT), "legacy2026/07/13/14/")
        self.assertEqual(self.prefix("--at", AT, "r/year=!{timestamp:yyyy}/h=!{timestamp:HH}/"),
                         "r/year=2026/h=14/")
        for zone in ("Asia/Tokyo", "+09:00"):
            self.assertEqual(self.prefix("p/", "--at", AT, "--zone", zone), "p/2026/07/13/23/")
        self.assertRegex(self.prefix("a/!{firehose:random-string}/", "--at", AT),
                         r"^a/[0-9a-z]{11}/2026/07/13/14/$")
        self.assertRegex(self.prefix("now/"), r"^now/\d{4}/\d\d/\d\d/\d\d/$")

    def test_error_prefixes(self):
        self.assertEqual(self.prefix("es/", "--error", "processing-failed", "--at", AT),
                         "es/processing-failed/2026/07/13/14/")
        self.assertEqual(self.prefix("!{firehose:error-output-type}/!{timestamp:yyyy/MM/}",
                                     "--error=splunk-failed", "--at", AT),
                         "splunk-failed/2026/07/")

    def test_partition_keys(self):
        expression = "c=!{partitionKeyFromQuery:c}/d=!{partitionKeyFromLambda:d}/"
        self.assertEqual(self.prefix(expression, "--query-keys", "c=1,e=5", "--lambda-keys=d=x=y"),
                         "c=1/d=x=y/")
        self.assertEqual(self.refusal(expression, "--query-keys", "c=1"),
                         'prefix, column 57: the record\'s partition key "d" is missing')
        self.assertIn("needs dynamic partitioning", self.refusal(expression))
        self.assertEqual(self.prefix("plain/", "--dynamic"), "plain/")
        self.assertEqual(self.usage("firehose", "prefix", "x", "--query-keys", "c=1,d"),
                         '--query-keys needs NAME=VALUE,..., not "d"')

    def test_validate_says_valid_or_why_not_and_where(self):
        self.assertEqual(self.prefix("--validate", "raw/!{timestamp:YYYY/MM}/"), "valid")
        for expression, why in (
                ("a/!{foo:bar}/", 'prefix, column 5: unknown namespace "foo"'),
                ("a/!{timestamp:yyyy", "prefix, column 3: the expression that begins here has no"),
                ("a/!{timestamp:jj}/", "time pattern, column 15: the letter 'j' means nothing"),
                ("a/!{firehose:error-output-type}/",
                 "prefix, column 14: error-output-type has a meaning in an error prefix only")):
            self.assertIn(why, self.refusal("--validate", expression))
        good = "e/!{firehose:error-output-type}/"
        self.assertEqual(self.prefix("--validate", "!{timestamp:yyyy}/", "--error-prefix", good),
                         "valid")
        self.assertIn("error prefix, column 3: an error prefix with expressions needs",
                      self.refusal("--validate", "!{timestamp:yyyy}/", "--error-prefix",
                                   "e/!{timestamp:yyyy}/"))

    def test_bad_times_and_zones(self):
        self.assertTrue(self.usage("firehose", "prefix", "x", "--at", "noon").startswith("--at: "))
        self.assertIn("has no such zone", self.refusal("x", "--zone", "Mars/Olympus"))
        self.assertIn("no name of a zone", self.refusal("x", "--zone", "../../etc/passwd"))
        self.assertIn("at most 18 hours", self.refusal("x", "--zone", "+19:00"))

    def test_control_bytes_are_shown(self):
        self.assertEqual(self.prefix("a\x1b[2J/", "--at", AT), "a\\x1B[2J/2026/07/13/14/")


if __name__ == "__main__":
    unittest.main()
