# SPDX-License-Identifier: BSL-1.0
import fcntl
import json
import os
import unittest

from driver import ToolTest

LINES = b"".join(
    b'{"index":{"_index":"%s","_id":"%d"}}\n{"Job":"%s","Balance":%d}\n' % row for row in (
        (b"a-1", 1, b"admin.", 10), (b"a-1", 2, b"services", 20), (b"a-2", 3, b"admin.", 30)))
JOBS = '{"size":0,"aggs":{"jobs":{"terms":{"field":"Job.keyword"}}}}'


class Index(ToolTest):
    def setUp(self):
        super().setUp()
        self.bank = self.path("bank")

    def fill(self):
        return json.loads(self.good("index", "bulk", self.bank, stdin=LINES))

    def test_bulk_search_and_dump(self):
        done = self.fill()
        self.assertFalse(done["errors"])
        self.assertEqual([item["index"]["status"] for item in done["items"]], [201, 201, 201])
        answer = json.loads(self.good("index", "search", self.bank, "a-*", JOBS))
        buckets = answer["aggregations"]["jobs"]["buckets"]
        self.assertEqual([(b["key"], b["doc_count"]) for b in buckets],
                         [("admin.", 2), ("services", 1)])
        answer = json.loads(self.good("index", "search", self.bank, "a-1"))
        self.assertEqual(answer["hits"]["total"]["value"], 2)
        answer = json.loads(self.good("index", "search", self.bank, "a-1,a-2", "-",
                                      stdin=b'{"query":{"range":{"Balance":{"gte":20}}}}'))
        self.assertEqual(sorted(hit["_id"] for hit in answer["hits"]["hits"]), ["2", "3"])
        self.assertEqual(self.good("index", "dump", self.bank), LINES)
        self.assertEqual(self.good("index", "dump", self.bank, "a-2"), LINES[LINES.rindex(b'{"in'):])

    def test_a_dump_is_a_bulk_and_a_replay_changes_nothing(self):
        self.fill()
        copy = self.path("copy")
        for status in (201, 200):
            done = json.loads(self.good("index", "bulk", copy, stdin=self.good(
                "index", "dump", self.bank)))
            self.assertEqual({item["index"]["status"] for item in done["items"]}, {status})
        self.assertEqual(self.good("index", "dump", copy), LINES)

    def test_items_that_fail_end_with_1_and_the_others_stay(self):
        done = self.run_tool("index", "bulk", "--index", "i", self.bank, stdin=(
            b'{"index":{"_id":"1"}}\n{"n":1}\n{"index":{"_id":"2"}}\n{"n":"x"}\n'))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"1 of 2 items failed", done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["items"][1]["index"]["error"]["type"], "mapper_parsing_exception")
        self.assertEqual(self.good("index", "dump", self.bank),
                         b'{"index":{"_index":"i","_id":"1"}}\n{"n":1}\n')

    def test_what_is_not_there_or_no_query_is_refused(self):
        self.assertIn("there is no index in", self.refused("index", "search", self.bank, "i"))
        self.assertFalse(os.path.exists(self.bank))
        self.fill()
        self.assertIn("index_not_found_exception",
                      self.refused("index", "search", self.bank, "none"))
        self.assertIn("unknown query [mach]",
                      self.refused("index", "search", self.bank, "a-1", '{"query":{"mach":{}}}'))
        self.assertIn("parsing_exception", self.refused("index", "search", self.bank, "a-1", "{"))
        self.assertIn("terminated by a newline",
                      self.refused("index", "bulk", self.bank, stdin=LINES[:-1]))

    def test_an_index_that_another_process_has_open_is_refused(self):
        self.fill()
        with open(self.bank + "/index.sqlite", "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            for words in (("search", self.bank, "a-1"), ("dump", self.bank)):
                self.assertIn("another process or Store has the index open",
                              self.refused("index", *words))
        self.assertEqual(self.good("index", "dump", self.bank), LINES)

    def test_a_file_that_is_cut_or_no_index_is_refused(self):
        self.fill()
        file = self.bank + "/index.sqlite"
        with open(file, "rb") as whole:
            contents = whole.read()
        for bad in (contents[:5000], b"", b"garbage" * 5000):
            with open(file, "wb") as damaged:
                damaged.write(bad)
            self.assertIn("build the index anew", self.refused("index", "dump", self.bank))


if __name__ == "__main__":
    unittest.main()
