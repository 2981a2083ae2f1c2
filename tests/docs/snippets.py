#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Turns the ```cpp blocks of Markdown pages into C++ files, and checks pages.

  snippets.py extract PAGE OUT.cpp    all blocks of a page, in order, as one file
  snippets.py program PAGE OUT.cpp    the page's first block that has a main, alone
  snippets.py output PAGE             the ```text block that follows that program
  snippets.py check ROOT              every relative link leads to a file; every fence is closed

A block is C++ at namespace scope. Later blocks of a page see what earlier ones declare; each main
gets a number. A block that shows a mistake is fenced ```cpp-broken and is not compiled.
"""
import pathlib
import re
import sys

FENCE = re.compile(r"^```(\S*)\s*$")


def blocks(page):
    """(language, first line number, text) of each fenced block."""
    language, start, lines = None, 0, []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if fence and language is None:
            language, start, lines = fence.group(1), number + 1, []
        elif fence:
            yield language, start, "\n".join(lines) + "\n"
            language = None
        elif language is not None:
            lines.append(line)
    if language is not None:
        raise SystemExit(f"{page}:{start}: this block is never closed")


def extract(page):
    includes, body, mains = [], [], 0
    for language, start, text in blocks(page):
        if language != "cpp":
            continue
        kept = []
        for line in text.splitlines():
            if line.startswith("#include"):
                includes.append(line)
                kept.append("")
            else:
                kept.append(line)
        code = "\n".join(kept)
        while re.search(r"\bint main\(", code):
            mains += 1
            code = re.sub(r"\bint main\(", f"[[maybe_unused]] int main_{mains}(", code, count=1)
        body.append(f'#line {start} "{page}"\n{code}\n')
    unique = list(dict.fromkeys(includes))
    return "\n".join(unique) + "\nnamespace {\n" + "\n".join(body) + "}  // namespace\n"


def first_program(page):
    found = list(blocks(page))
    for index, (language, _, text) in enumerate(found):
        if language == "cpp" and re.search(r"\bint main\(", text):
            output = next((t for l, _, t in found[index + 1:] if l == "text"), None)
            return text, output
    raise SystemExit(f"{page}: no block with a main")


def check(root):
    problems = []
    for page in sorted(root.rglob("*.md")):
        if any(part.startswith((".", "build")) for part in page.relative_to(root).parts):
            continue
        prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
        list(blocks(page))
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose):
            if re.match(r"[a-z]+:", target):
                continue
            if not (page.parent / target).exists():
                problems.append(f"{page}: link to {target}, which does not exist")
    print("\n".join(problems) if problems else "every link leads somewhere")
    return 1 if problems else 0


def main(argv):
    command, page = argv[1], pathlib.Path(argv[2])
    if command == "extract":
        pathlib.Path(argv[3]).write_text(extract(page))
    elif command == "program":
        pathlib.Path(argv[3]).write_text(first_program(page)[0])
    elif command == "output":
        sys.stdout.write(first_program(page)[1] or "")
    elif command == "check":
        return check(page)
    else:
        raise SystemExit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
