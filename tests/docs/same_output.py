#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""same_output.py PROGRAM PAGE: the page's program prints what the page says it prints."""
import subprocess
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import pathlib

import snippets

_, promised = snippets.first_program(pathlib.Path(sys.argv[2]))
printed = subprocess.run([sys.argv[1]], capture_output=True, text=True, timeout=60, check=True).stdout
if promised is None or printed != promised:
    raise SystemExit(f"the page says:\n{promised}\nthe program printed:\n{printed}")
print("the program prints what the page says")
