# SPDX-License-Identifier: BSL-1.0
# ConanCenter's names for openssl over Debian's library, so that our recipe's component names are
# checked without ConanCenter.
from conan import ConanFile


class OpensslStandin(ConanFile):
    name = "openssl"
    version = "3.0.22"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "shared-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "OpenSSL")
        self.cpp_info.set_property("cmake_find_mode", "both")
        crypto = self.cpp_info.components["crypto"]
        crypto.set_property("cmake_target_name", "OpenSSL::Crypto")
        crypto.system_libs = ["crypto"]
        crypto.includedirs, crypto.libdirs, crypto.bindirs = [], [], []
