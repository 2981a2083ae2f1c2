# SPDX-License-Identifier: BSL-1.0
import gzip
import json
import os
import unittest

from driver import ToolTest

ROW = {"Age": "59", "Job": "admin.", "Balance": 2343}


class Catalog(ToolTest):
    def setUp(self):
        super().setUp()
        self.lake = self.path("lake")
        self.catalog = self.path("catalog")

    def put(self, key, contents):
        self.good("store", "put", self.lake, "--", key, stdin=contents)

    def crawl(self, *options):
        words = ("--location", "s3://lake/", *options, self.catalog, "bankdata", self.lake)
        return self.good("catalog", "crawl", *words).decode().splitlines()

    def put_rows(self):
        for hour in ("04", "05"):
            self.put(f"2022/12/24/{hour}/bank-{hour}", json.dumps(ROW).encode() + b"\n")

    def test_crawl_show_and_ddl(self):
        self.put_rows()
        self.assertEqual(self.crawl(), [
            "bankdata.2022\tadded\t3 columns added\t2 partitions added",
            "2 objects, 1 table, 0 skipped, 0 empty, 0 hidden"])
        self.assertEqual(self.good("catalog", "show", self.catalog), b"bankdata\t1 table\n")
        self.assertEqual(self.good("catalog", "show", self.catalog, "bankdata"),
                         b"2022\t6 columns\t2 partitions\ts3://lake/2022/\n")
        table = json.loads(self.good("catalog", "show", self.catalog, "bankdata", "2022"))
        self.assertEqual(table["Name"], "2022")
        self.assertEqual([(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]],
                         [("age", "string"), ("job", "string"), ("balance", "int")])
        self.assertEqual([k["Name"] for k in table["PartitionKeys"]],
                         ["partition_0", "partition_1", "partition_2"])
        lines = self.good("catalog", "show", "--partitions", self.catalog, "bankdata", "2022")
        self.assertEqual([json.loads(line)["Values"] for line in lines.splitlines()],
                         [["12", "24", "04"], ["12", "24", "05"]])
        ddl = self.good("catalog", "ddl", self.catalog, "bankdata").decode()
        self.assertEqual(ddl, self.good("catalog", "ddl", self.catalog, "bankdata", "2022").decode())
        self.assertTrue(ddl.startswith("CREATE DATABASE IF NOT EXISTS `bankdata`;\n\n"
                                       "CREATE EXTERNAL TABLE IF NOT EXISTS `bankdata`.`2022` (\n"))
        self.assertTrue(ddl.endswith(
            "  PARTITION (`partition_0`='12', `partition_1`='24', `partition_2`='05') "
            "LOCATION 's3://lake/2022/12/24/05/';\n"))

    def test_a_location_is_a_whole_path_wherever_the_crawl_began(self):
        self.put_rows()
        for lake in (os.path.relpath(self.lake), self.lake + "/.", self.lake):
            self.good("catalog", "crawl", self.catalog, "bankdata", lake)
            self.assertEqual(self.good("catalog", "show", self.catalog, "bankdata").decode(),
                             f"2022\t6 columns\t2 partitions\tfile://{self.lake}/2022/\n")

    def test_a_second_crawl_adds_columns_and_deprecates_what_is_gone(self):
        self.put_rows()
        self.crawl()
        self.assertEqual(self.crawl()[0], "bankdata.2022\tunchanged")
        self.good("store", "rm", self.lake, "2022/12/24/04/bank-04")
        self.put("2022/12/24/06/bank-06", json.dumps({**ROW, "New": True}).encode())
        self.assertEqual(self.crawl()[0], "bankdata.2022\tupdated\t1 column added"
                                          "\t1 partition added\t1 partition gone")
        self.assertNotIn(b"`partition_2`='04'",
                         self.good("catalog", "ddl", self.catalog, "bankdata"))
        for hour in ("05", "06"):
            self.good("store", "rm", self.lake, f"2022/12/24/{hour}/bank-{hour}")
        self.assertEqual(self.crawl()[0], "bankdata.2022\tdeprecated\t2 partitions gone")
        self.assertEqual(self.crawl("--deleted", "remove")[0],
                         "bankdata.2022\tremoved\t3 partitions gone")

    def test_delimited_text_gzip_and_what_can_not_be_read(self):
        self.put("t/a.csv", b"id|name\n1|x\n")
        self.put("t/b.csv.gz", gzip.compress(b"id|name\n2|y\n"))
        self.put("t/c.csv.gz", gzip.compress(b"id|name\n2|y\n")[:15])
        self.put("t/empty", b"")
        lines = self.crawl("--delimiter", "|", "--header", "yes", "--times", "--table-level", "1")
        self.assertEqual(lines[0], "bankdata.t\tadded\t2 columns added")
        self.assertEqual(lines[1], "note: s3://lake/t/: some objects are packed by gzip, others are not")
        self.assertEqual(lines[2], "skipped: t/c.csv.gz: broken gzip at byte 15: it ends too early")
        self.assertEqual(lines[3], "4 objects, 1 table, 1 skipped, 1 empty, 0 hidden")

    def test_what_is_not_there_or_can_not_be_is_refused(self):
        words = (self.catalog, "bankdata", self.lake)
        self.assertIn("there is no store", self.refused("catalog", "crawl", *words))
        self.put_rows()
        self.assertIn("there is no catalog", self.refused("catalog", "show", self.catalog))
        self.assertIn('database "A`" ', self.refused("catalog", "crawl", self.catalog, "A`", self.lake))
        self.assertIn("does not end in '/'",
                      self.refused("catalog", "crawl", "--location", "s3://b", *words))
        self.crawl()
        self.assertIn('there is no database "x"', self.refused("catalog", "ddl", self.catalog, "x"))
        self.assertIn('there is no table "bankdata.x"',
                      self.refused("catalog", "show", self.catalog, "bankdata", "x"))
        for option in ("--header=x", "--schema=x", "--deleted=x", "--delimiter=xx", "--table-level=x"):
            self.assertIn(option.split("=")[0], self.usage("catalog", "crawl", option, *words))


if __name__ == "__main__":
    unittest.main()
