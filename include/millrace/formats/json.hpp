// SPDX-License-Identifier: BSL-1.0
#pragma once
// JSON to the letter of RFC 8259: into described structs, out of them, and checked as text.
#include "millrace/formats/json_decode.hpp"
#include "millrace/formats/json_encode.hpp"
#include "millrace/formats/json_validate.hpp"
