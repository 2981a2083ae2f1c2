// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "command.hpp"

namespace millrace::tool {

void append_to_log(const Arguments& arguments, Env& env);
void dump_log(const Arguments& arguments, Env& env);
void tail_log(const Arguments& arguments, Env& env);
void verify_log(const Arguments& arguments, Env& env);

}  // namespace millrace::tool
