# SPDX-License-Identifier: BSL-1.0
import json
import os
import shutil
import unittest

from driver import ToolTest

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "checkpoint", "fixtures")


class Checkpoint(ToolTest):
    def state(self, fixture):
        """A state directory with what the fixture holds."""
        to = self.path("state-" + os.path.basename(fixture))
        shutil.copytree(os.path.join(FIXTURES, fixture), to)
        return to

    def old_state(self):
        os.mkdir(self.path("old"))
        shutil.copy(os.path.join(FIXTURES, "windows.snapshot"), self.path("old/snapshot"))
        return self.path("old")

    def rows(self, *words):
        return [json.loads(line) for line in self.good("checkpoint", *words).splitlines()]

    def flip(self, path, offset):
        with open(path, "r+b") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ 1]))

    def test_ls_lists_what_can_be_gone_back_to(self):
        state = self.state("format-1/groups")
        lines = self.good("checkpoint", "ls", state).decode().splitlines()
        self.assertEqual(lines[0].split(), "id epoch written state bytes bytes written shared "
                                           "steps".split())
        self.assertEqual([line.split() for line in lines[1:]], [
            ["1", "0", "2020-01-01T00:00:00", "complete", "2405", "2873", "0", "3"],
            ["2", "0", "2020-01-01T00:00:00", "complete", "2405", "1701", "1200", "3"]])
        self.assertEqual([(row["id"], row["bytes_referenced"], row["pipeline"])
                          for row in self.rows("ls", "--json", state)],
                         [(1, 0, "job"), (2, 1200, "job")])
        self.assertEqual([(row["id"], row["state"])
                          for row in self.rows("ls", "--json", "--all", state)],
                         [(0, "start"), (1, "complete"), (2, "complete")])

    def test_ls_says_what_is_damaged_unfinished_or_old(self):
        state = self.state("format-1/groups")
        os.remove(state + "/chk-2/state-0")
        self.flip(state + "/chk-1/MANIFEST", 100)
        os.mkdir(state + "/chk-3")
        with open(state + "/chk-3/state-0", "wb") as file:
            file.write(b"half")
        rows = self.rows("ls", "--json", state)
        self.assertEqual([(row["id"], row["state"]) for row in rows],
                         [(1, "damaged"), (2, "damaged"), (3, "unfinished")])
        self.assertEqual(rows[1]["problem"],
                         state + "/chk-2/state-0, offset 0: the file is not there")
        text = self.good("checkpoint", "ls", state).decode()
        self.assertIn("checkpoint 1: " + state + "/chk-1/MANIFEST, offset 36: what follows does not "
                      "match its checksum", text)
        old = self.rows("ls", "--json", self.old_state())
        self.assertEqual([(row["id"], row["state"], row["written"]) for row in old],
                         [(2, "complete", None)])

    def test_show_has_steps_positions_and_committables(self):
        state = self.state("format-1/windows")
        shown = self.rows("show", "--json", state)[0]
        self.assertEqual(shown["checkpoint"]["id"], 3)
        self.assertEqual([(s["name"], s["kind"], s["subtasks"]) for s in shown["steps"]],
                         [("in", "source", 2), ("time", "event_time", 2), ("sums", "window", 2),
                          ("out", "sink", 1)])
        self.assertEqual([(p["partition"], p["position"], p["ended"])
                          for p in shown["positions"]], [("a", "140", False), ("b", "90", False)])
        self.assertEqual([c["bytes"] for c in shown["committables"]], ["3.2"])
        self.assertIsNone(shown["items"])
        self.assertEqual(sum(s["bytes"] for s in shown["steps"]), shown["checkpoint"]["bytes"])
        text = self.good("checkpoint", "show", state, "1").decode()
        self.assertTrue(text.startswith('checkpoint 1 of pipeline "windows", written 2020-01-01T'))
        self.assertIn("in      a               120\n", text)

    def test_show_has_each_piece_of_state_when_asked(self):
        state = self.state("format-1/groups")
        items = self.rows("show", "--json", "--items", state)[0]["items"]
        self.assertEqual([(i["step"], i["subtask"], i["group"], i["bytes"]) for i in items],
                         [("in", 0, None, 5)] + [("sums", g % 2, g, 600) for g in range(4)])
        self.assertEqual(len({i["xxh64"] for i in items}), 5)
        text = self.good("checkpoint", "show", "--items", state).decode()
        for item in items:
            self.assertIn(item["xxh64"], text)

    def test_show_of_an_old_snapshot(self):
        shown = self.rows("show", "--json", self.old_state())[0]
        self.assertEqual((shown["checkpoint"]["pipeline"], shown["checkpoint"]["written"]),
                         ("windows", None))
        self.assertEqual([s["name"] for s in shown["steps"]], ["in", "time", "sums", "out"])

    def test_verify_reads_every_byte_and_names_each_damage(self):
        state = self.state("format-1/groups")
        self.assertEqual(self.good("checkpoint", "verify", state),
                         b"checkpoint 1: ok: 5 items, 2405 bytes\n"
                         b"checkpoint 2: ok: 5 items, 2405 bytes\n")
        self.flip(state + "/chk-2/state-0", 700)
        done = self.run_tool("checkpoint", "verify", state)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, b"millrace: 1 of 2 checkpoints can't be restored\n")
        self.assertEqual(done.stdout.decode().splitlines(), [
            "checkpoint 1: ok: 5 items, 2405 bytes",
            f'checkpoint 2: damaged: {state}/chk-2/state-0, offset 636: state of step "sums", '
            "subtask 1, group 3, of 600 bytes, is not what was written"])
        self.assertEqual(self.good("checkpoint", "verify", state, "1"),
                         b"checkpoint 1: ok: 5 items, 2405 bytes\n")

    def test_every_flipped_byte_is_found_by_verify(self):
        state = self.state("format-1/groups")
        for name in ("chk-2/MANIFEST", "chk-2/state-0"):
            path = f"{state}/{name}"
            for offset in range(0, os.path.getsize(path), 13):
                self.flip(path, offset)
                done = self.run_tool("checkpoint", "verify", state, "2")
                said = done.stdout + done.stderr
                self.assertIn(f"{path}, offset ".encode(), said, offset)
                harmless = b"harmless" in said
                self.assertEqual(done.returncode, 0 if harmless else 1, (offset, said))
                self.assertEqual(harmless, name.endswith("state-0") and offset < 36, (offset, said))
                self.flip(path, offset)

    def test_diff_says_what_moved_and_what_changed(self):
        state = self.state("format-1/groups")
        found = self.rows("diff", "--json", state, "1", "2")[0]
        self.assertEqual(found["positions"],
                         [{"step": "in", "partition": "a", "before": "1", "after": "2"}])
        steps = {s["name"]: s for s in found["steps"]}
        self.assertEqual((steps["sums"]["change"], steps["sums"]["groups"],
                          steps["sums"]["groups_that_differ"]), ("changed", 4, [2, 3]))
        self.assertEqual(steps["out"]["change"], "equal")
        text = self.good("checkpoint", "diff", state, "1", "2").decode()
        self.assertIn("in      a                 1  ->         2\n", text)
        self.assertIn("2 of 4 groups differ: 2 3\n", text)

    def test_diff_with_another_directory_names_steps_that_came_and_went(self):
        found = self.rows("diff", "--json", "--with", self.state("format-1/windows"),
                          self.state("format-1/groups"), "2", "3")[0]
        self.assertEqual({s["name"]: s["change"] for s in found["steps"]},
                         {"in": "changed", "sums": "changed", "out": "equal", "time": "added"})
        steps = {s["name"]: s for s in found["steps"]}
        self.assertEqual(steps["in"]["how"], "subtasks 1 -> 2")
        self.assertEqual(steps["sums"]["how"], "type {i32,i64} -> -")
        back = self.rows("diff", "--json", "--with", self.path("state-groups"),
                         self.path("state-windows"), "3", "2")[0]
        self.assertIn(("time", "dropped"), [(s["name"], s["change"]) for s in back["steps"]])

    def test_what_is_not_there_is_refused(self):
        state = self.state("format-1/groups")
        for command in ("ls", "show", "verify"):
            self.assertEqual(self.refused("checkpoint", command, self.path("none")),
                             self.path("none") + ": there is no such directory")
        self.assertEqual(self.refused("checkpoint", "show", state, "9"),
                         f"state directory {state}: there is no checkpoint 9; millrace checkpoint "
                         f"ls {state} shows those that are")
        self.assertIn("there is no checkpoint 0", self.refused("checkpoint", "diff", state, "0", "1"))
        os.mkdir(self.path("empty"))
        self.assertEqual(self.refused("checkpoint", "verify", self.path("empty")),
                         self.path("empty") + ": there is no checkpoint")
        self.assertEqual(self.refused("checkpoint", "show", self.path("empty")),
                         self.path("empty") + ": there is no complete checkpoint")
        self.assertEqual(self.good("checkpoint", "ls", self.path("empty")), b"")
        self.assertIn('ID needs a number, not "x"', self.usage("checkpoint", "show", state, "x"))


if __name__ == "__main__":
    unittest.main()
