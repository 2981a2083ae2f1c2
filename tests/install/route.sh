#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# route.sh <route> <source> <build> <work>: one way to come to a millrace and use it, end to end.
# <build> is a configured and built tree; <work> is shared by the routes of one ctest run.
# Prints what the consumer printed; any failure stops with its log.
set -Eeuo pipefail
route=$1 source=$2 build=$3 work=$4
here=$source/tests/install
log=$work/$route.log
static=$work/static shared=$work/shared
# ccache sees paths relative to where it compiles (CCACHE_BASEDIR): beside the tests' own build they
# are the same as there, and nothing is compiled twice.
shared_build=$work/shared_build
[ "$(dirname "$build")" != "$source/build" ] || shared_build=$build-shared
mkdir -p "$work"
: >"$log"
trap 'echo "route $route failed:"; tail -60 "$log"' ERR

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
quietly() { "$@" >>"$log" 2>&1; }

# configure <source> <build> [options]: with the compiler, flags and cache of the tests' own build,
# so that nothing is compiled twice where a compiler cache is used.
configure() {
  local from=$1 to=$2
  shift 2
  rm -rf "$to"
  quietly cmake -S "$from" -B "$to" -G Ninja -DCMAKE_BUILD_TYPE="$(cached CMAKE_BUILD_TYPE)" \
    -DCMAKE_CXX_COMPILER="$(cached CMAKE_CXX_COMPILER)" \
    -DCMAKE_CXX_FLAGS="$(cached CMAKE_CXX_FLAGS)" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$(cached CMAKE_CXX_COMPILER_LAUNCHER)" "$@"
}

# consume <prefix> [options]: find_package in a project of the user's.
consume() {
  local prefix=$1
  shift
  configure "$here/find_package" "$work/$route" -DCMAKE_PREFIX_PATH="$prefix" "$@"
  quietly cmake --build "$work/$route"
  "$work/$route/app"
}

# by_pkg_config <prefix> [--static]
by_pkg_config() {
  local prefix=$1
  shift
  export PKG_CONFIG_PATH
  PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name millrace.pc)")
  # shellcheck disable=SC2046  # the flags are words
  quietly "$(cached CMAKE_CXX_COMPILER)" -std=c++20 "$here/app.cpp" -o "$work/$route" \
    $(pkg-config "$@" --cflags --libs millrace millrace-log)
  LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH") "$work/$route"
}

case $route in
  install_static)
    rm -rf "$static" "$work/moved"
    quietly cmake --install "$build" --prefix "$static"
    ;;
  install_shared)
    rm -rf "$shared"
    configure "$source" "$shared_build" -DBUILD_SHARED_LIBS=ON -DMILLRACE_BUILD_TESTS=OFF \
      -DMILLRACE_BUILD_TOOLS=OFF -DMILLRACE_BUILD_EXAMPLES=OFF -DMILLRACE_INSTALL=ON \
      -DMILLRACE_WERROR="$(cached MILLRACE_WERROR)"
    quietly cmake --build "$shared_build"
    quietly cmake --install "$shared_build" --prefix "$shared"
    ;;
  find_package_static) consume "$static" ;;
  find_package_shared) consume "$shared" ;;
  one_component) consume "$static" -Dcomponent=core ;;
  missing_component)
    if consume "$static" -Dcomponent=nothing; then false; fi
    tr -s ' \n' ' ' <"$log" | grep -o "this installation has no component 'nothing'; it has:.* core"
    ;;
  moved_prefix)
    cp -r "$static" "$work/moved"
    # A path of this machine in what is installed would tie it to this machine.
    if grep -rlI -e "$work" -e "$source" "$work/moved"; then false; fi
    consume "$work/moved"
    ;;
  pkg_config_static) by_pkg_config "$static" --static ;;
  pkg_config_shared) by_pkg_config "$shared" ;;
  subproject)
    configure "$here/subproject" "$work/$route" -Dmillrace_source="$source" \
      -DMILLRACE_WERROR="$(cached MILLRACE_WERROR)"
    quietly cmake --build "$work/$route"
    "$work/$route/app"
    ;;
  vcpkg_manifest)
    port=$work/vcpkg/millrace
    rm -rf "$work/vcpkg" && mkdir -p "$work/vcpkg"
    cp -r "$source/packaging/vcpkg/ports/millrace" "$port"
    check=(cmake -DMANIFEST_ONLY=ON -DPORT_DIR="$port" -P "$source/packaging/vcpkg/portcheck.cmake")
    "${check[@]}"
    sed -i 's/"boost-asio"/"zlib"/' "$port/vcpkg.json"
    if quietly "${check[@]}"; then false; fi
    grep -o 'dependencies are not sorted at openssl' "$log"
    ;;
  *)
    echo "unknown route '$route'" >&2
    exit 2
    ;;
esac
