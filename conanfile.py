# SPDX-License-Identifier: BSL-1.0
import re
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanException, ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.0"

# What CMakeLists.txt links to each component: of ours, of others in public headers, of others hidden
# inside.
COMPONENTS = {
    "core": {},
    "formats": {"ours": ["core"]},
    "runtime": {"ours": ["core"], "public": ["boost::headers"], "system": ["pthread"]},
    "file": {"ours": ["formats"]},
    "log": {"ours": ["core"], "private": ["openssl::crypto"]},
    "store": {"ours": ["file"], "private": ["openssl::crypto"]},
    "index": {"ours": ["file"], "private": ["sqlite3::sqlite"]},
    "cloudwatch": {"ours": ["file"]},
    "sns": {"ours": ["file"]},
    "firehose": {"ours": ["file", "log", "store"],
                 "private": ["zlib::zlib", "snappy::snappylib", "openssl::crypto"]},
    "catalog": {"ours": ["formats", "store"], "private": ["zlib::zlib"]},
    "rocksdb": {"ours": ["core"], "private": ["rocksdb::librocksdb"], "option": "with_rocksdb"},
    "sim": {"ours": ["core"]},
    "testing": {"ours": ["runtime", "sim"]},
    "millrace": {"ours": ["core", "runtime", "formats"]},
}
# The library's own name, for a dependency that the platform provides.
SYSTEM_LIBRARY = {"openssl::crypto": "crypto", "zlib::zlib": "z", "snappy::snappylib": "snappy",
                  "sqlite3::sqlite": "sqlite3", "rocksdb::librocksdb": "rocksdb"}


class MillraceConan(ConanFile):
    name = "millrace"
    description = "Embeddable C++20 stream processing"
    license = "BSL-1.0"
    topics = ("streaming", "stream-processing", "event-time", "windows")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "with_rocksdb": [True, False]}
    default_options = {"shared": False, "fPIC": True, "with_rocksdb": False}
    implements = ["auto_shared_fpic"]
    exports_sources = "CMakeLists.txt", "cmake/*", "include/*", "src/*", "LICENSE"

    def set_version(self):
        version = load(self, Path(self.recipe_folder, "include", "millrace", "version.hpp"))
        self.version = re.search(r'MILLRACE_VERSION_STRING "([^"]+)"', version).group(1)

    def requirements(self):
        self.requires("boost/[>=1.81 <2]", transitive_headers=True)
        self.requires("openssl/[>=3 <4]")
        self.requires("zlib/[>=1.2.11 <2]")
        self.requires("snappy/[>=1.1.9 <2]")
        self.requires("sqlite3/[>=3.38 <4]", options={"enable_fts5": True})
        if self.options.with_rocksdb:
            self.requires("rocksdb/[>=7 <12]")

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.os == "Windows":
            raise ConanInvalidConfiguration("millrace needs POSIX")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for part in "TESTS", "EXAMPLES", "TOOLS", "BENCH":
            toolchain.cache_variables[f"MILLRACE_BUILD_{part}"] = False
        toolchain.cache_variables["MILLRACE_INSTALL"] = True
        toolchain.cache_variables["MILLRACE_ROCKSDB"] = bool(self.options.with_rocksdb)
        toolchain.user_presets_path = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, Path(self.package_folder, "licenses"))
        CMake(self).install()
        built = {path.name.split("-")[1] for path in
                 Path(self.package_folder, "lib", "cmake").rglob("millrace-*-dependencies.cmake")}
        if built != set(self._components()):
            raise ConanException(f"CMake and conanfile.py differ about {built ^ set(self._components())}")
        # Conan writes its own files for CMake and pkg-config; ConanCenter wants these dropped.
        for folder in "lib/cmake", "lib/pkgconfig", "share":
            rmdir(self, Path(self.package_folder, folder))

    def _components(self):
        """Those that the options ask for."""
        return {name: needs for name, needs in COMPONENTS.items()
                if "option" not in needs or self.options.get_safe(needs["option"])}

    def _is_package(self, target):
        """False when the profile's [platform_requires] says that the system has it: such a
        reference has no components to name."""
        name = target.split("::")[0]
        return any(d.ref.name == name for r, d in self.dependencies.host.items() if r.direct)

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "millrace")
        for name, needs in self._components().items():
            part = self.cpp_info.components[name]
            part.set_property("cmake_target_name", f"millrace::{name}")
            part.set_property("pkg_config_name", "millrace" if name == "millrace" else f"millrace-{name}")
            part.libs = [lib for lib in [f"millrace_{name}"] if self._has_library(lib)]
            part.requires = list(needs.get("ours", []))
            part.system_libs = list(needs.get("system", []))
            for target in needs.get("public", []) + needs.get("private", []):
                if self._is_package(target):
                    part.requires.append(target)
                elif not self.options.shared and target in SYSTEM_LIBRARY:
                    part.system_libs.append(SYSTEM_LIBRARY[target])

    def _has_library(self, lib):
        """Components of headers alone have none."""
        return any(Path(self.package_folder, "lib").glob(f"lib{lib}.*"))
