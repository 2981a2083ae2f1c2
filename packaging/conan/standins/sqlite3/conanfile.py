# SPDX-License-Identifier: BSL-1.0
# ConanCenter's names for sqlite3 over Debian's library, so that our recipe's component names are
# checked without ConanCenter.
from conan import ConanFile


class Sqlite3Standin(ConanFile):
    name = "sqlite3"
    version = "3.40.1"
    settings = "os", "arch", "compiler", "build_type"
    options = {"enable_fts5": [True, False]}
    default_options = {"enable_fts5": True}
    package_type = "shared-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "SQLite3")
        self.cpp_info.set_property("cmake_find_mode", "both")
        sqlite = self.cpp_info.components["sqlite"]
        sqlite.set_property("cmake_target_name", "SQLite::SQLite3")
        sqlite.system_libs = ["sqlite3"]
        sqlite.includedirs, sqlite.libdirs, sqlite.bindirs = [], [], []
