# SPDX-License-Identifier: BSL-1.0
# ConanCenter's names for zlib over Debian's library, so that our recipe's component names are
# checked without ConanCenter.
from conan import ConanFile


class ZlibStandin(ConanFile):
    name = "zlib"
    version = "1.2.13"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "shared-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "ZLIB")
        self.cpp_info.set_property("cmake_find_mode", "both")
        self.cpp_info.set_property("cmake_target_name", "ZLIB::ZLIB")
        self.cpp_info.system_libs = ["z"]
        self.cpp_info.includedirs, self.cpp_info.libdirs, self.cpp_info.bindirs = [], [], []
