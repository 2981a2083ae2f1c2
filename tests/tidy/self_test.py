#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Each rule must refuse its violating snippets and accept the harmless ones beside them."""
import sys
import unittest

import rules
from source import Source, functions

SPDX = "// SPDX-License-Identifier: BSL-1.0\n"
LONG_BODY = "  f();\n" * rules.FUNCTION_LINES


def broken(rule, text, path="src/core/x.cpp"):
    return [why for _, why in rule(Source(path, text))]


class Refused(unittest.TestCase):
    def refuse(self, rule, text, path="src/core/x.cpp", times=1):
        self.assertEqual(len(broken(rule, text, path)), times, (rule.__name__, text[:80]))

    def accept(self, rule, text, path="src/core/x.cpp"):
        self.assertEqual(broken(rule, text, path), [], (rule.__name__, text[:80]))

    def test_layers(self):
        graph = '#include "millrace/graph/step.hpp"\n'
        self.refuse(rules.layers, graph, "include/millrace/core/a.hpp")
        self.refuse(rules.layers, graph, "src/log/a.cpp")
        self.refuse(rules.layers, '#include "millrace/runtime/pipeline.hpp"', "src/stream/a.cpp")
        self.refuse(rules.layers, '#include "graph/internal.hpp"', "src/log/a.cpp")
        self.refuse(rules.layers, '#include "millrace/testing/bench.hpp"', "src/sim/a.cpp")
        self.refuse(rules.layers, '#include "millrace/firehose/delivery.hpp"', "src/index/a.cpp")
        self.accept(rules.layers, '#include "millrace/index/bulk.hpp"', "src/firehose/a.cpp")
        self.accept(rules.layers, graph, "include/millrace/operators/a.hpp")
        self.accept(rules.layers, graph, "include/millrace/millrace.hpp")
        self.accept(rules.layers, '#include "millrace/log/log.hpp"', "src/log/a.cpp")
        self.accept(rules.layers, "#include <sys/stat.h>", "src/log/a.cpp")

    def test_sizes(self):
        self.refuse(rules.file_size, "\n" * (rules.FILE_LINES + 1))
        self.accept(rules.file_size, "\n" * rules.FILE_LINES)
        for head in ("void f() {", "int C::f(int a) const noexcept {", "auto f = [](int) {",
                     "C() : a_{1}, b_(2) {", "template <class T>\nT f() requires requires(T t) { t; } {",
                     'TEST_CASE("a { in a name") {', "auto f() -> int {", "void f(A a = {}) {"):
            self.refuse(rules.function_size, f"namespace n {{\n{head}\n{LONG_BODY}}}\n}}\n")
            self.accept(rules.function_size, f"namespace n {{\n{head}\n f(); }}\n}}\n")
        self.refuse(rules.function_size, f"struct S {{\n void f() {{\n{LONG_BODY}}}\n}};\n")
        self.accept(rules.function_size, f"class S : public T<int> {{\n{LONG_BODY}}};\n")
        self.accept(rules.function_size, "void f() {\n a = {\n" + "  1,\n" * 99 + "};\n}\n")
        self.accept(rules.function_size, "int a[] = {\n" + "  1,\n" * 99 + "};\n")

    def test_functions_are_counted_once(self):
        code = "struct A { void f() { if (x) { g(); } } int g(int) { return 1; } };\nvoid h() {}\n"
        self.assertEqual(len(list(functions(code))), 3)

    def test_outside_world(self):
        for call in ("std::chrono::system_clock::now();", "std::chrono::steady_clock::now();",
                     "std::random_device d;", "std::thread t;", "std::async(f);",
                     "std::this_thread::sleep_for(1s);", "usleep(1);", "fopen(p, m);",
                     "std::ofstream f(p);", "std::ifstream f(p);", 'getenv("A");',
                     "std::filesystem::path p;", "::open(p, 0);", "return exit(1);",
                     'printf("a");', "#include <fcntl.h>", "#include <thread>",
                     "#include <sys/stat.h>", "#include <sys/mman.h>", "mmap(a);",
                     "::munmap(a, 1);", "std::cout << 1;", "std::time(nullptr);"):
            self.assertTrue(broken(rules.outside_world, call), call)
            self.accept(rules.outside_world, call, "src/sim/disk.cpp")
            self.accept(rules.outside_world, call, "src/runtime/env/posix_file.cpp")
        for mapping in ("#include <sys/mman.h>", "mmap(a);", "munmap(a, 1);"):
            self.accept(rules.outside_world, mapping, rules.PAGES)
        self.refuse(rules.outside_world, "#include <sys/stat.h>", rules.PAGES)
        for fine in ("fs.open(path, OpenMode::read);", "// std::thread", '"getenv"', "snprintf(p);",
                     "Log::open(p);", "in.time(x);", "exit_status(1);"):
            self.accept(rules.outside_world, fine)

    def test_sleeping(self):
        self.refuse(rules.sleeping, "std::this_thread::sleep_for(1s);", "tests/log/a_test.cpp")
        self.accept(rules.sleeping, "usleep(1);", "tests/log/processes_test.cpp")
        self.accept(rules.sleeping, "co_await context.sleep_for(1s);", "tests/log/a_test.cpp")

    def test_public_headers(self):
        header = "include/millrace/core/a.hpp"
        for line in ("#include <iostream>", "#include <filesystem>", "#include <regex>",
                     "#include <boost/asio.hpp>", "#include <fmt/core.h>",
                     "#include <rocksdb/db.h>", "#define MILLRACE_A 1"):
            self.refuse(rules.public_headers, "#pragma once\n" + line, header)
        self.refuse(rules.public_headers, "int a;", header)
        self.accept(rules.public_headers, "#pragma once\n#include <vector>", header)
        self.accept(rules.public_headers, "#pragma once\n#include <boost/asio.hpp>",
                    rules.ASIO_HEADERS[0])

    def test_licence(self):
        self.refuse(rules.licence, "#pragma once\n")
        self.refuse(rules.licence, "#!/bin/sh\necho\n", "scripts/x")
        self.accept(rules.licence, SPDX)
        self.accept(rules.licence, "#!/bin/sh\n# SPDX-License-Identifier: BSL-1.0\n", "scripts/x")

    def test_awaited_braces(self):
        for bad in ("co_await f({1, 2});", "auto a = co_await f(x, A{1});", "co_await g(h(A{}));",
                    "if (co_await f({.a = 1})) {}", "co_return co_await f(std::vector<int>{1});"):
            self.refuse(rules.awaited_braces, bad)
        for fine in ("A a{1}; co_await f(a);", "if (co_await f(a)) { g(); }",
                     "while (co_await f()) {}", "co_await f([&] { return 1; });",
                     "co_await f([](int a) mutable { return a; });",
                     "co_await f([&]() -> Result<int> { return a; });"):
            self.accept(rules.awaited_braces, fine)

    def test_leftovers(self):
        for word in ("TO" + "DO", "FIX" + "ME", "/ho" + "me/me/data", "/ro" + "ot/x", "/wo" + "rk/x"):
            self.refuse(rules.no_leftovers, f"// {word} later", "docs/a.md")
        self.accept(rules.no_leftovers, "examples/wo" + "rk/x ~/ho" + "me", "docs/a.md")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False).result.wasSuccessful() else 1)
