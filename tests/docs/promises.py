#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""promises.py ROOT: every test that docs/DELIVERY.md names beside a promise exists."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
cases = set()
for file in (root / "tests").rglob("*_test.cpp"):
    text = re.sub(r'"\s*\n\s*"', "", file.read_text())
    cases.update(re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', text))
for file in (root / "tests").rglob("*_test.py"):
    place = {"peers": "peers", "examples": f"examples.{file.stem.removesuffix('_test')}"}
    cases.update(f"{place.get(file.parent.name, '')}.{name}"
                 for name in re.findall(r"^def case_(\w+)", file.read_text(), flags=re.M))
goals = re.search(r"set\(goals ([^)]*)\)", (root / "tests/release/CMakeLists.txt").read_text())
cases.update(f"release.{goal}" for goal in goals.group(1).split())

page = (root / "docs/DELIVERY.md").read_text()
rows = re.findall(r"^\| (.*) \| (.*) \|$", page[page.index("| promise | the test |"):].split("\n\n")[0],
                  flags=re.M)[1:]
named = [(promise, re.findall(r"\*(.+?)\*|`(.+?)`", test)) for promise, test in rows]
missing = [name for _, tests in named for name in map("".join, tests) if name not in cases]
missing += [f"(nothing) for: {promise}" for promise, tests in named if not tests]
if missing or len(named) < 5:
    print("no test is called:\n  " + "\n  ".join(missing))
    sys.exit(1)
print(f"the tests of all {len(named)} promises exist")
