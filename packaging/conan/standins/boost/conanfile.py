# SPDX-License-Identifier: BSL-1.0
# ConanCenter's names for boost over Debian's library, so that our recipe's component names are
# checked without ConanCenter.
from conan import ConanFile


class BoostStandin(ConanFile):
    name = "boost"
    version = "1.81.0"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "header-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "Boost")
        headers = self.cpp_info.components["headers"]
        headers.set_property("cmake_target_name", "Boost::headers")
        headers.includedirs, headers.libdirs, headers.bindirs = [], [], []
