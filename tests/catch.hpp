// SPDX-License-Identifier: BSL-1.0
#pragma once
// Catch2 v2 (Debian 12) and v3 (elsewhere) under one name; main is compiled once, in
// catch_main.cpp.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
