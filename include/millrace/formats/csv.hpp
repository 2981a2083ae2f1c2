// SPDX-License-Identifier: BSL-1.0
#pragma once
// CSV to the letter of RFC 4180, and other delimiters: records found, decoded, encoded, checked.
#include "millrace/formats/csv_decode.hpp"
#include "millrace/formats/csv_encode.hpp"
#include "millrace/formats/csv_row.hpp"
#include "millrace/formats/csv_split.hpp"
#include "millrace/formats/csv_validate.hpp"
