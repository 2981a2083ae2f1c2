# SPDX-License-Identifier: BSL-1.0
"""The house rules that a compiler does not check. A rule takes a Source and yields (line, why)."""
import re

from source import closing, functions

# What each layer may include, besides itself. A name that is not here may include everything.
CORE = {"core"}
GRAPH = CORE | {"state", "graph"}
OPERATORS = GRAPH | {"operators"}
STREAM = OPERATORS | {"stream"}
CONNECTOR = CORE | {"formats"}
LAYERS = {
    "core": CORE,
    "state": CORE,
    "graph": CORE | {"state"},
    "operators": GRAPH,
    "stream": OPERATORS,
    "formats": CORE,
    "runtime": STREAM,
    "file": CONNECTOR,
    "log": CONNECTOR,
    "store": CONNECTOR | {"file"},
    "index": CONNECTOR | {"file"},
    "cloudwatch": CONNECTOR | {"file"},
    "sns": CONNECTOR | {"file"},
    "firehose": CONNECTOR | {"file", "log", "store", "index"},
    "rocksdb": CORE | {"state"},
    "catalog": CONNECTOR | {"store"},
    "sim": STREAM | CONNECTOR | {"runtime", "file", "log", "store"},
    "testing": STREAM | CONNECTOR | {"runtime", "file", "log", "store", "cloudwatch", "sns", "sim"},
}

FILE_LINES = 400
FUNCTION_LINES = 60

# The files that are the outside world: the real Env, the simulated one, signals, the terminal.
OUTSIDE = re.compile(r"^src/(runtime/env|sim)/")
OUTSIDE_HEADERS = re.compile(
    r"^(fcntl\.h|unistd\.h|dirent\.h|poll\.h|signal\.h|csignal|sys/.*|netinet/.*|thread|future|"
    r"random|fstream|filesystem|iostream|ctime|time\.h)$")
OUTSIDE_CALLS = re.compile(
    r"\b(system_clock::now|steady_clock::now|high_resolution_clock|random_device|mt19937(_64)?|"
    r"std::j?thread|std::async|this_thread|usleep|nanosleep|"
    r"clock_gettime|gettimeofday|std::time|localtime(_r)?|fopen|[io]?fstream|std::filesystem|getenv|"
    r"setenv|std::cout|std::cerr|quick_exit|_exit)\b"
    r"|(?<![\w.>])(std::)?(f?printf|f?puts|exit|rand|srand)\s*\("
    r"|(?<![\w>])::(open|time|read|write|rename|unlink|fsync|fork|socket)\s*\(")

PROCESSES = re.compile(r"^tests/\w+/processes_test\.cpp$")

# Memory straight from the system is not the outside world, but it has one place.
PAGES = "src/state/pages.cpp"
PAGES_HEADER = "sys/mman.h"
PAGES_CALLS = re.compile(r"(?<![\w.>])(::)?(mmap|munmap|madvise|mprotect|mlock)\s*\(")

HEAVY_HEADERS = re.compile(r"^(iostream|filesystem|regex|format|fmt/.*|openssl/.*|boost/.*|"
                           r"nlohmann/.*|rocksdb/.*|sqlite3\.h|zlib\.h)$")
MACRO_HEADERS = ("include/millrace/core/export.hpp", "include/millrace/version.hpp")
# Where a user's own executor comes in; not reachable from millrace.hpp.
ASIO_HEADERS = ("include/millrace/runtime/async_run.hpp", "include/millrace/runtime/asio_env.hpp")


def layer_of(path):
    """The layer of include/millrace/<layer>/x.hpp, src/<layer>/x.cpp, or of an #include's name."""
    match = re.match(r"(?:include/)?millrace/(\w+)/|src/(\w+)/|(\w+)/", path)
    return next((name for name in match.groups() if name), None) if match else None


def layers(source):
    """Includes point downward only."""
    if not source.path.startswith(("include/", "src/")):
        return
    layer = layer_of(source.path)
    allowed = LAYERS.get(layer)
    for line, name in source.includes():
        other = layer_of(name)
        if allowed is not None and other in LAYERS and other != layer and other not in allowed:
            yield line, f"{layer} may not include {name}: {other} is not below it"


def file_size(source):
    """Files stay small."""
    lines = source.text.count("\n")
    if source.is_cpp and lines > FILE_LINES:
        yield lines, f"{lines} lines in a file, {FILE_LINES} at most: split it by idea"


def table_lines(source, start, end):
    """Lines of the tables (= {...}) in a function: data, not steps to follow."""
    lines = 0
    for match in re.finditer(r"(=|\breturn)\s*\{", source.code[start:end]):
        brace = start + match.end() - 1
        lines += source.line_of(closing(source.code, brace)) - source.line_of(brace)
    return lines


def function_size(source):
    """Functions stay small."""
    if not source.is_cpp:
        return
    for start, end in functions(source.code):
        lines = source.line_of(end) - source.line_of(start) + 1 - table_lines(source, start, end)
        if lines > FUNCTION_LINES:
            yield source.line_of(start), f"{lines} lines in a function, {FUNCTION_LINES} at most"


def outside_world(source):
    """Clocks, randomness, threads, sleeps, files and output only where the Env is made."""
    if not source.path.startswith(("include/", "src/")) or OUTSIDE.match(source.path):
        return
    for line, name in source.includes():
        if OUTSIDE_HEADERS.match(name) and (source.path, name) != (PAGES, PAGES_HEADER):
            yield line, f"<{name}> belongs to the Env's own files: ask the Env for it"
    for match in OUTSIDE_CALLS.finditer(source.code):
        yield source.line_of(match.start()), f"{match.group().strip()}: ask the Env for it"
    for match in PAGES_CALLS.finditer(source.code):
        if source.path != PAGES:
            yield source.line_of(match.start()), f"{match.group().strip()}: only {PAGES} maps memory"


def sleeping(source):
    """Nothing sleeps on a real clock to wait for something, but tests of several processes."""
    if not source.is_cpp or OUTSIDE.match(source.path) or PROCESSES.match(source.path):
        return
    for match in re.finditer(r"\b(this_thread::sleep_\w+|usleep|nanosleep)\b", source.code):
        yield source.line_of(match.start()), f"{match.group()}: wait for the event, on virtual time"


def public_headers(source):
    """Public headers stay light and free of macros."""
    if not source.is_public_header:
        return
    for line, name in source.includes():
        asio = name.startswith("boost/") and source.path in ASIO_HEADERS
        if HEAVY_HEADERS.match(name) and not asio:
            yield line, f"<{name}> costs every user: include it in a .cpp file"
    for match in re.finditer(r"^\s*#\s*define\s+(\w+)", source.code, re.MULTILINE):
        if source.path not in MACRO_HEADERS:
            yield source.line_of(match.start(1)), f"macro {match.group(1)} in a public header"
    if "#pragma once" not in source.text:
        yield 1, "no #pragma once"


def licence(source):
    """Each source file says its licence first."""
    head = source.text.splitlines()[:2]
    if source.is_cpp:
        good = head[:1] == ["// SPDX-License-Identifier: BSL-1.0"]
    elif source.path.endswith((".py", ".sh")) or source.text.startswith("#!"):
        good = "# SPDX-License-Identifier: BSL-1.0" in head
    else:
        good = True
    if not good:
        yield 1, "the first line is not its SPDX-License-Identifier: BSL-1.0"


LAMBDA = re.compile(r"\]\s*(\([^{}]*\))?\s*(mutable|noexcept)?\s*(->[^{};]*)?$")


def awaited_braces(source):
    """g++ 12 destroys a braced argument inside a co_await expression twice."""
    if not source.is_cpp:
        return
    for match in re.finditer(r"\bco_await\b", source.code):
        i = match.end()
        depth = 0
        while i < len(source.code):
            c = source.code[i]
            depth += (c in "([") - (c in ")]")
            if depth < 0 or (depth == 0 and c in ";{}"):
                break
            if c == "{":
                if not LAMBDA.search(source.code, match.end(), i):
                    yield source.line_of(i), "name the braced argument before the co_await"
                i = closing(source.code, i)
            i += 1


def no_leftovers(source):
    """No paths of one machine, no notes of things left undone."""
    for match in re.finditer(r"(?<![\w.}])/(?:work|root|home)/\w+", source.text):
        yield source.line_of(match.start()), f"{match.group()} is a path of one machine"
    if source.path.startswith("tests/vectors/"):
        return  # the words of other programs; three X are a pattern of Java's
    for match in re.finditer(r"\b(TO[D]O|FIX[M]E|XX[X])\b", source.text):
        yield source.line_of(match.start()), f"{match.group()}: do it or delete it"


ALL = (layers, file_size, function_size, outside_world, sleeping, public_headers, licence,
       awaited_braces, no_leftovers)
