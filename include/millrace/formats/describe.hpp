// SPDX-License-Identifier: BSL-1.0
#pragma once
// The description of a struct lives in core, since dead letters use it, too; this is where users of
// formats look for it.
#include "millrace/core/describe.hpp"
