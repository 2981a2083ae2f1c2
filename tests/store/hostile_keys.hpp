// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

/// Keys that lead outside a root, collide, or are no names for a file system unless mapped well.
inline std::vector<std::string> hostile_keys() {
  using std::string;
  using namespace std::string_literals;
  std::vector<string> keys = {
      // Out of the root.
      "../x",
      "..",
      ".",
      "./x",
      "../../etc/passwd",
      "a/../b",
      "a/..",
      "a/../../b",
      "a/./b",
      "a/.",
      "/etc/passwd",
      "/",
      "//",
      "///",
      "/a",
      "//a",
      "/../x",
      "..\\x",
      "..\\..\\x",
      "C:\\x",
      "C:x",
      "\\\\host\\share",
      "~",
      "~/x",
      "~root/x",
      "....//x",
      "..;/x",
      ".../x",
      "%2e%2e/x",
      "%2E%2E%2Fx",
      "..%2fx",
      "..%c0%afx",
      "\xC0\xAE\xC0\xAE/x",
      "file:///etc/passwd",
      // Files and directories of one name; empty components.
      "file",
      "file/child",
      "file/child/grandchild",
      "file/",
      "file//",
      "file//child",
      "a//b",
      "a/b",
      "a///b",
      "a.b",
      "a.b/c",
      "a=b",
      "a=b/c",
      "a.b=c",
      "a.b=c/d",
      // Bytes that names, shells, terminals or other systems take for something else.
      "a\0b"s,
      "\0"s,
      "a\0"s,
      "\0a"s,
      "a\nb",
      "a\rb",
      "a\tb",
      "a b",
      " a",
      "a ",
      " ",
      "a\x7F",
      "\x1B[2Jx",
      "$(id)",
      "`id`",
      "a;b",
      "a|b",
      "a&b",
      "a>b",
      "a*b",
      "a?b",
      "a[b]",
      "\"a\"",
      "'a'",
      "-rf",
      "--",
      "-",
      "#",
      "a#b",
      "a:b",
      "CON",
      "NUL.txt",
      "aux",
      "name.",
      "name..",
      "name ",
      // Spellings that a careless mapping makes one of.
      "A",
      "%41",
      "%61",
      "a%",
      "a%%",
      "%",
      "%%",
      "%25",
      "%2525",
      "%_",
      "%~",
      "%_%",
      "x%5F",
      "x_",
      "x%",
      "X",
      "x",
      "\xC3\xA9",
      "e\xCC\x81",
      "\xE2\x80\xAE"
      "fdp.exe",
      "\xF0\x9F\x98\x80",
      "\xFF",
      "\xFF\xFE",
      "\xEF\xBB\xBF"
      "a",
      "\xED\xA0\x80",
      "+",
      "a+b",
      "a%20b",
      "a%2Bb",
      "@",
      ",",
      "=",
      // The store's own names.
      ".millrace",
      ".millrace/lock",
      ".millrace/tmp/x",
      ".millrace/uploads/x/key",
      ".tmp",
      ".hidden",
      ".hidden/x",
      "lock",
      "tmp",
  };
  // Long names, whose shortened forms must differ, and long keys.
  for (const std::size_t size : {199u, 200u, 201u, 255u, 256u, 1023u, 1024u, 1025u, 4096u})
    keys.emplace_back(size, 'k');
  for (const char last : {'x', 'y'}) keys.push_back(string(300, 'k') + last);
  keys.push_back(string(300, 'k') + "/child");
  keys.push_back(string(60, '\xFC') + "a");
  keys.push_back(string(80, '\xFC') + "b");
  string deep;
  for (int i = 0; i < 511; ++i) deep += "d/";
  keys.push_back(deep + "f");
  keys.push_back(string(1023, '/') + "x");
  keys.push_back(string(4096, '/'));
  return keys;
}
