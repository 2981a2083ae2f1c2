// SPDX-License-Identifier: BSL-1.0
#pragma once

// The one place for the version: CMake, Conan and vcpkg read it from here.
#define MILLRACE_VERSION_MAJOR 0
#define MILLRACE_VERSION_MINOR 1
#define MILLRACE_VERSION_PATCH 0
#define MILLRACE_VERSION_STRING "0.1.0"
// 10000 * major + 100 * minor + patch: compare with #if MILLRACE_VERSION >= 100
#define MILLRACE_VERSION \
  (MILLRACE_VERSION_MAJOR * 10000 + MILLRACE_VERSION_MINOR * 100 + MILLRACE_VERSION_PATCH)
