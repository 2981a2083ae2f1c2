#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""mistakes.py ROOT: every message that docs/MISTAKES.md quotes stands in the sources."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
literals = []
for folder in ("include", "src", "tools"):
    for file in sorted((root / folder).rglob("*.[hc]pp")):
        text = re.sub(r'"\s*\n\s*"', "", file.read_text())
        literals += re.findall(r'"((?:[^"\\\n]|\\.)*)"', text)
said = "\n".join(literals).replace('\\"', '"')
page = (root / "docs" / "MISTAKES.md").read_text()
quoted = re.findall(r"^### `(.*)`$", page, flags=re.M)
missing = [q for q in quoted if not all(part.strip() in said for part in q.split("…"))]
if missing or not quoted:
    print("no source says:\n  " + "\n  ".join(missing))
    sys.exit(1)
print(f"all {len(quoted)} messages stand in the sources")
