# SPDX-License-Identifier: BSL-1.0
"""Reads source files and knows just enough C++ to find code, statements and functions in them."""
import dataclasses
import functools
import pathlib
import re

CPP = (".hpp", ".cpp")
TEXT = CPP + (".txt", ".cmake", ".in", ".json", ".py", ".md", ".sh", "")
TREES = ("include", "src", "tools", "examples", "bench", "tests", "cmake", "scripts", "packaging",
         "test_package", "docs", ".ci")

_TOKENS = re.compile(r"""
    //[^\n]* | /\*.*?\*/                              # comments
  | R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"      # raw strings
  | "(?:\\.|[^"\\\n])*"                               # strings
  | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'               # characters, but not 1'000
""", re.VERBOSE | re.DOTALL)


def _blank(match):
    text = match.group()
    kept = '"' if text.endswith('"') else ""
    return kept + re.sub(r"[^\n]", " ", text[2 * len(kept):]) + kept


@dataclasses.dataclass(frozen=True)
class Source:
    """A file: its path from the root, and its text."""
    path: str
    text: str

    @functools.cached_property
    def code(self):
        """The text with comments and the insides of strings blanked; lines and columns stay."""
        return _TOKENS.sub(_blank, self.text)

    @property
    def is_cpp(self):
        return self.path.endswith(CPP)

    @property
    def is_public_header(self):
        return self.path.startswith("include/")

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def includes(self):
        """(line, name) of each #include."""
        for number, line in enumerate(self.text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if match:
                yield number, match.group(1)


def read_tree(root):
    """Every text file of the project below `root`."""
    root = pathlib.Path(root)
    paths = [p for p in root.iterdir() if p.is_file() and p.name != ".git"]  # a worktree has one
    for tree in TREES:
        paths += [p for p in (root / tree).rglob("*") if p.is_file()]
    for path in sorted(paths):
        if path.suffix in TEXT and "__pycache__" not in path.parts:
            yield Source(path.relative_to(root).as_posix(), path.read_text(errors="replace"))


def closing(code, start):
    """The offset of the bracket that closes the one at `start`."""
    depth = 0
    for i in range(start, len(code)):
        if code[i] in "({[":
            depth += 1
        elif code[i] in ")}]":
            depth -= 1
            if depth == 0:
                return i
    return len(code) - 1


_CONTAINER = re.compile(r"^(inline\s+)?(namespace|class|struct|union|enum|extern)\b")
_TEMPLATE = re.compile(r"^template\s*<")


def _without_template(head):
    """`head` without the template<...> in front of it."""
    while _TEMPLATE.match(head):
        depth = 0
        for i, c in enumerate(head):
            depth += (c == "<") - (c == ">" and head[i - 1] != "-")
            if c == ">" and depth == 0:
                break
        head = head[i + 1:].lstrip()
    return head


def functions(code):
    """(start, end) of each function that is not inside another one, from signature to brace."""
    i, head_start = 0, 0
    while i < len(code):
        c = code[i]
        if c in "([":
            i = closing(code, i)
        elif c in ";}":
            head_start = i + 1
        elif c == "#" and not code[code.rfind("\n", 0, i) + 1:i].strip():
            while not re.match(r"[^\\]?\n|$", code[i:i + 2]):
                i += 1
            head_start = i + 1
        elif c == "{":
            head = code[head_start:i]
            start = head_start + len(head) - len(head.lstrip())
            head = _without_template(head.strip())
            in_constructor = re.search(r"\)\s*(noexcept\s*)?:[^:]", head) and re.search(r"[\w>]$", head)
            if _CONTAINER.match(head):
                head_start = i + 1
            elif in_constructor or re.search(r"requires\s*(\([^()]*\))?$", head):
                i = closing(code, i)  # a member's initialiser or a requirement: the body follows
            elif "(" in head:
                end = closing(code, i)
                yield start, end
                i, head_start = end, end + 1
            else:
                i = closing(code, i)
        i += 1
