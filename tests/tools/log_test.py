# SPDX-License-Identifier: BSL-1.0
import glob
import json
import subprocess
import unittest

from driver import TOOL, ToolTest


class Log(ToolTest):
    def setUp(self):
        super().setUp()
        self.log = self.path("log")

    def append(self, *options, stdin=b""):
        return self.good("log", "append", *options, self.log, stdin=stdin).decode().splitlines()

    def dump(self, *options):
        text = self.good("log", "dump", *options, self.log).decode()
        return [json.loads(line) for line in text.splitlines()]

    def test_lines_are_appended_acknowledged_and_dumped(self):
        self.assertEqual(self.append(stdin=b"one\n\nthr\xc3\xa9\nno newline"),
                         ["ack 0", "ack 1", "ack 2", "ack 3"])
        records = self.dump()
        self.assertEqual([r["data"] for r in records], ["one", "", "thr\u00e9", "no newline"])
        self.assertEqual([(r["shard"], r["sequence"], r["key"]) for r in records],
                         [(0, 0, "0"), (0, 1, "1"), (0, 2, "2"), (0, 3, "3")])

    def test_numbered_records_spread_over_shards_and_none_is_missing(self):
        acks = self.append("--count", "500", "--group", "50", "--shards", "4")
        self.assertEqual(acks, [f"ack {i}" for i in range(500)])
        self.append("--count", "10", "--first", "500")
        data = self.good("log", "dump", "--data", self.log).decode().split()
        self.assertEqual(sorted(map(int, data)), list(range(510)))
        self.assertEqual({r["shard"] for r in self.dump()}, {0, 1, 2, 3})
        self.assertEqual({r["shard"] for r in self.dump("--shard", "2")}, {2})

    def test_a_key_keeps_its_records_in_one_shard_in_order(self):
        self.append("--shards", "4", "--key", "Ohio", stdin=b"a\nb\nc\n")
        records = self.dump()
        self.assertEqual([r["data"] for r in records], ["a", "b", "c"])
        self.assertEqual(len({r["shard"] for r in records}), 1)

    def test_tail_prints_the_last_of_each_shard(self):
        self.append("--count", "20")
        self.assertEqual(self.good("log", "tail", "--data", "--count", "3", self.log),
                         b"17\n18\n19\n")
        self.assertEqual(self.good("log", "tail", "--data", "--shard", "0", self.log).count(b"\n"),
                         10)

    def follow(self, *options):
        """A tail that follows; its lines come from the function that is returned."""
        running = subprocess.Popen([TOOL, "log", "tail", "--follow", *options, self.log],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(running.stdout.close)
        self.addCleanup(running.stderr.close)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        return running, lambda n: [running.stdout.readline().decode().strip() for _ in range(n)]

    def test_follow_prints_the_last_and_then_what_comes_until_the_seal(self):
        self.append("--count", "20")
        running, lines = self.follow("--count", "3", "--data")
        self.assertEqual(lines(3), ["17", "18", "19"])
        self.append("--count", "5", "--first", "20")
        self.assertEqual(lines(5), ["20", "21", "22", "23", "24"])
        self.append("--seal", stdin=b"the last\n")
        self.assertEqual(lines(1), ["the last"])
        self.assertEqual(running.wait(timeout=60), 0)
        self.assertEqual(running.stdout.read() + running.stderr.read(), b"")

    def test_follow_takes_every_shard_or_one_and_nothing_twice(self):
        self.append("--count", "40", "--shards", "4")
        running, lines = self.follow("--count", "100")
        records = [json.loads(line) for line in lines(40)]
        self.append("--count", "60", "--first", "40", "--seal")
        records += [json.loads(line) for line in lines(60)]
        self.assertEqual(running.wait(timeout=60), 0)
        self.assertEqual(sorted(int(r["data"]) for r in records), list(range(100)))
        self.assertEqual({(r["shard"], r["sequence"], r["arrival"], r["key"]) for r in records},
                         {(r["shard"], r["sequence"], r["arrival"], r["key"]) for r in self.dump()})
        one, lines = self.follow("--shard", "2", "--count", "1", "--data")
        self.assertEqual(one.wait(timeout=60), 0)
        self.assertEqual(len(one.stdout.read().splitlines()), 1)

    def test_follow_of_no_log_is_refused(self):
        self.assertIn(self.log, self.refused("log", "tail", "--follow", self.log))

    def test_verify_counts_what_is_whole(self):
        self.append("--count", "20", "--shards", "2")
        self.assertRegex(self.good("log", "verify", self.log).decode(),
                         r"^ok: 20 records, 2 segments, \d+ bytes\n$")

    def test_a_torn_tail_is_reported_and_the_rest_is_printed(self):
        self.append("--count", "20", "--group", "5")
        segment = glob.glob(self.log + "/**/*.seg", recursive=True)[0]
        with open(segment, "rb+") as file:
            file.truncate(len(file.read().rstrip(b"\0")) - 3)
        done = self.run_tool("log", "dump", "--data", self.log)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(done.stdout.split(), [b"%d" % i for i in range(15)])
        self.assertIn(b"millrace: ", done.stderr)

    def test_damage_before_the_end_is_refused_with_file_and_offset(self):
        self.append("--count", "200", "--group", "10")
        segment = glob.glob(self.log + "/**/*.seg", recursive=True)[0]
        with open(segment, "rb+") as file:
            file.seek(300)
            byte = file.read(1)
            file.seek(300)
            file.write(bytes([byte[0] ^ 1]))
        for command in ("dump", "verify"):
            reason = self.refused("log", command, self.log)
            self.assertIn(segment, reason)
            self.assertRegex(reason, r"\d+")

    def test_no_log_another_shard_count_a_bad_key_are_refused(self):
        for command in ("dump", "tail", "verify"):
            self.assertIn(self.log, self.refused("log", command, self.log))
        self.append("--count", "1", "--shards", "2")
        self.assertIn("2", self.refused("log", "append", "--count", "1", "--shards", "3", self.log))
        self.assertIn("256", self.refused("log", "append", "--count", "1", "--key", "k" * 300,
                                          self.log))
        self.refused("log", "dump", "--shard", "7", self.log)

    def test_options_are_checked(self):
        self.assertIn("--group takes", self.usage("log", "append", "--group", "0", self.log))
        self.assertIn("--shards takes", self.usage("log", "append", "--shards", "70000", self.log))
        self.assertIn("--shard", self.usage("log", "dump", "--shard", "5000000000", self.log))


if __name__ == "__main__":
    unittest.main()
