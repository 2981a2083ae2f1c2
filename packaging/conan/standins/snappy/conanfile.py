# SPDX-License-Identifier: BSL-1.0
# ConanCenter's names for snappy over Debian's library, so that our recipe's component names are
# checked without ConanCenter.
from conan import ConanFile


class SnappyStandin(ConanFile):
    name = "snappy"
    version = "1.1.9"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "shared-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "Snappy")
        snappylib = self.cpp_info.components["snappylib"]
        snappylib.set_property("cmake_target_name", "Snappy::snappy")
        snappylib.system_libs = ["snappy"]
        snappylib.includedirs, snappylib.libdirs, snappylib.bindirs = [], [], []
