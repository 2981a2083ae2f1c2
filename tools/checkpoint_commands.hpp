// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "command.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/runtime/directory_checkpoint_store.hpp"
#include "streams.hpp"

namespace millrace::tool {

/// The checkpoints of a state directory. Errors: Failure, when there is no such directory.
DirectoryCheckpointStore open_checkpoints(Env& env, const std::string& directory);

/// "2 groups", "1 group".
std::string count_of(std::uint64_t n, std::string_view what);

/// Prints a described struct as one line of JSON.
template <class Row>
void print_json(const Row& row) {
  ArenaPool arenas;
  TextWriter text(arenas);
  json::lines({.invalid_utf8 = json::InvalidUtf8::replace}).encode(row, text).value();
  print_line(text.finish().view());
}

void list_checkpoints(const Arguments& arguments, Env& env);
void show_checkpoint(const Arguments& arguments, Env& env);
void verify_checkpoints(const Arguments& arguments, Env& env);
void diff_checkpoints(const Arguments& arguments, Env& env);

}  // namespace millrace::tool
