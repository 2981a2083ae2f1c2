# SPDX-License-Identifier: BSL-1.0
import unittest

from driver import ToolTest


class Parse(ToolTest):
    def test_json_comes_on_one_line(self):
        file = self.write("a.json", b'{ "a b" : [1,\n 2.5e3 , "x \\" \\\\"],\t"c":null }\n')
        self.assertEqual(self.good("parse", "json", file),
                         b'{"a b":[1,2.5e3,"x \\" \\\\"],"c":null}\n')
        self.assertEqual(self.good("parse", "json", "-", stdin=b" [ ] "), b"[]\n")

    def test_json_lines(self):
        self.assertEqual(self.good("parse", "json", "--lines", "-", stdin=b'{"a": 1}\n\n[ 2 ]'),
                         b'{"a":1}\n[2]\n')
        self.assertIn("line 2", self.refused("parse", "json", "--lines", "-", stdin=b"1\n}\n"))

    def test_bad_json_is_refused_with_line_and_column(self):
        for bad in (b"", b"{", b"[1,]", b'{"a":1,}', b"nul", b"01", b"1 2", b'"\xff"', b'"\x01"',
                    b"'a'", b"[" * 100_000, b'{"a"', b'"\\ud800"', b"NaN"):
            file = self.write("bad.json", bad)
            reason = self.refused("parse", "json", file)
            self.assertTrue(reason.startswith(file + ": "), reason)
            self.assertRegex(reason, r"line \d+, column \d+")

    def test_the_depth_limit_is_a_choice(self):
        deep = b"[" * 1000 + b"]" * 1000
        self.refused("parse", "json", "-", stdin=deep)
        self.assertEqual(self.good("parse", "json", "--max-depth", "1000", "-", stdin=deep),
                         deep + b"\n")

    def test_csv_records_come_as_arrays(self):
        file = self.write("a.csv", b'id,note\r\n1,"say ""hi""\nto, all"\r\n\n2,\xc3\xbc')
        self.assertEqual(self.good("parse", "csv", file).decode(),
                         '["id","note"]\n["1","say \\"hi\\"\\nto, all"]\n["2","ü"]\n')
        self.assertEqual(self.good("parse", "csv", "--delimiter", "|", "-", stdin=b'a|b,c\n"|"|'),
                         b'["a","b,c"]\n["|",""]\n')
        self.assertEqual(self.good("parse", "csv", "-", stdin=b""), b"")

    def test_bad_csv_is_refused_with_line_and_column(self):
        for bad in (b'a,b\n1\n', b'a\n"x', b'a\n"x"y\n', b'a\nx"y\n'):
            file = self.write("bad.csv", bad)
            reason = self.refused("parse", "csv", file)
            self.assertTrue(reason.startswith(file + ": "), reason)
            self.assertRegex(reason, r"line \d+, column \d+")
        self.assertIn("UTF-8", self.refused("parse", "csv", "-", stdin=b"a,\xff\n"))

    def test_a_file_that_is_not_there_and_a_directory_are_refused(self):
        self.assertIn("No such file", self.refused("parse", "json", self.path("no.json")))
        self.assertIn("Is a directory", self.refused("parse", "csv", self.dir))

    def test_options_are_checked(self):
        self.assertEqual(self.usage("parse", "csv", "--delimiter", "ab", "x"),
                         "--delimiter needs one byte")


if __name__ == "__main__":
    unittest.main()
