#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""check.py <root>: prints `file:line: why` for each broken house rule; exit 1 if there is one."""
import sys

import rules
import source


def main(root):
    files = list(source.read_tree(root))
    if not any(f.path == "include/millrace/version.hpp" for f in files):
        sys.exit(f"{root} is not millrace's source tree")
    broken = [f"{file.path}:{line}: {why}" for file in files for rule in rules.ALL
              for line, why in rule(file)]
    print("\n".join(broken))
    print(f"{len(files)} files, {len(rules.ALL)} rules, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
