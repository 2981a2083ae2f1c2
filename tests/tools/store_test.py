# SPDX-License-Identifier: BSL-1.0
import hashlib
import os
import unittest

from driver import ToolTest

# Words of a command line hold any bytes but NUL.
HOSTILE = [os.fsdecode(key) for key in (
    b"../x", b"..", b".", b"../../etc/passwd", b"a/../b", b"a/..", b"a/../../b", b"a/./b",
    b"/etc/passwd", b"/", b"//", b"///", b"/a", b"//a", b"/../x", b"..\\x", b"C:\\x", b"~", b"~/x",
    b"....//x", b"%2e%2e/x", b"%2E%2E%2Fx", b"..%2fx", b"..%c0%afx", b"\xc0\xae\xc0\xae/x",
    b"file:///etc/passwd", b"file", b"file/child", b"file/child/grandchild", b"file/", b"file//",
    b"file//child", b"a//b", b"a/b", b"a///b", b"a.b", b"a.b/c", b"a=b", b"a=b/c", b"a.b=c",
    b"a.b=c/d", b"a\nb", b"a\rb", b"a\tb", b"a b", b" a", b"a ", b" ", b"a\x7f", b"\x1b[2Jx",
    b"$(id)", b"`id`", b"a;b", b"a|b", b"a&b", b"a>b", b"a*b", b"a?b", b'"a"', b"'a'", b"-rf",
    b"--", b"-", b"--help", b"#", b"a:b", b"CON", b"NUL.txt", b"name.", b"A", b"%41", b"%61",
    b"a%", b"%", b"%%", b"%25", b"%_", b"%~", b"x%5F", b"x_", b"x%", b"X", b"x", b"\xc3\xa9",
    b"e\xcc\x81", b"\xe2\x80\xaefdp.exe", b"\xf0\x9f\x98\x80", b"\xff", b"\xff\xfe",
    b"\xed\xa0\x80", b"+", b"a%20b", b"@", b"=", b".millrace", b".millrace/lock",
    b".millrace/tmp/x", b".tmp", b".hidden/x", b"k" * 255, b"k" * 256, b"k" * 1024,
    b"k" * 300 + b"x", b"k" * 300 + b"y", b"k" * 300 + b"/child", b"\xfc" * 80, b"d/" * 100 + b"f",
)]


def shown(key):
    return "".join(f"\\x{ord(c):02X}" if ord(c) < 32 or ord(c) == 127 else c for c in key)


class Store(ToolTest):
    def setUp(self):
        super().setUp()
        self.lake = self.path("lake")

    def put(self, key, contents, *options):
        return self.good("store", "put", *options, self.lake, "--", key, stdin=contents)

    def files(self):
        return {os.path.join(where, name) for where, _, names in os.walk(self.dir)
                for name in names}

    def test_put_get_ls_rm(self):
        etag = hashlib.md5(b"hello").hexdigest().encode() + b"\n"
        self.assertEqual(self.put("raw/year=2022/a.json", b"hello"), etag)
        with open(self.lake + "/raw/year=2022/a.json", "rb") as file:
            self.assertEqual(file.read(), b"hello")
        source = self.write("rows.csv", b"id\n1\n")
        self.good("store", "put", self.lake, "rows.csv", source)
        self.assertEqual(self.good("store", "get", self.lake, "rows.csv"), b"id\n1\n")
        self.assertEqual(self.good("store", "ls", self.lake), b"raw/year=2022/a.json\nrows.csv\n")
        self.assertEqual(self.good("store", "ls", self.lake, "raw/"), b"raw/year=2022/a.json\n")
        self.assertEqual(self.good("store", "ls", "--delimiter", "/", self.lake),
                         b"raw/\nrows.csv\n")
        self.assertRegex(self.good("store", "ls", "--long", self.lake, "rows").decode(),
                         r"^5\t\d{4}-\d\d-\d\dT[\d:.]+\trows\.csv\n$")
        self.good("store", "rm", self.lake, "rows.csv", "raw/year=2022/a.json", "never/was")
        self.assertEqual(self.good("store", "ls", self.lake), b"")
        self.assertEqual(os.listdir(self.lake), [".millrace"])

    def test_files_are_the_owners_alone(self):
        self.put("a/b.json", b"x")
        for where, directories, names in os.walk(self.lake):
            for name in directories:
                self.assertEqual(os.stat(os.path.join(where, name)).st_mode & 0o777, 0o700)
            for name in names:
                self.assertEqual(os.stat(os.path.join(where, name)).st_mode & 0o777, 0o600)

    def test_ranges(self):
        self.put("h", b"hello")
        for text, part in (("1-2", b"el"), ("3-", b"lo"), ("-2", b"lo"), ("0-99", b"hello")):
            self.assertEqual(self.good("store", "get", "--range=" + text, self.lake, "h"), part)
        self.assertIn("the range begins at 9", self.refused("store", "get", "--range", "9-",
                                                            self.lake, "h"))
        for text in ("x", "-", "4-2", "1-x"):
            self.assertIn("--range", self.usage("store", "get", "--range=" + text, self.lake, "h"))

    def test_conditions(self):
        etag = self.put("k", b"1", "--if-none-match").decode().strip()
        self.assertIn("the key is taken",
                      self.refused("store", "put", "--if-none-match", self.lake, "k"))
        self.put("k", b"2", "--if-match", etag)
        self.assertIn("somebody replaced the object",
                      self.refused("store", "put", "--if-match", etag, self.lake, "k"))
        self.assertEqual(self.good("store", "get", self.lake, "k"), b"2")

    def test_what_is_not_there_is_refused(self):
        self.assertIn("there is no store", self.refused("store", "ls", self.lake))
        self.assertIn("there is no store", self.refused("store", "get", self.lake, "k"))
        self.assertFalse(os.path.exists(self.lake))
        self.put("k", b"x")
        self.assertIn("no such object", self.refused("store", "get", self.lake, "other"))
        self.assertIn("open " + self.path("no"),
                      self.refused("store", "put", self.lake, "k", self.path("no")))

    def test_hostile_keys_stay_below_the_root_and_apart(self):
        self.assertGreaterEqual(len(set(HOSTILE)), 85)
        for key in HOSTILE:
            self.put(key, b"of " + os.fsencode(key), "--if-none-match")
        for path in self.files():
            self.assertTrue(path.startswith(self.lake + "/"), path)
        for key in HOSTILE:
            self.assertEqual(self.good("store", "get", self.lake, "--", key),
                             b"of " + os.fsencode(key))
        listed = self.good("store", "ls", self.lake).decode("utf-8", "surrogateescape")
        by_bytes = sorted(HOSTILE, key=os.fsencode)
        self.assertEqual(listed.split("\n")[:-1], [shown(key) for key in by_bytes])
        for key in HOSTILE:
            self.good("store", "rm", self.lake, "--", key)
        self.assertEqual(self.good("store", "ls", self.lake), b"")

    def test_keys_that_no_object_can_have_are_refused(self):
        self.assertIn("a key is empty", self.refused("store", "put", self.lake, ""))
        self.assertIn("4096 bytes; the limit is 1024",
                      self.refused("store", "put", self.lake, "k" * 4096))
        self.assertEqual(self.good("store", "ls", self.lake), b"")

    def test_symbolic_links_are_not_followed(self):
        self.put("dir/real.txt", b"x")
        outside = self.path("outside")
        os.mkdir(outside)
        with open(outside + "/secret.txt", "wb") as file:
            file.write(b"secret")
        os.symlink(outside, self.lake + "/link")
        os.symlink(outside + "/secret.txt", self.lake + "/dir/link.txt")
        for words in (("put", self.lake, "link/new.txt"), ("get", self.lake, "link/secret.txt"),
                      ("rm", self.lake, "link/secret.txt")):
            self.assertIn("is a symbolic link", self.refused("store", *words))
        self.assertIn("symbolic link", self.refused("store", "get", self.lake, "dir/link.txt"))
        self.good("store", "put", self.lake, "dir/link.txt", stdin=b"mine")
        self.assertEqual(self.good("store", "ls", self.lake), b"dir/link.txt\ndir/real.txt\n")
        with open(outside + "/secret.txt", "rb") as file:
            self.assertEqual(file.read(), b"secret")
        self.assertEqual(os.listdir(outside), ["secret.txt"])

    def test_own_directories_that_are_links_are_refused(self):
        self.put("k", b"x")
        os.rename(self.lake + "/.millrace/tmp", self.path("tmp"))
        os.symlink(self.path("tmp"), self.lake + "/.millrace/tmp")
        self.assertIn(".millrace/tmp is a symbolic link",
                      self.refused("store", "put", self.lake, "k2"))


if __name__ == "__main__":
    unittest.main()
