// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "millrace/core/env.hpp"

namespace millrace::index {

// SQLite's window on the outside world, over an Env: files, clock and random bytes. It has no
// shared memory, so a write-ahead log needs the exclusive locking mode: one connection has the
// file. Registered with SQLite under name() as long as it lives.
class Vfs {
 public:
  explicit Vfs(Env& env);
  ~Vfs();
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;
  const char* name() const;
  // What the last call that failed said; SQLite itself keeps a number only.
  std::optional<Error> take_error();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace millrace::index
